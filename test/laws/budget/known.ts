import * as z from 'zod'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { count } from '#src/baseline/measure.ts'
import { emptyTally, type Tally } from '#src/baseline/tally.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import { defineDetector } from '#src/detection/detector.ts'
import { type BudgetReport, Ledger } from '#src/detection/ledger.ts'
import { logRatio } from '#src/detection/negative-binomial.ts'
import { type Plan, planOf } from '#src/detection/plan.ts'
import { accountsOf } from '#src/stage/judge/accounts.ts'
import { closeTick, isAlarmed } from '#src/stage/judge/close.ts'
import { type Entity, Shard } from '#src/stage/judge/shard.ts'

/** Longer than as shipped: days are then short enough to simulate many. */
const TICK_MS = 120_000
const TICKS_A_DAY = 86_400_000 / TICK_MS
/** What the detector believes of every tick of every entity: many calls, or mostly none. */
const MEAN = 3
const SPARSE_MEAN = 0.2
const SHAPE = 2
const ALTERNATIVES = [2, 4, 10] as const

/** A detector whose baseline is known beforehand: what is false of it is said by the test, and nothing is learned. */
const detectorOf = (believed: number, silence: boolean) =>
  defineDetector({
    name: 'known',
    about: { title: '', catches: '', misses: '' },
    scopes: ['endpoint'],
    share: 1,
    measures: { calls: count('calls', () => true) },
    params: z.strictObject({}),
    sample: { name: 'none', rank: () => null },
    alternatives: { calls: ALTERNATIVES.length },
    silence,
    single: false,
    earlyMargin: 0,
    judge({ calls }, evidence) {
      for (const [m, g] of ALTERNATIVES.entries()) evidence.logE[m] = logRatio(calls.k, believed, SHAPE, g)
      // How likely anything is to be counted: the weights of silent ticks and of others add up to those that are touched.
      if (silence) evidence.weight = 1 - (SHAPE / (believed + SHAPE)) ** SHAPE
      evidence.calm = 1
      return true
    },
    floor: () => true,
    explain: () => ({ severity: 'low', observed: {}, expected: {}, reason: '', silentIf: '', condition: '' }),
  })

export interface World {
  readonly seed: number
  readonly budget: number
  readonly entities: number
  readonly days: number
  /** What the traffic really is, against what the detector believes: 1 and 1 is its null. */
  readonly mean?: number
  readonly spread?: number
  /** Entities are mostly silent: they are judged when they are heard again, with all the silence before it. */
  readonly sparse?: boolean
  readonly weightOf?: (index: number) => number
}

/** Draws a gamma by Marsaglia and Tsang 2000, for shapes of at least 1. */
function gamma(random: Random, shape: number): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(random.unit() + 1e-300) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** Runs a shard over days of counts from a negative binomial law, and reports its budget. */
export function simulate(world: World): {
  readonly report: BudgetReport
  readonly shard: Shard
  readonly plan: Plan
  readonly opened: readonly Entity[]
} {
  const { seed, budget, entities, days, mean = 1, spread = 1, sparse = false, weightOf = () => 1 } = world
  const random = randomFor(seed)
  const calendar = calendarOf(TICK_MS)
  const believed = sparse ? SPARSE_MEAN : MEAN
  const plan = planOf([{ detector: detectorOf(believed, sparse), params: {} }], budget, 1)
  const shard = new Shard(0, plan, calendar, { endpoint: entities, identity: 1 }, ({ route }) =>
    weightOf(Number(route.slice(1))),
  )
  const all = Array.from({ length: entities }, (_, i) =>
    shard.entity('endpoint', keyOf(endpointRef('s', 'GET', `/${i}`))),
  )
  const opened: Entity[] = []
  const alarmed = new Set<Entity>()
  const shape = SHAPE / spread
  for (let tick = 0; tick < days * TICKS_A_DAY; tick += 1) {
    const tallies = new Map<Entity, Tally>()
    for (const entity of all) {
      const tally = emptyTally(plan.endpoint.layout)
      const k = random.poisson((believed * mean * gamma(random, shape)) / shape)
      if (sparse && k === 0) continue
      tally.integers[0] = k
      tally.integers[1] = k
      tallies.set(entity, tally)
    }
    const judged = closeTick(shard, calendar, tick, tallies, alarmed, (entity, _, outcome) => {
      if (outcome === 'opened') opened.push(entity)
    })
    for (const entity of judged) {
      if (isAlarmed(entity, plan.endpoint.watches)) alarmed.add(entity)
      else alarmed.delete(entity)
    }
  }
  const ledger = new Ledger(budget)
  ledger.hear(accountsOf(plan, new Map([[0, shard]])))
  return { report: ledger.report(), shard, plan, opened }
}
