import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  ACCUMULATOR_WIDTH,
  accumulate,
  dropEvidence,
  LOG_R,
  OPEN,
  openAccumulator,
  TWINS,
} from '#src/detection/surprise.ts'
import { crossSingle, crossTwins } from '#src/detection/twins.ts'

const ALTERNATIVES = 3

/** ln of the average of the R of all alternatives, whatever it is. */
function mixture(row: Float64Array): number {
  const logR = [...row.slice(LOG_R, LOG_R + ALTERNATIVES)]
  const most = Math.max(...logR)
  if (most === Number.NEGATIVE_INFINITY) return most
  return most + Math.log(logR.reduce((sum, one) => sum + Math.exp(one - most), 0) / ALTERNATIVES)
}

/** Twins that are run: for each an accumulator of its own, of so many times the weight, dropped at each crossing. */
class PlainTwins {
  readonly #rows = TWINS.map(() => {
    const row = new Float64Array(ACCUMULATOR_WIDTH)
    openAccumulator(row, 0, 0)
    return row
  })

  /** Which cross, or `null` where one stands so close to its bound that rounding decides. */
  take(logE: Float64Array, logWeight: number, ticks: number): number | null {
    let crossed = 0
    for (const [i, row] of this.#rows.entries()) {
      accumulate(row, 0, ALTERNATIVES, logE, logWeight + Math.log(TWINS[i]!), ticks)
      const log = mixture(row)
      if (Math.abs(log) < 1e-6) return null
      if (log < 0) continue
      crossed |= 1 << i
      dropEvidence(row, 0)
    }
    return crossed
  }

  drop(): void {
    for (const row of this.#rows) dropEvidence(row, 0)
  }
}

const nats = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ logE: fc.tuple(nats(-3, 5), nats(-3, 5), nats(-3, 5)), ticks: fc.constant(1) }) },
  { weight: 1, arbitrary: fc.record({ logE: fc.tuple(nats(4, 9), nats(-9, 2), nats(-2, 6)), ticks: fc.constant(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      logE: fc.tuple(nats(-0.5, -1e-4), nats(-0.5, -1e-4), nats(-0.5, -1e-4)),
      ticks: fc.integer({ min: 2, max: 60 }),
    }),
  },
  // The real accumulator is dropped, as when an alert opened and resolved.
  { weight: 1, arbitrary: fc.constant(null) },
)

describe('twins that are computed from the one accumulator', () => {
  test('cross when twins that are run would, through silence and after the real one was dropped', () => {
    const seen = TWINS.map(() => 0)
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 5, maxLength: 120 }),
        nats(-14, -6),
        nats(0, 1),
        (steps, least, spread) => {
          const row = new Float64Array(ACCUMULATOR_WIDTH)
          openAccumulator(row, 0, 0)
          const plain = new PlainTwins()
          for (const [i, one] of steps.entries()) {
            if (one === null) {
              dropEvidence(row, 0)
              plain.drop()
              continue
            }
            const logE = new Float64Array(one.logE)
            // The weight changes from tick to tick.
            const logWeight = least + spread * Math.sin(i)
            accumulate(row, 0, ALTERNATIVES, logE, logWeight, one.ticks)
            const expected = plain.take(logE, logWeight, one.ticks)
            if (expected === null) return
            const crossed = crossTwins(row, 0, ALTERNATIVES, logE, one.ticks)
            expect(crossed).toBe(expected)
            for (const twin of TWINS.keys()) seen[twin]! += (crossed >> twin) & 1
            // An alarm: the real one goes no further than that.
            if (mixture(row) < 8) continue
            dropEvidence(row, 0)
            plain.drop()
          }
        },
      ),
      { numRuns: 400 },
    )
    for (const count of seen) expect(count).toBeGreaterThan(400)
  })

  test('cross at once, and stay finite, while evidence grows beyond all bounds without an alarm', () => {
    const row = new Float64Array(ACCUMULATOR_WIDTH)
    openAccumulator(row, 0, 0)
    const huge = new Float64Array([100, 90, 120])
    let crossings = 0
    for (let i = 0; i < 50; i += 1) {
      accumulate(row, 0, ALTERNATIVES, huge, -20, 1)
      if (crossTwins(row, 0, ALTERNATIVES, huge, 1) !== 0) crossings += 1
    }
    // The first tick crosses by itself; what restarts after it is lost beside it in a number of 53 bits.
    expect(crossings).toBeGreaterThan(0)
    for (const number of row) expect(number).not.toBeNaN()
  })

  test('lie where the open alert does, and begin anew when it is over', () => {
    const row = new Float64Array(ACCUMULATOR_WIDTH)
    openAccumulator(row, 0, 0)
    const fresh = row.slice()
    const odd = new Float64Array([9, 9, 9])
    accumulate(row, 0, ALTERNATIVES, odd, -8, 1)
    expect(crossTwins(row, 0, ALTERNATIVES, odd, 1)).toBe(0b11)
    row[OPEN] = 1
    dropEvidence(row, 0)
    expect(row).not.toEqual(fresh)
    row[OPEN] = 0
    dropEvidence(row, 0)
    expect(row).toEqual(fresh)
  })
})

describe('a call that is tested by itself', () => {
  test('crosses a twin at so many times the probability, whatever was before', () => {
    const logWeight = Math.log(1e-9)
    expect([1e-10, 0.99e-7, 1.01e-7, 0.99e-6, 1.01e-6, 1].map((p) => crossSingle(Math.log(p), logWeight))).toEqual([
      0b11, 0b11, 0b10, 0b10, 0, 0,
    ])
  })
})
