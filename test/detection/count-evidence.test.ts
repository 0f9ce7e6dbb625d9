import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BurstNorm } from '#src/baseline/bursts.ts'
import { newCountNorm } from '#src/baseline/count-norm.ts'
import {
  COUNT_ALTERNATIVES,
  countCalm,
  countEvidence,
  countPeaks,
  countWeight,
  leastCalls,
} from '#src/detection/count-evidence.ts'
import type { CountView } from '#src/detection/detector.ts'
import { PEAKS } from '#src/detection/surprise.ts'

/** A job of a hundred calls every five minutes, well known. */
function job(k: number, more: Partial<BurstNorm> = {}): CountView {
  const bursts = {
    applies: true,
    start: 0.06,
    again: 0.06,
    size: 135,
    shape: 22,
    wasActive: false,
    apart: true,
    ...more,
  }
  return { ...newCountNorm(), k, mean: 3.3, bound: 4.6, shape: 0.02, armed: true, seen: 30_000, bursts }
}

const best = (view: CountView): number =>
  Math.max(...Array.from({ length: COUNT_ALTERNATIVES }, (_, m) => countEvidence(view, m)))

describe('evidence against the law of bursts', () => {
  test('a silent tick says the same after a silent one as after a burst: many of them are one power', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (start, more) => {
          const again = start + (0.95 - start) * more
          for (let m = 0; m < COUNT_ALTERNATIVES; m += 1) {
            const silent = countEvidence(job(0, { start, again }), m)
            expect(countEvidence(job(0, { start, again, wasActive: true }), m)).toBe(silent)
            expect(silent).toBeLessThanOrEqual(0)
          }
        },
      ),
    )
  })

  test('a usual burst is worth a few nats, one of five times the size is worth an alarm', () => {
    expect(best(job(100))).toBeLessThan(3)
    expect(best(job(500))).toBeGreaterThan(22)
  })

  test('bursts in every tick add up, unless bursts come in sessions', () => {
    expect(best(job(100, { wasActive: true }))).toBeGreaterThan(1.5)
    expect(best(job(100, { wasActive: true, apart: false }))).toBe(0)
  })

  test('what comes between bursts says nothing of the end of an alert; the next burst does', () => {
    expect(countCalm(job(0), 100)).toBe(0)
    expect(countCalm(job(100), 100)).toBeGreaterThan(7)
    expect(countCalm(job(2000), 100)).toBeLessThan(0)
    expect(countCalm(job(100, { wasActive: true }), 100)).toBeLessThan(0)
    expect(countCalm(job(100, { wasActive: true, again: 0.8 }), 100)).toBeGreaterThan(0)
  })

  test('a tick is the part of a test that calls were to be expected in it', () => {
    expect(countWeight(job(0))).toBe(0.06)
    expect(countWeight({ ...job(0), mean: 0.01 })).toBeCloseTo(1 - Math.exp(-0.01), 12)
    expect(countWeight({ ...newCountNorm(), k: 0, mean: 2 })).toBeCloseTo(1 - Math.exp(-2), 12)
  })

  test('as many calls as leastCalls says carry the evidence, and a tenth fewer do not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.double({ min: 15, max: 40, noNaN: true }), (ticks, nats) => {
        const peaks = new Float64Array(PEAKS)
        countPeaks(job(1, { apart: false }), peaks)
        const nth = (k: number, i: number): CountView => job(k, { apart: false, wasActive: i > 0 })
        const carried = (calls: number): number =>
          Math.max(
            ...Array.from({ length: COUNT_ALTERNATIVES }, (_, m) =>
              Array.from({ length: ticks }, (__, i) => countEvidence(nth(calls / ticks, i), m)).reduce(
                (a, b) => a + b,
                0,
              ),
            ),
          )
        const least = leastCalls(ticks, 4.6 * ticks, peaks, nats)
        expect(carried(least)).toBeGreaterThanOrEqual(nats - 1e-9)
        expect(carried(0.9 * least)).toBeLessThan(nats)
      }),
    )
  })
})
