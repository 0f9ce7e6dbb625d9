import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  LEVEL_SHAPE,
  LEVEL_WIDTH,
  logNovelty,
  observeLevel,
  openLevel,
  PLACES,
  seenOfLevel,
} from '#src/baseline/level.ts'
import { randomFor } from '#src/demo/random.ts'
import { CREST_TICKS, CREST_WIDTH, crestOf, openCrest } from '#src/detection/crest.ts'

const TEACH = 2 * PLACES

function novelties(values: readonly number[]): number[] {
  const row = new Float64Array(LEVEL_WIDTH)
  openLevel(row, 0)
  return values.map((value) => {
    const nats = logNovelty(row, 0, value, LEVEL_SHAPE)
    observeLevel(row, 0, value, LEVEL_SHAPE)
    return nats
  })
}

function taught(values: readonly number[]): Float64Array {
  const row = new Float64Array(LEVEL_WIDTH)
  openLevel(row, 0)
  for (const value of values) observeLevel(row, 0, value, LEVEL_SHAPE)
  return row
}

const level = fc.double({ min: -1e6, max: 1e6, noNaN: true })
const levels = fc.array(level, { minLength: TEACH, maxLength: 4 * PLACES })
const seed = fc.integer({ min: 0, max: 1e6 })

/** Levels as they are: they wander, and now and then they jump. */
function walk(from: number, ticks: number): number[] {
  const random = randomFor(from)
  let at = 100
  return Array.from({ length: ticks }, () => {
    at += 0.1 * (100 - at) + 3 * random.normal() + (random.unit() < 0.01 ? 50 * random.normal() : 0)
    return at
  })
}

describe('the memory of a level', () => {
  test('knows nothing of what comes: the evidence of a prefix is the prefix of the evidence', () => {
    fc.assert(
      fc.property(levels, fc.integer({ min: 0, max: TEACH }), (values, cut) => {
        expect(novelties(values.slice(0, cut))).toEqual(novelties(values).slice(0, cut))
      }),
      { numRuns: 30 },
    )
  })

  test('has no unit: bytes or gigabytes, the evidence is the same', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: -30, max: 30 }), (from, doublings) => {
        const values = walk(from, 3 * PLACES)
        const scaled = novelties(values.map((value) => value * 2 ** doublings))
        expect(scaled).toEqual(novelties(values))
      }),
      { numRuns: 30 },
    )
  })

  test('knows no direction: mirrored levels give the same evidence', () => {
    fc.assert(
      fc.property(seed, (from) => {
        const values = walk(from, 3 * PLACES)
        const mirrored = novelties(values.map((value) => -value))
        for (const [i, nats] of novelties(values).entries()) expect(mirrored[i]).toBeCloseTo(nats, 6)
      }),
      { numRuns: 30 },
    )
  })

  test('stays within its row, whatever comes, and its numbers are finite', () => {
    const wild = fc.oneof(level, fc.constantFrom(0, 1e-300, -1e-300, 1e300, -1e300))
    fc.assert(
      fc.property(fc.array(wild, { minLength: TEACH, maxLength: 4 * PLACES }), (values) => {
        const rows = new Float64Array(LEVEL_WIDTH + 2).fill(7)
        openLevel(rows, 1)
        for (const value of values) {
          expect(Number.isFinite(logNovelty(rows, 1, value, LEVEL_SHAPE))).toBe(true)
          observeLevel(rows, 1, value, LEVEL_SHAPE)
        }
        expect([rows[0], rows[LEVEL_WIDTH + 1]]).toEqual([7, 7])
        expect(rows.every(Number.isFinite)).toBe(true)
        expect(seenOfLevel(rows, 1)).toBe(values.length)
      }),
      { numRuns: 60 },
    )
  })

  test('takes values beyond any scale', () => {
    const quiet = Array.from({ length: 2 * PLACES }, (_, i) => (i % 2) * 1e-300)
    const nats = novelties([...quiet, 1e300, ...quiet, -1e300])
    expect(nats.every(Number.isFinite)).toBe(true)
    expect(nats.at(-1)).toBeGreaterThan(0)
  })

  test('says nothing before it has seen as many values as it has places', () => {
    expect(novelties(walk(1, PLACES)).every((nats) => nats === 0)).toBe(true)
  })

  test('the evidence is an e-value: at most 1 on average over what the baseline expects', () => {
    fc.assert(
      fc.property(seed, (from) => {
        const row = taught(walk(from, 6 * PLACES))
        const scale = row[1] as number
        // The row's numbers as level.ts lays them out: the null's density at x, on the scale of asinh(value / scale). Beyond thirty ranges
        // lies 2% of the alternative and nothing of the null.
        const [held, sum, range, middle] = [2, 3, 4, 5].map((offset) => row[offset] as number) as [
          number,
          number,
          number,
          number,
        ]
        const [places, weights] = [18, 18 + PLACES + 1]
        const width = range / LEVEL_SHAPE.kernels
        let mean = 0
        const step = width / 8
        for (let x = middle - 30 * range; x < middle + 30 * range; x += step) {
          let density = 0
          for (let i = 0; i < held; i += 1) {
            const z = (x - (row[places + i] as number)) / width
            density += (row[weights + i] as number) / (1 + z * z) ** 2
          }
          density *= 2 / (Math.PI * width * sum)
          mean += step * density * Math.exp(logNovelty(row, 0, Math.sinh(x) * scale, LEVEL_SHAPE))
        }
        expect(mean).toBeLessThanOrEqual(1 + 1e-6)
        expect(mean).toBeGreaterThan(0.95)
      }),
      { numRuns: 10 },
    )
  })

  test('the farther from all that was, the more evidence; what was before is none', () => {
    const row = taught(walk(5, 6 * PLACES))
    const nats = [1e3, 1e4, 1e6].map((value) => logNovelty(row, 0, value, LEVEL_SHAPE))
    expect(nats[0]).toBeGreaterThan(3)
    expect(nats[1]).toBeGreaterThan(nats[0] as number)
    expect(nats[2]).toBeGreaterThan(nats[1] as number)
    expect(logNovelty(row, 0, 100, LEVEL_SHAPE)).toBeLessThan(0)
  })

  test('an oddity is odd until it is learned, and not again however long ago it was', () => {
    const values = walk(6, 6 * PLACES)
    const [odd, tail] = [400, walk(7, 20 * PLACES)]
    const during = novelties([...values, ...Array.from({ length: LEVEL_SHAPE.lag }, () => odd)]).slice(-LEVEL_SHAPE.lag)
    expect(Math.min(...during)).toBeGreaterThan(3)
    const again = novelties([...values, ...Array.from({ length: 5 }, () => odd), ...tail, odd]).at(-1)
    expect(again).toBeLessThan(2)
  })

  test('what never moved: any move is told, once', () => {
    const still = Array.from({ length: 3 * PLACES }, () => 45)
    expect(novelties(still).every((nats) => nats <= 0)).toBe(true)
    expect(novelties([...still, 60]).at(-1)).toBeGreaterThan(3)
    expect(novelties([...still.map(() => 0), 1]).at(-1)).toBeGreaterThan(3)
  })
})

describe('a crest', () => {
  const crests = (scores: readonly number[]): number[] => {
    const row = new Float64Array(CREST_WIDTH)
    openCrest(row, 0)
    return scores.map((score) => crestOf(row, 0, score))
  }

  test('is what exceeds everything of the last ticks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 5 * CREST_TICKS }), (scores) => {
        const told = crests(scores)
        for (const [i, score] of scores.entries()) {
          const before = scores.slice(Math.max(0, i - CREST_TICKS), i)
          expect(told[i]).toBe(before.every((other) => other < score) ? score : Number.NEGATIVE_INFINITY)
        }
      }),
      { numRuns: 30 },
    )
  })
})
