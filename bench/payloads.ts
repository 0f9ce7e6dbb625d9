/**
 * How many payloads of unexpected size are told, and how many false alarms that costs: worlds from a seed through tallies, baselines and
 * judge, for payload-outlier and payload-error with a twelfth of the budget of one false alarm a day each.
 * `node bench/payloads.ts [--seeds 1,2,3] [--hours 48] [--endpoints 40] [--report text|json]`
 */
import { parseArgs } from 'node:util'
import payloadError from '#detectors/payload-error/detector.ts'
import payloadOutlier from '#detectors/payload-outlier/detector.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { addCall, emptyTally, type Tally } from '#src/baseline/tally.ts'
import type { ApiCall } from '#src/call/call.ts'
import { randomFor } from '#src/demo/random.ts'
import { turnMeter } from '#src/detection/budget.ts'
import type { Detector } from '#src/detection/detector.ts'
import { planOf } from '#src/detection/plan.ts'
import { admit, advance } from '#src/detection/watch.ts'
import { Shard } from '#src/stage/judge/shard.ts'
import { report } from './figures.ts'
import { type Attack, attackCalls, attacksOf, callOf, type Endpoint, endpointsOf, type Kind } from './payload-world.ts'

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3,4,5,6,7,8,101,102,103' },
    hours: { type: 'string', default: '48' },
    endpoints: { type: 'string', default: '40' },
    report: { type: 'string', default: 'text' },
  },
})

const TICK_S = 10
const hours = Number(flags.hours)
const TICKS = (hours * 3600) / TICK_S
const calendar = calendarOf(TICK_S * 1000)
const DETECTORS = [payloadOutlier, payloadError] as readonly unknown[] as readonly Detector[]
/** As if there were twelve parts: the budget of one false alarm a day, and these two of twelve. */
const PLAN = planOf(
  DETECTORS.map((detector) => ({ detector, params: detector.params.parse({}) })),
  DETECTORS.length / 12,
  1,
)

interface Told {
  readonly detector: string
  readonly on: number
  readonly tick: number
}

/** What is told of one world. */
function replay(seed: number, endpoints: readonly Endpoint[], attacks: readonly Attack[]): readonly Told[] {
  const shard = new Shard(0, PLAN, calendar, { endpoint: endpoints.length, identity: 1 }, () => 1)
  const told: Told[] = []
  const entities = endpoints.map((one) => shard.entity('endpoint', keyOf(endpointRef('things', one.method, one.route))))
  const setting = shard.setting('endpoint', false, (subject, watch, outcome, tick) => {
    if (outcome !== 'opened') return
    told.push({ detector: watch.detector.name, on: entities.findIndex(({ ref }) => ref === subject.ref), tick })
  })
  for (let tick = 0; tick < TICKS; tick += 1) {
    for (const { run, single } of shard.meters.endpoint) {
      turnMeter(run, tick, calendar)
      turnMeter(single, tick, calendar)
    }
    endpoints.forEach((endpoint, on) => {
      const random = randomFor(seed, 3, on, tick)
      const day = 1 + 0.6 * Math.sin((2 * Math.PI * tick * TICK_S) / 86_400 + endpoint.phase)
      const calls = Array.from({ length: random.poisson((endpoint.rate * day) / 1.6) }, () =>
        callOf(endpoint, tick, random),
      )
      for (const attack of attacks) if (attack.on === on) calls.push(...attackCalls(attack, endpoint, tick, random))
      if (calls.length === 0) return
      const entity = entities[on] as (typeof entities)[number]
      if (entity.row < 0) {
        entity.row = entity.rows.take()
        admit(setting, entity, tick)
      }
      advance(setting, entity, tick, tallyOf(calls))
    })
  }
  return told
}

function tallyOf(calls: readonly ApiCall[]): Tally {
  const tally = emptyTally(PLAN.endpoint.layout)
  calls.forEach((call, i) => {
    addCall(PLAN.endpoint.layout, tally, call, `r-${i}`, i, call.identity)
  })
  return tally
}

const GRACE_TICKS = 6
const found = new Map<Kind, { told: number; of: number; ticks: number[] }>()
const falsely: { seed: number; detector: string; endpoint: number; hour: number }[] = []
const missed: { seed: number; kind: Kind; law: string; callsAMinute: number }[] = []
const rows: { seed: number; alarms: number; told: number; attacks: number }[] = []
for (const seed of flags.seeds.split(',').map(Number)) {
  const endpoints = endpointsOf(seed, Number(flags.endpoints), TICKS)
  const attacks = attacksOf(seed, endpoints, TICKS)
  const told = replay(seed, endpoints, attacks)
  const isOf = (one: Told, attack: Attack): boolean =>
    one.on === attack.on && one.tick >= attack.from && one.tick <= attack.to + GRACE_TICKS
  let caught = 0
  for (const attack of attacks) {
    const wanted = attack.kind === '500 by size' ? 'payload-error' : 'payload-outlier'
    const first = told.find((one) => one.detector === wanted && isOf(one, attack))
    const entry = found.get(attack.kind) ?? { told: 0, of: 0, ticks: [] }
    found.set(attack.kind, entry)
    entry.of += 1
    if (first === undefined) {
      const { rate, requests, responses } = endpoints[attack.on] as Endpoint
      const law = attack.call.requestBytes === undefined ? responses : requests
      missed.push({ seed, kind: attack.kind, law: law.name, callsAMinute: Math.round(60 * rate) / TICK_S })
      continue
    }
    entry.told += 1
    caught += 1
    entry.ticks.push(first.tick - attack.from)
  }
  const wrong = told.filter((one) => !attacks.some((attack) => isOf(one, attack)))
  falsely.push(
    ...wrong.map((one) => ({ seed, detector: one.detector, endpoint: one.on, hour: Math.floor(one.tick / 360) })),
  )
  rows.push({ seed, alarms: wrong.length, told: caught, attacks: attacks.length })
}
const days = (rows.length * hours) / 24
const kinds = [...found].map(([kind, { told, of, ticks }]) => ({
  kind,
  told,
  of,
  medianSeconds: TICK_S * (ticks.sort((a, b) => a - b)[ticks.length >> 1] ?? Number.NaN),
}))
report(
  flags.report === 'json' ? 'json' : 'text',
  { rows, kinds, missed, falsely, falseAlarmsPerDay: falsely.length / days },
  [
    ...rows.map(
      ({ seed, alarms, told, attacks }) => `seed ${seed}: ${told} of ${attacks} attacks told, ${alarms} false alarms`,
    ),
    ...kinds.map(({ kind, told, of, medianSeconds }) => `${kind}: ${told} of ${of}, after ${medianSeconds} s (median)`),
    ...missed.map(
      ({ seed, kind, law, callsAMinute }) => `missed: seed ${seed}, ${kind}, ${law}, ${callsAMinute} calls a minute`,
    ),
    ...falsely.map(
      ({ seed, detector, endpoint, hour }) => `false: seed ${seed}, ${detector}, endpoint ${endpoint}, hour ${hour}`,
    ),
    `${(falsely.length / days).toFixed(2)} false alarms a day in ${days} days of ${flags.endpoints} endpoints`,
  ].join('\n'),
)
