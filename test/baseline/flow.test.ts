import { describe, expect, test } from 'vitest'
import { calendarOf } from '#src/baseline/blocks.ts'
import {
  FLOW_BINS,
  FLOW_WIDTH,
  type FlowNorm,
  normOfFlow,
  observeFlow,
  openFlow,
  rollFlow,
} from '#src/baseline/flow.ts'
import { QUIET_BINS, recallsQuiet, rememberQuiet, restsOf } from '#src/baseline/quiet.ts'
import { randomFor } from '#src/demo/random.ts'

const calendar = calendarOf(10_000)
const HOUR = 360
const DAY = 24 * HOUR
/** A Wednesday in June: no clock changes. */
const START = Date.UTC(2026, 5, 3) / 10_000

/** Runs a flow of Poisson counts through its baseline; `rate` in calls a tick by the tick since the start. Returns the norm at each tick. */
function run(ticks: number, rate: (tick: number) => number, look: (tick: number, norm: FlowNorm) => void): void {
  const row = new Float64Array(FLOW_WIDTH)
  const bins = new Uint16Array(FLOW_BINS)
  const random = randomFor(7)
  const norm: FlowNorm = { mean: 0, low: 0, shape: 1, silent: 0, gap: 0 }
  openFlow(row, 0, bins, 0, START, calendar)
  for (let tick = 0; tick < ticks; tick += 1) {
    const k = random.poisson(rate(tick))
    rollFlow(row, 0, bins, 0, START + tick, calendar)
    normOfFlow(row, 0, START + tick, k, norm)
    look(tick, norm)
    observeFlow(row, 0, START + tick, k)
  }
}

function lowAt(ticks: readonly number[], rate: (tick: number) => number): number[] {
  const lows: number[] = []
  run(Math.max(...ticks) + 1, rate, (tick, norm) => {
    if (ticks.includes(tick)) lows.push(norm.low)
  })
  return lows
}

describe('the least that is normal', () => {
  test('of a steady flow is known within hours, and lies below its mean', () => {
    const [soon, later] = lowAt([HOUR / 2, 6 * HOUR], () => 5) as [number, number]
    expect(soon).toBe(0)
    expect(later).toBeGreaterThan(2.5)
    expect(later).toBeLessThan(4.2)
  })

  test('of one that is seldom called is not told', () => {
    expect(lowAt([6 * HOUR], () => 0.2)).toEqual([0])
  })

  test('is not raised by an hour of twenty times as many calls', () => {
    const job = (tick: number): number => (tick >= 30 * HOUR && tick < 31 * HOUR ? 100 : 5)
    const after = Array.from({ length: 12 }, (_, i) => 31 * HOUR + 60 + i * 60)
    for (const low of lowAt(after, job)) expect(low).toBeLessThan(7.5)
  })

  test('is nothing where it was quiet at this time yesterday, and half an hour before', () => {
    const office = (tick: number): number => (tick % DAY >= 8 * HOUR && tick % DAY < 18 * HOUR ? 5 : 0)
    const at = (hour: number): number => 2 * DAY + hour * HOUR
    const [noon, evening, night] = lowAt([at(12), at(17.75), at(20)], office)
    expect(noon).toBeGreaterThan(2)
    expect([evening, night]).toEqual([0, 0])
  })

  test('is nothing for who comes and goes', () => {
    const shifts = (tick: number): number => (tick % (4 * HOUR) < 3 * HOUR ? 5 : 0)
    const lows = lowAt([2 * DAY + 2 * HOUR, 2 * DAY + 3 * HOUR, 2 * DAY + 3 * HOUR + 30], shifts)
    expect(lows).toEqual([0, 0, 0])
  })

  test('is nothing for bursts', () => {
    const lows: number[] = []
    run(
      DAY + 6 * HOUR,
      (tick) => (tick % 30 === 0 ? 60 : 0),
      (tick, { low }) => {
        if (tick > HOUR) lows.push(low)
      },
    )
    expect(Math.max(...lows)).toBe(0)
  })
})

test('a silence counts from the last call, and the longest is remembered up to a block', () => {
  const seen: number[] = []
  run(
    5 * HOUR,
    (tick) => (tick >= 3 * HOUR && tick < 4 * HOUR ? 0 : 50),
    (tick, { silent, gap }) => {
      if (tick === 3 * HOUR + 9) seen.push(silent)
      if (tick === 4 * HOUR + 120) seen.push(gap)
    },
  )
  expect(seen[0]).toBe(10)
  expect(seen[1]).toBeGreaterThan(55)
  expect(seen[1]).toBeLessThanOrEqual(60)
})

describe('the quiet times of a day', () => {
  const noon = Date.UTC(2026, 5, 3, 12)
  const minutes = (count: number): number => count * 60_000

  test('are recalled a day later and half an hour ahead, and forgotten when it was not quiet', () => {
    const bins = new Uint16Array(QUIET_BINS)
    rememberQuiet(bins, 0, noon, true)
    const day = minutes(1440)
    expect([-40, -30, 0, 10].map((by) => recallsQuiet(bins, 0, noon + day + minutes(by)))).toEqual([
      false,
      true,
      true,
      false,
    ])
    rememberQuiet(bins, 0, noon + day, false)
    expect(recallsQuiet(bins, 0, noon + 2 * day)).toBe(false)
  })

  test('are counted as rests, around midnight as well', () => {
    const bins = new Uint16Array(QUIET_BINS)
    for (let block = -6; block < 6; block += 1) rememberQuiet(bins, 0, Date.UTC(2026, 5, 3) + minutes(10 * block), true)
    expect(restsOf(bins, 0)).toBe(1)
    rememberQuiet(bins, 0, noon, true)
    expect(restsOf(bins, 0)).toBe(2)
  })

  test('may come an hour earlier or later while clocks are changed', () => {
    const bins = new Uint16Array(QUIET_BINS)
    const saturday = Date.UTC(2026, 2, 28, 20)
    rememberQuiet(bins, 0, saturday, true)
    expect(recallsQuiet(bins, 0, saturday + minutes(1440 - 60))).toBe(true)
    rememberQuiet(bins, 0, noon, true)
    expect(recallsQuiet(bins, 0, noon + minutes(1440 - 60))).toBe(false)
  })
})
