import { describe, expect, test } from 'vitest'
import { calendarOf } from '#src/baseline/blocks.ts'
import {
  FLOW_BINS,
  FLOW_WIDTH,
  type FlowNorm,
  flowChangesAt,
  newFlowNorm,
  normOfFlow,
  observeFlow,
  openFlow,
  rollFlow,
} from '#src/baseline/flow.ts'
import flowKind from '#src/baseline/kinds/flow.ts'
import { randomFor } from '#src/demo/random.ts'

const calendar = calendarOf(10_000)
const HOUR = 360
const DAY = 24 * HOUR
/** A Wednesday in June: no clock changes. */
const START = Date.UTC(2026, 5, 3) / 10_000

/** Runs a flow of Poisson counts through its baseline; `rate` in calls a tick by the tick since the start. Returns the norm at each tick. */
function run(
  ticks: number,
  rate: (tick: number) => number,
  look: (tick: number, norm: FlowNorm) => void,
  start = START,
): void {
  const row = new Float64Array(FLOW_WIDTH)
  const bins = new Uint16Array(FLOW_BINS)
  const random = randomFor(7)
  const norm = newFlowNorm()
  openFlow(row, 0, bins, 0, start, calendar)
  for (let tick = 0; tick < ticks; tick += 1) {
    const k = random.poisson(rate(tick))
    rollFlow(row, 0, bins, 0, start + tick, calendar)
    normOfFlow(row, 0, start + tick, norm)
    look(tick, norm)
    if (k > 0) observeFlow(row, 0, start + tick, k)
  }
}

function at(ticks: readonly number[], rate: (tick: number) => number, start = START): FlowNorm[] {
  const norms: FlowNorm[] = []
  const look = (tick: number, norm: FlowNorm): void => {
    if (ticks.includes(tick)) norms.push({ ...norm })
  }
  run(Math.max(...ticks) + 1, rate, look, start)
  return norms
}

const lowAt = (ticks: readonly number[], rate: (tick: number) => number): number[] =>
  at(ticks, rate).map(({ low }) => low)
/** Whether silence would be tested. */
const isTested = ({ armed, resting }: FlowNorm): boolean => armed && !resting

describe('the least that is normal', () => {
  test('of a steady flow is known within hours, and lies below its mean', () => {
    const [soon, later] = at([HOUR / 2, 6 * HOUR], () => 5) as [FlowNorm, FlowNorm]
    expect(soon.armed).toBe(false)
    expect(later.low).toBeGreaterThan(2.5)
    expect(later.low).toBeLessThan(4.2)
    expect(isTested(later)).toBe(true)
  })

  test('of one that is seldom called is not told', () => {
    expect(lowAt([6 * HOUR], () => 0.2)).toEqual([0])
  })

  test('is not raised by an hour of twenty times as many calls', () => {
    const job = (tick: number): number => (tick >= 30 * HOUR && tick < 31 * HOUR ? 100 : 5)
    const after = Array.from({ length: 12 }, (_, i) => 31 * HOUR + 60 + i * 60)
    for (const low of lowAt(after, job)) expect(low).toBeLessThan(7.5)
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

describe('who is tested', () => {
  const MONDAY = START - 2 * DAY
  const office = (tick: number): number => (tick % DAY >= 8 * HOUR && tick % DAY < 18 * HOUR ? 5 : 0)
  const on = (day: number, hour: number): number => day * DAY + hour * HOUR

  test('is not at the time at which it rested yesterday, an hour before that, and before it has come back', () => {
    const norms = at([on(2, 12), on(2, 16.5), on(2, 17.5), on(2, 20), on(3, 7.9), on(3, 9)], office, MONDAY)
    expect(norms.map(isTested)).toEqual([true, true, false, false, false, true])
  })

  test('is not until it has come back, though that is later than ever', () => {
    const late = (tick: number): number => (tick >= on(3, 0) && tick < on(3, 11) ? 0 : office(tick))
    expect(at([on(3, 10.9), on(3, 11.5)], late, MONDAY).map(isTested)).toEqual([false, true])
  })

  test('is who has been steady on the first day, but not for its pauses', () => {
    const [busy] = at([10 * HOUR], () => 5)
    expect([busy?.armed, busy?.knowsPauses]).toEqual([true, false])
    const [uneven] = at([10 * HOUR], (tick) => 5 * 4 ** Math.sin(tick / 60))
    expect(uneven?.armed).toBe(false)
    const [later] = at([DAY + 2 * HOUR], () => 5)
    expect([later?.armed, later?.knowsPauses]).toEqual([true, true])
  })

  test('is not at the first weekend, unless it was there from a weekend on', () => {
    // From Wednesday on: Friday eleven, Friday thirteen, Sunday, Monday five, Monday seven, and the second Saturday.
    const from = [on(2, 11), on(2, 13), on(4, 12), on(5, 5), on(5, 7), on(10, 12)]
    expect(at(from, () => 5).map(isTested)).toEqual([true, false, false, false, true, true])
    const saturday = START + 3 * DAY
    expect(at([on(1, 12)], () => 5, saturday).map(isTested)).toEqual([true])
  })

  test('is nobody any more who has been silent for a day', () => {
    const gone = (tick: number): number => (tick < on(3, 0) ? 5 : 0)
    expect(at([on(3, 12), on(4, 1)], gone).map(({ armed }) => armed)).toEqual([true, false])
  })
})

test('a silence counts from the last call, and another rate holds when it has lasted', () => {
  const row = new Float64Array(FLOW_WIDTH)
  openFlow(row, 0, new Uint16Array(FLOW_BINS), 0, START, calendar)
  observeFlow(row, 0, START + 4, 1)
  const norm = { silent: 0 } as FlowNorm
  normOfFlow(row, 0, START + 8, norm)
  expect(norm.silent).toBe(3)
  expect([5, 6, 8, 9].map((tick) => flowChangesAt(row, 0, START + tick) - START)).toEqual([6, 9, 9, 21])
})

test('what is expected stays while nothing comes, and is that of days where an hour has few calls', () => {
  const [busy, silent, seldom] = [
    at([DAY + 6 * HOUR], () => 5)[0],
    at([DAY + 7 * HOUR], (tick) => (tick < DAY + 5 * HOUR ? 5 : 0))[0],
    at([2 * DAY], () => 0.02)[0],
  ]
  expect(busy?.mean).toBeCloseTo(5, 0)
  expect(silent?.mean).toBeCloseTo(5, 0)
  expect(seldom?.mean).toBeGreaterThan(0.015)
  expect(seldom?.mean).toBeLessThan(0.025)
})

describe('what the endpoints of a service have in common', () => {
  const peers = flowKind.peers!
  /** Ticks, each with how many calls every endpoint has that is called in it. */
  const silentFor = (heard: readonly (readonly number[])[], tick: number): number => {
    const row = new Float64Array(peers.width)
    peers.open(row, 0, START, calendar)
    heard.forEach((calls, i) => {
      const sums = [0]
      for (const k of calls) peers.add({ ...flowKind.view({ kind: 'flow', name: 'calls' }), k }, sums, 0)
      peers.roll(row, 0, START + i, calendar, 0)
      peers.observe(row, 0, sums, 0)
    })
    peers.roll(row, 0, START + tick, calendar, 0)
    return peers.share(row, 0)
  }

  test('is for how long none of them was called', () => {
    expect([silentFor([[1, 2]], 1), silentFor([[1, 2], [5]], 2), silentFor([[1, 2], [5]], 9)]).toEqual([0, 0, 7])
  })

  test('is unknown where no two of them were ever called in one tick', () => {
    expect([silentFor([[7], [9]], 3), silentFor([[7], [9, 1]], 3)]).toEqual([-1, 1])
  })
})
