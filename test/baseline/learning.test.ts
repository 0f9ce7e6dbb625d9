import { describe, expect, test } from 'vitest'
import { BLOCKS_FROZEN, calendarOf } from '#src/baseline/blocks.ts'
import { freezeCount, normOfCount, observeCount, openCount, rollCount } from '#src/baseline/count.ts'
import { type CountNorm, newCountNorm } from '#src/baseline/count-norm.ts'
import { COUNT_WIDTH } from '#src/baseline/count-row.ts'
import { PEAKS_BINS } from '#src/baseline/peaks.ts'
import {
  normOfRatio,
  observeRatio,
  openRatio,
  PRIOR_SHARE_TOP,
  RATIO_WIDTH,
  type RatioNorm,
  rollRatio,
} from '#src/baseline/ratio.ts'
import { binOf, leastOf, logFloorOf, mostOf, SIZE_BINS } from '#src/sketch/logbins.ts'

const calendar = calendarOf(10_000)
const BLOCK = calendar.ticksPerBlock

interface Learner {
  norm(): CountNorm
  /** Counts `k` in each of these ticks; `frozen`: near an alarm all the while. */
  live(from: number, to: number, k: number, frozen?: boolean): void
  at(tick: number): CountNorm
}

function learner(): Learner {
  const row = new Float64Array(COUNT_WIDTH)
  const bins = new Uint16Array(PEAKS_BINS)
  openCount(row, 0, bins, 0, 0, calendar)
  const norm = (): CountNorm => {
    const into = newCountNorm()
    normOfCount(row, 0, 0, into)
    return into
  }
  return {
    norm,
    live(from, to, k, frozen = false) {
      for (let tick = from; tick < to; tick += 1) {
        rollCount(row, 0, bins, 0, tick, calendar, false)
        observeCount(row, 0, tick, k)
        if (frozen) freezeCount(row, 0)
      }
    },
    at(tick) {
      rollCount(row, 0, bins, 0, tick, calendar, false)
      return norm()
    },
  }
}

describe('the baseline of a count', () => {
  test('arms after 30 calls, 20 minutes and three active blocks, and not before', () => {
    const one = learner()
    one.live(0, 3 * BLOCK, 1)
    expect(one.norm().armed).toBe(false)
    expect(one.at(3 * BLOCK).armed).toBe(true)
    const few = learner()
    few.live(0, 1, 29)
    few.live(BLOCK, BLOCK + 1, 0)
    expect(few.at(6 * BLOCK).armed).toBe(false)
  })

  test('learns a block only when the next has ended: an attack does not teach what judges it', () => {
    const one = learner()
    one.live(0, 6 * BLOCK, 4)
    const before = one.at(6 * BLOCK)
    one.live(6 * BLOCK, 7 * BLOCK, 12)
    expect(one.at(7 * BLOCK).mean).toBe(before.mean)
    expect(one.at(8 * BLOCK).mean).toBeGreaterThan(before.mean)
  })

  test('of a steady entity is its rate, below a bound that leaves room', () => {
    const one = learner()
    one.live(0, 40 * BLOCK, 5)
    const { mean, bound, seen } = one.at(40 * BLOCK)
    expect(mean).toBeCloseTo(5, 6)
    expect(bound).toBeGreaterThan(1.3 * 5)
    expect(bound).toBeLessThan(3 * 5)
    expect(seen).toBe(40 * BLOCK * 5)
  })

  test('does not learn what is frozen, until it has lasted two hours', () => {
    const one = learner()
    one.live(0, 10 * BLOCK, 5)
    const calm = one.at(10 * BLOCK).mean
    const end = 10 + BLOCKS_FROZEN
    one.live(10 * BLOCK, end * BLOCK, 14, true)
    expect(one.at((end + 1) * BLOCK).mean).toBeCloseTo(calm, 6)
    one.live((end + 1) * BLOCK, (end + 10) * BLOCK, 14, true)
    // The block that was not frozen in between began to count anew.
    one.live((end + 10) * BLOCK, (end + 30) * BLOCK, 14, true)
    expect(one.norm().mean).toBeGreaterThan(2 * calm)
  })

  describe('of who comes in bursts', () => {
    /** A hundred calls in so many ticks of every thirty. */
    function jobOf(ticks: number, blocks: number): Learner {
      const one = learner()
      for (let tick = 0; tick < blocks * BLOCK; tick += 1) one.live(tick, tick + 1, tick % 30 < ticks ? 100 / ticks : 0)
      return one
    }

    test('knows it when it arms, in the first half hour', () => {
      const { armed, bursts } = jobOf(1, 3).at(3 * BLOCK)
      expect(armed).toBe(true)
      expect(bursts).toMatchObject({ applies: true, apart: true })
      expect(bursts.size).toBeGreaterThan(130)
    })

    test('is its rate as well: a usual burst is not winsorised', () => {
      expect(jobOf(1, 60).at(60 * BLOCK).mean).toBeCloseTo(100 / 30, 1)
    })

    test('learns how large bursts are, how often they come and how long they last', () => {
      const short = jobOf(1, 60).at(60 * BLOCK).bursts
      expect(short.start).toBeGreaterThan(1 / 30)
      expect(short.start).toBeLessThan(3 / 30)
      expect(short.again).toBeLessThan(3 / 30)
      expect(short.size).toBeLessThan(150)
      expect(jobOf(5, 60).at(60 * BLOCK).bursts.again).toBeGreaterThan(0.8)
    })

    test('is for nobody whose calls come evenly', () => {
      const one = learner()
      for (let tick = 0; tick < 60 * BLOCK; tick += 1) one.live(tick, tick + 1, tick % 3 === 0 ? 1 + (tick % 2) : 0)
      expect(one.at(60 * BLOCK).bursts.applies).toBe(false)
    })

    test('does not count as evidence how many come, where they come in sessions', () => {
      const one = learner()
      for (let hour = 0; hour < 12; hour += 1) {
        for (let i = 0; i < 20; i += 1) one.live(360 * hour + 3 * i, 360 * hour + 3 * i + 1, 40)
      }
      expect(one.at(12 * 360).bursts).toMatchObject({ applies: true, apart: false })
    })
  })

  test('is not lifted by one monstrous tick', () => {
    const one = learner()
    one.live(0, 10 * BLOCK, 5)
    const { bound } = one.at(10 * BLOCK)
    one.live(10 * BLOCK, 10 * BLOCK + 1, 1_000_000)
    one.live(10 * BLOCK + 1, 11 * BLOCK, 5)
    expect(one.at(12 * BLOCK).mean).toBeLessThan(bound)
  })

  test.for([1, 287, 288, 289, 52_560, 5_256_000])('is finite after %i silent blocks', (silent) => {
    const one = learner()
    one.live(0, 10 * BLOCK, 5)
    const { mean, bound, shape } = one.at((10 + silent) * BLOCK)
    expect(mean).toBeLessThanOrEqual(5.000001)
    expect(bound).toBeGreaterThanOrEqual(0.02)
    expect(shape).toBeGreaterThan(0)
    expect(Number.isFinite(mean + bound + shape)).toBe(true)
  })
})

describe('the baseline of a ratio', () => {
  function ratioOf(part: number, whole: number, prior = PRIOR_SHARE_TOP): RatioNorm {
    const row = new Float64Array(RATIO_WIDTH)
    openRatio(row, 0, 0, calendar)
    observeRatio(row, 0, part, whole)
    rollRatio(row, 0, 2 * BLOCK, calendar, prior)
    const into = { share: 0, bound: 0, seen: 0 }
    normOfRatio(row, 0, into)
    return into
  }

  test('is that of its parent while it has nothing of its own', () => {
    expect(ratioOf(0, 0, 0.2).share).toBeCloseTo(0.2, 12)
    expect(ratioOf(0, 151, 0.2).share).toBeCloseTo(0.1, 12)
    expect(ratioOf(0, 15_100_000, 0.2).share).toBeLessThan(1e-5)
  })

  test('is bounded above its share, never below one in ten thousand, and never above one', () => {
    expect(ratioOf(0, 1e9).bound).toBe(1e-4)
    expect(ratioOf(5, 5, 1).bound).toBe(1)
    const { share, bound } = ratioOf(30, 1000)
    expect(bound).toBeGreaterThan(1.25 * share)
  })
})

test('a size is in the bin whose edges it lies between', () => {
  for (const bytes of [0, 0.5, Number.NaN, -3]) expect(binOf(bytes)).toBe(0)
  for (let bin = 1; bin < SIZE_BINS; bin += 1) {
    const floor = Math.exp(logFloorOf(bin))
    expect(binOf(floor * 1.01)).toBe(bin)
    if (bin > 1) expect(binOf(floor * 0.99)).toBe(bin - 1)
  }
  expect(binOf(Number.MAX_SAFE_INTEGER)).toBe(SIZE_BINS - 1)
})

test('a bin ends where the next begins, in whole bytes', () => {
  expect([leastOf(-1), leastOf(0), mostOf(-1), mostOf(0)]).toEqual([0, 0, -1, 0])
  // Below six bytes some bins hold no whole number.
  for (let bin = binOf(6); bin < SIZE_BINS; bin += 1) {
    expect(binOf(leastOf(bin))).toBe(bin)
    expect(binOf(leastOf(bin) - 1)).toBe(bin - 1)
    expect(mostOf(bin - 1)).toBe(leastOf(bin) - 1)
  }
})
