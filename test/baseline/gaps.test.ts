import { describe, expect, test } from 'vitest'
import {
  fadeGaps,
  GAPS_WIDTH,
  learnGap,
  natsOfGap,
  rateAfter,
  rateChangesAfter,
  settleGaps,
} from '#src/baseline/gaps.ts'
import { randomFor } from '#src/demo/random.ts'

/** A life table of so many pauses, in ticks without a call. */
function learned(pauses: readonly number[], margin = 1): Float64Array {
  const row = new Float64Array(GAPS_WIDTH)
  for (const silent of pauses) {
    learnGap(row, 0, silent, 1)
    settleGaps(row, 0, margin)
  }
  return row
}

/** Pauses between calls that come in each tick with that probability. */
function pausesOf(probability: number, count: number): number[] {
  const random = randomFor(5)
  return Array.from({ length: count }, () => Math.floor(Math.log(1 - random.unit()) / Math.log(1 - probability)))
}

describe('the rate at which calls are expected', () => {
  test('of calls at random is the same after any silence, and no more than it is', () => {
    const row = learned(pausesOf(0.1, 5000))
    const rate = -Math.log(0.9)
    for (const silent of [0, 3, 20, 50, 500, 5000]) {
      expect(rateAfter(row, 0, silent), `${silent} ticks`).toBeLessThanOrEqual(rate * 1.03)
      expect(rateAfter(row, 0, silent), `${silent} ticks`).toBeGreaterThan(rate * 0.5)
    }
    expect(natsOfGap(row, 0, 200) / (200 * rate)).toBeGreaterThan(0.6)
  })

  test('is unknown of fewer than ten pauses', () => {
    const row = new Float64Array(GAPS_WIDTH)
    for (let i = 0; i < 9; i += 1) learnGap(row, 0, 5, 1)
    expect(settleGaps(row, 0, 1)).toBe(false)
    expect(rateAfter(row, 0, 100)).toBe(0)
    learnGap(row, 0, 5, 1)
    expect(settleGaps(row, 0, 1)).toBe(true)
  })

  test('of a client by the clock is nothing until its time has come', () => {
    const row = learned(Array<number>(500).fill(29))
    expect([natsOfGap(row, 0, 4), natsOfGap(row, 0, 16)]).toEqual([0, 0])
    expect(natsOfGap(row, 0, 60)).toBeGreaterThan(2)
  })

  test('of who is nearly never silent is as high as it is known to be, and no higher', () => {
    const rate = rateAfter(learned(Array<number>(10_000).fill(0)), 0, 0)
    expect(rate).toBeGreaterThan(Math.log(10_000 / 4))
    expect(rate).toBeLessThan(Math.log(10_000))
  })

  test('falls with the silence where pauses are long once they are not short', () => {
    const long = pausesOf(0.005, 60)
    const pauses = long.flatMap((one, i) => [...pausesOf(0.5, 2000).slice(33 * i, 33 * i + 33), one])
    const row = learned(pauses)
    expect(rateAfter(row, 0, 0)).toBeGreaterThan(0.5)
    expect(rateAfter(row, 0, 100)).toBeLessThan(0.01)
    expect(natsOfGap(row, 0, 600)).toBeLessThan(12)
  })

  test('is divided by the margin', () => {
    const pauses = pausesOf(0.1, 1000)
    expect(rateAfter(learned(pauses, 2), 0, 3)).toBeCloseTo(rateAfter(learned(pauses), 0, 3) / 2, 12)
  })

  test('changes at the ends of ranges of ages', () => {
    const ends = [0, 1, 3, 4, 15, 16, 64, 300, 1024].map(rateChangesAfter)
    expect(ends).toEqual([1, 4, 4, 16, 16, 64, 256, 1024, Number.POSITIVE_INFINITY])
  })
})

describe('an outage', () => {
  const usual = pausesOf(0.2, 3000)

  test('is learned no further than as the pause that it would be, so that the next one is still told', () => {
    const row = learned(usual)
    const before = natsOfGap(row, 0, 400)
    learnGap(row, 0, 5000, 1)
    settleGaps(row, 0, 1)
    expect(natsOfGap(row, 0, 400)).toBeGreaterThan(before / 5)
    expect(natsOfGap(row, 0, 400)).toBeLessThan(before)
  })

  test('is half forgotten after a week', () => {
    const row = learned(usual)
    learnGap(row, 0, 5000, 1)
    const spent = row.subarray(0, 7).reduce((sum, ticks) => sum + ticks, 0)
    fadeGaps(row, 0, 1008)
    expect(row.subarray(0, 7).reduce((sum, ticks) => sum + ticks, 0)).toBeCloseTo(spent / 2, 6)
  })
})
