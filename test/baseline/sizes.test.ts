import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BLOCKS_FROZEN, calendarOf } from '#src/baseline/blocks.ts'
import {
  freezeSizes,
  isOddBin,
  learnedFrom,
  logProbability,
  newSizesNorm,
  normOfSizes,
  observeSizes,
  openSizes,
  rollSizes,
  SIZES_BINS,
  SIZES_WIDTH,
  type SizesNorm,
} from '#src/baseline/sizes.ts'
import { binOf, logFloorOf, SIZE_BINS } from '#src/sketch/logbins.ts'

const calendar = calendarOf(10_000)
const BLOCK = calendar.ticksPerBlock
const WEEK = 1008

interface Learner {
  /** Counts these sizes in one tick of a block: bin, count, bin, count, … */
  live(block: number, pairs: readonly number[], frozen?: boolean): void
  at(block: number): SizesNorm
  readonly row: Float64Array
  readonly bins: Uint16Array
}

function learner(): Learner {
  const row = new Float64Array(SIZES_WIDTH)
  const bins = new Uint16Array(SIZES_BINS)
  openSizes(row, 0, bins, 0, 0, calendar)
  return {
    row,
    bins,
    live(block, pairs, frozen = false) {
      rollSizes(row, 0, bins, 0, block * BLOCK, calendar)
      observeSizes(row, 0, bins, 0, pairs)
      if (frozen) freezeSizes(row, 0)
    },
    at(block) {
      rollSizes(row, 0, bins, 0, block * BLOCK, calendar)
      const norm = newSizesNorm()
      normOfSizes(row, 0, bins, 0, norm)
      return norm
    },
  }
}

function learned(pairs: readonly number[], frozen = false): SizesNorm {
  const one = learner()
  one.live(0, pairs, frozen)
  return one.at(2)
}

const probability = (norm: SizesNorm, bin: number, side: 'upper' | 'lower' = 'upper'): number =>
  Math.exp(logProbability(norm, bin, side))

describe('the baseline of sizes', () => {
  test('arms at 50 sizes', () => {
    expect(learned([30, 49])).toMatchObject({ armed: false, learned: 49 })
    expect(learned([30, 50])).toMatchObject({ armed: true, learned: 50 })
  })

  test.each(['upper', 'lower'] as const)('takes nothing within three times its %s edge for odd', (side) => {
    const norm = learned([40, 1000])
    const { oddBin, logEdge } = norm[side]
    const away = (bin: number): number => Math.abs(logFloorOf(side === 'upper' ? bin : bin + 1) - logEdge)
    const inwards = side === 'upper' ? -1 : 1
    expect(away(oddBin)).toBeGreaterThanOrEqual(Math.log(3))
    expect(away(oddBin + inwards)).toBeLessThan(Math.log(3))
    expect(probability(norm, oddBin, side)).toBeLessThan(0.01)
    expect(probability(norm, oddBin + inwards, side)).toBe(1)
  })

  test('finds a size the less likely the further out it is', () => {
    const norm = learned([38, 300, 40, 600, 42, 80, 45, 20])
    for (let bin = norm.upper.oddBin + 1; bin < SIZE_BINS; bin += 1)
      expect(probability(norm, bin)).toBeLessThan(probability(norm, bin - 1))
    for (let bin = norm.lower.oddBin - 1; bin > 0; bin -= 1)
      expect(probability(norm, bin, 'lower')).toBeLessThan(probability(norm, bin + 1, 'lower'))
  })

  test('both tails are the same when sizes are turned upside down', () => {
    const pairs = fc.uniqueArray(fc.tuple(fc.integer({ min: 20, max: 100 }), fc.integer({ min: 10, max: 900 })), {
      selector: ([bin]) => bin,
      minLength: 1,
      maxLength: 20,
    })
    fc.assert(
      fc.property(pairs, (some) => {
        const norm = learned(some.flat())
        const turned = learned(some.flatMap(([bin, count]) => [120 - bin, count]))
        expect(turned.lower.beyond).toBe(norm.upper.beyond)
        expect(turned.lower.edgeBin).toBe(120 - norm.upper.edgeBin)
        expect(turned.lower.excess).toBeCloseTo(norm.upper.excess, 6)
        for (let bin = 60; bin < 118; bin += 1)
          expect(logProbability(turned, 120 - bin, 'lower')).toBeCloseTo(logProbability(norm, bin, 'upper'), 6)
      }),
    )
  })

  test('of many equal sizes the tail begins after them, and knows only of what is there', () => {
    const equal = learned([40, 5000, 55, 3])
    expect(equal.upper).toMatchObject({ beyond: 3, edgeBin: 41, lastBin: 55 })
    expect(equal.lower).toMatchObject({ beyond: 0, edgeBin: 39, lastBin: 40 })
    // (3 + 1) / (5003 + 1) * (1 + y / (S + 1))^-(3 + 4)
    const [y, excess] = [logFloorOf(60) - logFloorOf(41), 3 * (logFloorOf(56) - logFloorOf(41))]
    expect(probability(equal, 60)).toBeCloseTo((4 / 5004) * (1 + y / (excess + 1)) ** -7, 12)
  })

  test('a tail of ten and more is the largest 2%', () => {
    expect(learned([38, 980, 40, 15, 41, 5]).upper).toMatchObject({ beyond: 20, edgeBin: 40 })
    expect(learned([38, 50, 40, 6, 41, 5]).upper).toMatchObject({ beyond: 11, edgeBin: 40 })
  })

  test('is never surer than what it has learned in and beyond a bin', () => {
    const norm = learned([40, 20_000, 70, 20])
    expect(learnedFrom(norm, 70, 'upper')).toBe(20)
    expect(probability(norm, 70)).toBeGreaterThanOrEqual(21 / 20_021)
    expect(probability(norm, 71)).toBeLessThan(21 / 20_021)
  })

  test('learns nothing from a frozen block, until it has lasted two hours: a new mode becomes ordinary', () => {
    expect(learned([30, 1000], true).learned).toBe(0)
    const one = learner()
    for (let block = 0; block < 20; block += 1) one.live(block, [40, 200])
    const odd = binOf(20 * Math.exp(logFloorOf(40)))
    expect(probability(one.at(20), odd)).toBeLessThan(1e-4)
    for (let block = 20; block < 22 + BLOCKS_FROZEN; block += 1) one.live(block, [40, 100, odd, 100], true)
    const after = one.at(22 + BLOCKS_FROZEN)
    expect(after.learned).toBeGreaterThan(4000)
    expect(probability(after, odd)).toBe(1)
  })

  test('stays within its bins, whatever the number of calls', () => {
    const { learned: sum } = learned([30, 10_000_000, 31, 9_000_000])
    expect(sum).toBeLessThanOrEqual(65_535)
    expect(sum).toBeGreaterThan(30_000)
  })

  test('forgets half in a week, however few calls there are, and what came once altogether', () => {
    const one = learner()
    one.live(0, [40, 800, 70, 1])
    expect(one.at(WEEK - 1).learned).toBe(801)
    expect(one.at(WEEK).learned).toBeGreaterThanOrEqual(400)
    expect(one.at(WEEK).learned).toBeLessThanOrEqual(401)
    // The largest of all is rounded up the first time, and down the next.
    expect(learnedFrom(one.at(WEEK), 70, 'upper')).toBe(1)
    expect(learnedFrom(one.at(2 * WEEK), 70, 'upper')).toBe(0)
    const later = one.at(3 * WEEK)
    expect(later.learned).toBeLessThanOrEqual(101)
    expect(learnedFrom(later, 70, 'upper')).toBe(0)
    expect(one.at(60 * WEEK)).toMatchObject({ learned: 0, armed: false })
    expect(one.at(1_000_000 * WEEK).learned).toBe(0)
  })

  test('a week is worth the same in every bin: tails are not rounded away', () => {
    const pairs = Array.from({ length: 40 }, (_, i) => [40 + i, 1]).flat()
    const one = learner()
    one.live(0, [30, 60, ...pairs])
    const counts = (norm: SizesNorm): number[] => [20, 10, 5].map((far) => learnedFrom(norm, 80 - 2 * far, 'upper'))
    expect(counts(one.at(WEEK))).toEqual([20, 10, 5])
    const [many = 0, some = 0, few = 0] = counts(one.at(2 * WEEK))
    for (const [now, then] of [
      [many, 40],
      [some, 20],
      [few, 10],
    ] as const)
      expect(Math.abs(now - then / 4)).toBeLessThanOrEqual(1)
  })

  test('is the same whether it is rolled block by block or at once', () => {
    const story = fc.array(fc.tuple(fc.integer({ min: 1, max: 1500 }), fc.nat(100), fc.boolean()), { maxLength: 12 })
    fc.assert(
      fc.property(story, (steps) => {
        const [slow, fast] = [learner(), learner()]
        let block = 0
        for (const [after, bin, frozen] of steps) {
          for (let between = block; between < block + after; between += 1) slow.at(between)
          block += after
          for (const one of [slow, fast]) one.live(block, [bin, 37], frozen)
        }
        expect(slow.at(block + 5000).learned).toBe(fast.at(block + 5000).learned)
        expect([...slow.row]).toEqual([...fast.row])
        expect([...slow.bins]).toEqual([...fast.bins])
      }),
      { numRuns: 30 },
    )
  })

  test('says which bins may be evidence, and none while it is cold', () => {
    const one = learner()
    one.live(0, [40, 30])
    one.at(2)
    expect(isOddBin(one.row, 0, 100)).toBe(false)
    one.live(3, [40, 30])
    const { upper, lower } = one.at(5)
    const odd = Array.from({ length: SIZE_BINS }, (_, bin) => bin).filter((bin) => isOddBin(one.row, 0, bin))
    expect(odd).toContain(upper.oddBin)
    expect(odd).not.toContain(upper.oddBin - 1)
    expect(odd).toContain(lower.oddBin)
    expect(odd).not.toContain(lower.oddBin + 1)
  })
})
