import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  findDayTail,
  keepDay,
  keepHour,
  newDayTail,
  PAST_BINS,
  sameHour,
  sumOfHours,
} from '#src/baseline/volume-days.ts'
import { findJumpTail, JUMP_BINS, jumpsAsLarge, learnJumps, newJumpTail } from '#src/baseline/volume-jumps.ts'

const bytes = fc.integer({ min: 1, max: 2 ** 53 - 1 })

describe('hours of the past', () => {
  test('are remembered within 0.06%, 49 of them, each by its number', () => {
    const hours = fc.array(fc.oneof(fc.constant(0), bytes), { minLength: 49, maxLength: 120 })
    fc.assert(
      fc.property(hours, fc.integer({ min: 0, max: 1e6 }), (all, first) => {
        const bins = new Uint16Array(PAST_BINS)
        all.forEach((sum, i) => {
          keepHour(bins, 0, first + i, sum)
        })
        const next = first + all.length
        for (let back = 1; back <= 49; back += 1) {
          const real = all.at(-back) as number
          expect(Math.abs(sumOfHours(bins, 0, next, back, back) - real)).toBeLessThanOrEqual(0.0006 * real)
        }
        const yesterday = Math.max(...all.slice(-25, -22))
        expect(Math.abs(sameHour(bins, 0, next, 1) - yesterday)).toBeLessThanOrEqual(0.0006 * yesterday)
      }),
      { numRuns: 50 },
    )
  })
})

describe('days of the past', () => {
  const days = (...sums: readonly number[]): Uint16Array => {
    const bins = new Uint16Array(PAST_BINS)
    for (const sum of sums) keepDay(bins, 0, sum)
    return bins
  }

  test('the upper half of those on which anything came is the tail', () => {
    const tail = newDayTail()
    expect(findDayTail(days(8e6, 0, 1e6, 0, 4e6, 2e6), 0, 4, tail)).toBe(4)
    expect(tail.middle).toBeCloseTo(Math.log(2e6), 3)
    expect(tail.largest).toBeCloseTo(Math.log(8e6), 3)
    expect(tail.beyond).toBe(2)
    expect(tail.squares).toBeCloseTo(5 * Math.LN2 ** 2, 2)
  })

  test('35 of them are kept', () => {
    const tail = newDayTail()
    findDayTail(days(1e9, ...Array.from({ length: 34 }, () => 1e6)), 0, 4, tail)
    expect(tail.largest).toBeCloseTo(Math.log(1e9), 3)
    findDayTail(days(1e9, ...Array.from({ length: 35 }, () => 1e6)), 0, 4, tail)
    expect(tail.largest).toBeCloseTo(Math.log(1e6), 3)
  })

  test('that hang together count as fewer', () => {
    const [apart, together] = [newDayTail(), newDayTail()]
    const sums = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? 1e6 : 50e6))
    findDayTail(days(...sums), 0, 4, apart)
    findDayTail(days(...[...sums].sort((a, b) => a - b)), 0, 4, together)
    expect(apart.beyond).toBe(15)
    expect(together.beyond).toBeLessThan(2)
    expect(together.squares / together.beyond).toBeCloseTo(apart.squares / apart.beyond, 6)
    // But not those that hardly differ: days that grow by 1% each.
    const growing = newDayTail()
    findDayTail(days(...Array.from({ length: 30 }, (_, i) => 1e6 * 1.01 ** i)), 0, 4, growing)
    expect(growing.beyond).toBeGreaterThan(8)
  })
})

describe('jumps', () => {
  const learn = (jumps: readonly number[], bins = new Uint16Array(2 * JUMP_BINS), from = 0): number => {
    let learned = from
    for (const [i, jump] of jumps.entries()) learned = learnJumps(bins, 0, learned, jump, jump, i % 2 === 0)
    return learned
  }

  test('the tail are the outermost ten, and none that is no jump', () => {
    const bins = new Uint16Array(2 * JUMP_BINS)
    const learned = learn([...Array.from({ length: 200 }, () => 0), 0.1, 0.2, 3], bins)
    const tail = newJumpTail()
    findJumpTail(bins, 0, learned, tail)
    expect(tail.beyond).toBe(3)
    expect(tail.edge).toBeGreaterThan(0)
    expect(tail.edge).toBeLessThanOrEqual(0.1)
    expect(tail.excess).toBeGreaterThan(3)
    learn(
      Array.from({ length: 400 }, (_, i) => i / 100),
      bins,
      learned,
    )
    findJumpTail(bins, 0, learned + 400, tail)
    expect(tail.beyond).toBeGreaterThanOrEqual(10)
    expect(tail.beyond).toBeLessThan(40)
    expect(tail.edge).toBeGreaterThan(3.5)
  })

  test('are counted by how large they were, each within its bin', () => {
    const bins = new Uint16Array(2 * JUMP_BINS)
    learn([0, 0.5, 1, 2, 4, 8, 100], bins)
    expect([0, 0.45, 3, 7, 9].map((jump) => jumpsAsLarge(bins, 0, jump))).toEqual([7, 6, 3, 2, 1])
  })

  test('of nine weeks are kept, then half of them; the two histograms hold as many', () => {
    const jump = fc.double({ min: 0, max: 9, noNaN: true })
    fc.assert(
      fc.property(fc.array(jump, { minLength: 1, maxLength: 40 }), (some) => {
        const bins = new Uint16Array(2 * JUMP_BINS)
        const all = Array.from({ length: 3200 }, (_, i) => some[i % some.length] as number)
        const learned = learn(all, bins)
        expect(learned).toBeLessThanOrEqual(1512)
        expect(learned).toBeGreaterThan(700)
        const sums = [0, JUMP_BINS].map((at) => bins.subarray(at, at + JUMP_BINS).reduce((a, b) => a + b, 0))
        expect(sums).toEqual([learned, learned])
      }),
      { numRuns: 10 },
    )
  })
})
