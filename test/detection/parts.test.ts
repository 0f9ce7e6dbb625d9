import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import deniedBurst from '#detectors/denied-burst/detector.ts'
import type { Detector } from '#src/detection/detector.ts'
import { addParts, beginParts, bitsByMeasure } from '#src/detection/parts.ts'
import { planOf } from '#src/detection/plan.ts'
import { ACCUMULATOR_WIDTH, ALTERNATIVES, CUSUM, NATS, OPEN } from '#src/detection/surprise.ts'

const detector = deniedBurst as unknown as Detector
const { identity } = planOf([{ detector, params: detector.params.parse({}) }], 1, 1)
const [watch] = identity.watches
if (watch === undefined) throw new Error('no watch')

/** An alert of so many nats that has just opened; alternatives 0 and 1 are of `denied`, 2 of `unauthenticated`, 3 of `forbidden`, 4 of `denying`. */
function opened(nats: number, alternatives: readonly number[], single: number | null = null): Float64Array {
  const row = new Float64Array(ACCUMULATOR_WIDTH)
  row.set(alternatives, CUSUM)
  row[NATS] = nats
  row[OPEN] = 1
  beginParts(row, 0, watch!, single)
  return row
}

describe('the evidence of an alert by measure', () => {
  test('is divided by what the best alternative of each measure carries', () => {
    const nats = [10, 30, 0, 10, 20].map((bits) => bits * Math.LN2)
    expect(bitsByMeasure(opened(30 * Math.LN2, nats), 0, watch)).toEqual({
      denied: 15,
      unauthenticated: 0,
      forbidden: 5,
      denying: 10,
    })
  })

  test('of one call that was surprising enough alone is that of its own measure', () => {
    expect(bitsByMeasure(opened(20 * Math.LN2, [40, 40, 1, 1, 1], 3), 0, watch)).toEqual({
      denied: 0,
      unauthenticated: 0,
      forbidden: 20,
      denying: 0,
    })
  })

  test('goes on with what each tick adds; what speaks against the anomaly takes nothing away', () => {
    const row = opened(10 * Math.LN2, [0, 10, 0, 0, 0])
    addParts(row, 0, watch, Float64Array.of(-3, -8, -1, 20, -2), 20 * Math.LN2)
    expect(bitsByMeasure(row, 0, watch)).toEqual({ denied: 10, unauthenticated: 0, forbidden: 20, denying: 0 })
  })

  test('comes to the bits of the alert, to the tenth', () => {
    const nats = fc.double({ min: 0, max: 1e4, noNaN: true })
    const alternatives = fc.array(nats, { minLength: ALTERNATIVES, maxLength: ALTERNATIVES })
    const property = fc.property(fc.array(alternatives, { minLength: 1, maxLength: 20 }), ([first = [], ...more]) => {
      let sum = Math.max(...first)
      const row = opened(sum, first)
      for (const tick of more) {
        const best = Math.max(...tick)
        sum += best
        addParts(row, 0, watch, Float64Array.from(tick), best)
      }
      const tenths = Object.values(bitsByMeasure(row, 0, watch)).map((bits) => Math.round(bits * 10))
      for (const one of tenths) expect(one).toBeGreaterThanOrEqual(0)
      // The order in which nats are added up may cost the last of the tenths.
      expect(Math.abs(tenths.reduce((a, b) => a + b, 0) - (sum / Math.LN2) * 10)).toBeLessThan(0.501)
    })
    fc.assert(property)
  })
})
