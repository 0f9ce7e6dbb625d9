import { expect, test } from 'vitest'
import * as z from 'zod'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { count } from '#src/baseline/measure.ts'
import { emptyTally } from '#src/baseline/tally.ts'
import { type Detector, defineDetector } from '#src/detection/detector.ts'
import { planOf } from '#src/detection/plan.ts'
import { admit, advance } from '#src/detection/watch.ts'
import { Shard } from '#src/stage/judge/shard.ts'

/** Says what the tick's count tells it to: 100 is an anomaly, 50 leans a little towards one, 1 is calm. */
const puppet = defineDetector({
  name: 'puppet',
  about: { title: '', catches: '', misses: '' },
  scopes: ['endpoint'],
  share: 1,
  measures: { calls: count('calls', () => true) },
  params: z.strictObject({}),
  sample: { name: 'none', rank: () => null },
  alternatives: { calls: 1 },
  silence: false,
  single: false,
  earlyMargin: 0,
  judge({ calls }, evidence) {
    evidence.logE[0] = calls.k === 100 ? 60 : -1
    evidence.calm = calls.k === 100 ? -60 : calls.k === 50 ? -0.1 : 3
    evidence.sums[0] = calls.k
    return true
  },
  floor: () => true,
  explain: () => ({ severity: 'low', observed: {}, expected: {}, reason: '', silentIf: '', condition: '1' }),
})

/** The ticks at which the alert opens and resolves, for one count a tick. */
function lifeOf(counts: readonly number[]): string[] {
  const calendar = calendarOf(10_000)
  const detector = puppet as unknown as Detector
  const plan = planOf([{ detector, params: {} }], 1, 1)
  const shard = new Shard(0, plan, calendar, { endpoint: 1, identity: 1 }, () => 1)
  const entity = shard.entity('endpoint', keyOf(endpointRef('s', 'GET', '/')))
  const life: string[] = []
  const setting = shard.setting('endpoint', false, (_subject, _watch, outcome, tick) => {
    if (outcome !== 'changed') life.push(`${outcome} at ${tick}`)
  })
  entity.row = entity.rows.take()
  admit(setting, entity, 0)
  counts.forEach((k, tick) => {
    const tally = emptyTally(plan.endpoint.layout)
    tally.integers[0] = k
    for (const { cells } of plan.endpoint.slots) tally.integers[cells.integer] = k
    advance(setting, entity, tick, tally)
  })
  return life
}

const calm = (ticks: number) => Array<number>(ticks).fill(1)

test('an alert resolves after a minute of calm', () => {
  expect(lifeOf([100, ...calm(20)])).toEqual(['opened at 0', 'resolved at 6'])
})

test('ticks that lean a little towards the anomaly among calm ones do not keep it open for ever', () => {
  const uneven = Array.from({ length: 60 }, (_, i) => (i % 3 === 2 ? 50 : 1))
  const [, resolved] = lifeOf([100, ...uneven])
  expect(resolved).toMatch(/^resolved at 1?\d$/)
})

test('an anomaly that comes back before that keeps it open', () => {
  expect(lifeOf([100, ...calm(5), 100, ...calm(5), 100, ...calm(20)])).toEqual(['opened at 0', 'resolved at 18'])
})
