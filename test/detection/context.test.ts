import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import latencyShift from '#detectors/latency-shift/detector.ts'
import { alertOf } from '#src/alert/describe.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { count } from '#src/baseline/measure.ts'
import { addCall, emptyTally, type Tally } from '#src/baseline/tally.ts'
import type { Context } from '#src/detection/context.ts'
import { type Detector, defineDetector } from '#src/detection/detector.ts'
import { type Plan, planOf } from '#src/detection/plan.ts'
import { ACCUMULATOR_WIDTH } from '#src/detection/surprise.ts'
import { admit, advance } from '#src/detection/watch.ts'
import { Shard } from '#src/stage/judge/shard.ts'
import { callOf } from '#test/fakes/call.ts'

/** Says what the tick's count tells it to: from 10 on it is an anomaly, 9 leans towards one, less speaks against it. */
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
    evidence.logE[0] = calls.k >= 10 ? 60 : calls.k === 9 ? 2 : -1
    evidence.calm = calls.k >= 9 ? -60 : 3
    evidence.sums[0] = calls.k
    return true
  },
  floor: () => true,
  explain: () => ({
    severity: 'low',
    observed: { calls: 1 },
    expected: {},
    reason: 'odd',
    silentIf: '',
    condition: '1',
  }),
})

function planWith(...contexts: readonly unknown[]): Plan {
  const enabled = [puppet, ...contexts].map((one) => ({
    detector: one as Detector | Context,
    params: (one as Detector).params.parse({}),
  }))
  return planOf(enabled, 1, 1)
}

const calendar = calendarOf(10_000)
const CALM = 4 * calendar.ticksPerBlock

/** The sentence of each change and what it says of durations, in ms; `ticks` follow hours of two calls a tick of 20 ms: how many calls, how long. */
function told(plan: Plan, ticks: readonly (readonly [calls: number, ms: number | null])[]): string[] {
  const shard = new Shard(0, plan, calendar, { endpoint: 1, identity: 1 }, () => 1)
  const entity = shard.entity('endpoint', keyOf(endpointRef('s', 'GET', '/')))
  const said: string[] = []
  const setting = shard.setting('endpoint', false, (subject, watch, outcome) => {
    const { reason, observed, expected } = alertOf(subject, watch, 'open', true, calendar)
    said.push(`${outcome}: ${reason}, ${observed.duration_ms} of ${expected.duration_ms}`)
  })
  entity.row = entity.rows.take()
  admit(setting, entity, 0)
  const calm = Array.from({ length: CALM }, () => [2, 20] as const)
  for (const [tick, [calls, ms]] of [...calm, ...ticks].entries()) {
    advance(setting, entity, tick, tallyOf(plan, calls, ms))
  }
  return said
}

function tallyOf(plan: Plan, calls: number, durationMs: number | null): Tally {
  const tally = emptyTally(plan.endpoint.layout)
  for (let i = 0; i < calls; i += 1) addCall(plan.endpoint.layout, tally, callOf({ durationMs }), `${i}`, i, 'who')
  return tally
}

const WITH = planWith(latencyShift)
const back = Array.from({ length: 10 }, () => [2, 20] as const)

describe('what a context says of an alert', () => {
  test('is about its odd ticks, from the first on and before it opened, and not about those between', () => {
    const ticks = [[9, 300], [2, 20], [12, 300], ...back] as const
    expect(told(WITH, ticks)[0]).toMatch(
      /^opened: odd; its calls took 30\d ms \(20 ms expected, \d+ ms to \d+ ms\), 30\d of 19/,
    )
  })

  test('is about this alert, and not about the one before', () => {
    const [, , opened, resolved] = told(WITH, [[12, 300], ...back, [12, 5], ...back])
    expect(opened).toMatch(/^opened: odd; its calls took 4\.\d ms .*, 4\.\d+ of 19/)
    expect(resolved).toMatch(/^resolved: odd; its calls took 4\.\d ms/)
  })

  test('is only numbers where calls take as long as ever, and nothing where the log has no durations', () => {
    expect(told(WITH, [[12, 21], ...back])[0]).toMatch(/^opened: odd, 2[01]\.\d* of 19/)
    expect(told(WITH, [[12, null], ...back])[0]).toBe('opened: odd, undefined of undefined')
  })

  test('holds the alert against what was normal before it, however long it is open', () => {
    const hour = Array.from({ length: 6 * calendar.ticksPerBlock }, () => [12, 300] as const)
    const said = told(WITH, [...hour, ...back])
    expect(said.length).toBeGreaterThan(10)
    for (const one of said) expect(one).toMatch(/its calls took 30\d ms \(20 ms expected, .*of 19/)
  })
})

test('a context opens no alert, adds no bits and takes no part of the budget', () => {
  const without = planWith()
  const strip = (text: string): string => text.replace(/(; its calls.*)?, \S+ of \S+$/, '')
  const ticks = [...Array.from({ length: 60 }, () => [2, 2000] as const), [12, 300], ...back] as const
  expect(told(WITH, ticks).map(strip)).toEqual(told(without, ticks).map(strip))
  expect(told(WITH, ticks)).toHaveLength(2)
  expect(WITH.endpoint.watches.map(({ logBudget }) => logBudget)).toEqual(
    without.endpoint.watches.map(({ logBudget }) => logBudget),
  )
})

test('where there is none, or nobody whose alerts it could be told with, it costs no memory', () => {
  expect(planWith().endpoint.watchWidth).toBe(ACCUMULATOR_WIDTH)
  const { endpoint, identity } = WITH
  expect(endpoint.watchWidth).toBeGreaterThan(ACCUMULATOR_WIDTH)
  expect([identity.watchWidth, identity.slots]).toEqual([ACCUMULATOR_WIDTH, []])
  const alone = planOf([{ detector: latencyShift as unknown as Context, params: {} }], 1, 1)
  expect(alone.endpoint.slots).toEqual([])
})
