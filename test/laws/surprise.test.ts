import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import errorBurst from '#detectors/error-burst/detector.ts'
import getSpike from '#detectors/get-spike/detector.ts'
import silence from '#detectors/silence/detector.ts'
import { newCountNorm } from '#src/baseline/count-norm.ts'
import { shapeOfRatio } from '#src/baseline/ratio.ts'
import { leastToAlarm, logRatio, upperQuantile } from '#src/detection/negative-binomial.ts'
import {
  ACCUMULATOR_WIDTH,
  ALTERNATIVES,
  accumulate,
  CUSUM,
  clearEvidence,
  LOG_R,
  logMixture,
  newEvidence,
  openAccumulator,
} from '#src/detection/surprise.ts'
import { flowOf } from '#test/detectors/given.ts'

/** Probabilities of 0, 1, 2, … under the negative binomial, until what is left cannot matter. */
function* negativeBinomial(mu: number, r: number): Generator<readonly [k: number, mass: number]> {
  let logMass = r * Math.log(r / (mu + r))
  let left = 1
  for (let k = 0; k < 200_000 && left > 1e-13; k += 1) {
    const mass = Math.exp(logMass)
    left -= mass
    yield [k, mass]
    logMass += Math.log(((k + r) / (k + 1)) * (mu / (mu + r)))
  }
}

const TINY = 1e-9
const bound = fc.double({ min: 0.02, max: 60, noNaN: true })
const share = fc.double({ min: 0.05, max: 1, noNaN: true })

describe('an e-value is at most 1 on average while the baseline holds', () => {
  test('for counts: under every mean below the bound and every shape that varies less', () => {
    const evidence = newEvidence()
    fc.assert(
      fc.property(bound, fc.double({ min: 0.03, max: 50, noNaN: true }), share, share, (mu, r, below, calmer) => {
        const sums = new Float64Array(ALTERNATIVES)
        for (const [k, mass] of negativeBinomial(mu * below, (r * below) / calmer)) {
          clearEvidence(evidence)
          const gets = { ...newCountNorm(), k, mean: mu, bound: mu, shape: r, armed: true, seen: 100 }
          getSpike.judge({ gets }, evidence, getSpike.params.parse({}))
          for (let m = 0; m < getSpike.alternatives; m += 1) sums[m]! += mass * Math.exp(evidence.logE[m]!)
        }
        for (const sum of sums) expect(sum).toBeLessThanOrEqual(1 + TINY)
      }),
      { numRuns: 60 },
    )
  })

  test('for silence: under every mean above the least and every relative variance that is less', () => {
    const evidence = newEvidence()
    const least = fc.double({ min: 0.2, max: 30, noNaN: true })
    const times = fc.double({ min: 1, max: 4, noNaN: true })
    fc.assert(
      fc.property(
        least,
        fc.double({ min: 0.03, max: 50, noNaN: true }),
        times,
        times,
        share,
        (low, shape, more, calmer, rarer) => {
          const sums = new Float64Array(ALTERNATIVES)
          for (const [k, mass] of negativeBinomial(low * more, shape * calmer)) {
            clearEvidence(evidence)
            // Calls come as often as that law has it, or more seldom.
            const rate = rarer * shape * Math.log1p(low / shape)
            silence.judge({ calls: flowOf(k, { mean: low, low, shape, rate }) }, evidence, silence.params.parse({}))
            for (let m = 0; m < silence.alternatives; m += 1) sums[m]! += mass * Math.exp(evidence.logE[m]!)
          }
          for (const sum of sums.subarray(0, silence.alternatives)) expect(sum).toBeLessThanOrEqual(1 + TINY)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('for pauses: where calls come at every rate above the least, after whatever silence', () => {
    const evidence = newEvidence()
    const rate = fc.double({ min: 1e-4, max: 12, noNaN: true })
    fc.assert(
      fc.property(
        rate,
        fc.double({ min: 1, max: 5, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (least, more, k) => {
          const silent = Math.exp(-least * more)
          let sum = 0
          for (const [calls, probability] of [
            [0, silent],
            [k, 1 - silent],
          ] as const) {
            clearEvidence(evidence)
            silence.judge({ calls: flowOf(calls, { low: 0, rate: least }) }, evidence, silence.params.parse({}))
            sum += probability * Math.exp(evidence.logE[silence.alternatives - 1]!)
          }
          expect(sum).toBeLessThanOrEqual(1 + TINY)
          if (more === 1) expect(sum).toBeGreaterThan(1 - 1e-6)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('for bursts: under every chance of them, size and spread below the bounds, after silence and after a burst', () => {
    const evidence = newEvidence()
    const law = fc.record({
      start: fc.double({ min: 0.001, max: 0.9, noNaN: true }),
      more: share,
      size: fc.double({ min: 1.01, max: 60, noNaN: true }),
      phi: fc.double({ min: 0.045, max: 5, noNaN: true }),
      wasActive: fc.boolean(),
    })
    fc.assert(
      fc.property(law, share, share, share, ({ start, more, size, phi, wasActive }, rarer, smaller, calmer) => {
        const again = start + (0.95 - start) * more
        const bursts = { applies: true, start, again, size, shape: 1 / phi, wasActive, apart: true }
        const active = rarer * (wasActive ? again : start)
        // One call and as many more as a negative binomial says: as many as the bound on average, or fewer.
        const extra = (size - 1) * smaller
        const sums = new Float64Array(ALTERNATIVES)
        const add = (k: number, mass: number): void => {
          clearEvidence(evidence)
          const gets = { ...newCountNorm(), k, mean: 1, bound: 1, armed: true, bursts }
          getSpike.judge({ gets }, evidence, getSpike.params.parse({}))
          for (let m = 0; m < getSpike.alternatives; m += 1) sums[m]! += mass * Math.exp(evidence.logE[m]!)
        }
        add(0, 1 - active)
        for (const [k, mass] of negativeBinomial(extra, 1 / phi / calmer)) add(k + 1, active * mass)
        for (const sum of sums) expect(sum).toBeLessThanOrEqual(1 + TINY)
      }),
      { numRuns: 100 },
    )
  })

  test('for ratios: when failures cluster as much as is allowed for', () => {
    const evidence = newEvidence()
    const calls = fc.integer({ min: 1, max: 2000 })
    fc.assert(
      fc.property(calls, fc.double({ min: 1e-4, max: 0.3, noNaN: true }), share, (whole, most, below) => {
        const sums = new Float64Array(ALTERNATIVES)
        const mu = whole * most
        for (const [part, mass] of negativeBinomial(mu * below, shapeOfRatio(mu) * below)) {
          clearEvidence(evidence)
          const errors = { part, whole, share: most, bound: most, seen: 100 }
          errorBurst.judge({ errors }, evidence, errorBurst.params.parse({}))
          for (let m = 0; m < errorBurst.alternatives; m += 1) sums[m]! += mass * Math.exp(evidence.logE[m]!)
        }
        for (const sum of sums) expect(sum).toBeLessThanOrEqual(1 + TINY)
      }),
      { numRuns: 60 },
    )
  })

  test('for ratios of independent failures: the binomial', () => {
    const evidence = newEvidence()
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.double({ min: 1e-4, max: 0.9, noNaN: true }), (whole, p) => {
        const sums = new Float64Array(ALTERNATIVES)
        let logMass = whole * Math.log1p(-p)
        for (let part = 0; part <= whole; part += 1) {
          clearEvidence(evidence)
          errorBurst.judge(
            { errors: { part, whole, share: p, bound: p, seen: 100 } },
            evidence,
            errorBurst.params.parse({}),
          )
          for (let m = 0; m < errorBurst.alternatives; m += 1) sums[m]! += Math.exp(logMass + evidence.logE[m]!)
          logMass += Math.log((whole - part) / (part + 1)) + Math.log(p / (1 - p))
        }
        for (const sum of sums) expect(sum).toBeLessThanOrEqual(1 + TINY)
      }),
      { numRuns: 60 },
    )
  })
})

describe('evidence', () => {
  test('of many silent ticks in closed form is that of tick after tick', () => {
    const nats = fc.array(fc.double({ min: -3, max: -1e-6, noNaN: true }), { minLength: 4, maxLength: 4 })
    const before = fc.array(fc.double({ min: -2, max: 3, noNaN: true }), { maxLength: 5 })
    fc.assert(
      fc.property(
        nats,
        before,
        fc.integer({ min: 2, max: 400 }),
        fc.double({ min: -30, max: -1, noNaN: true }),
        (logE, first, ticks, weight) => {
          const closed = new Float64Array(ACCUMULATOR_WIDTH)
          openAccumulator(closed, 0, 0)
          for (const l of first) accumulate(closed, 0, 4, new Float64Array([l, l / 2, -l, l]), weight, 1)
          const stepped = closed.slice()
          const odd = accumulate(closed, 0, 4, new Float64Array(logE), weight, ticks)
          let oddStepped = false
          for (let i = 0; i < ticks; i += 1) oddStepped = accumulate(stepped, 0, 4, new Float64Array(logE), weight, 1)
          for (let m = 0; m < 4; m += 1) {
            expect(closed[LOG_R + m]).toBeCloseTo(stepped[LOG_R + m]!, 7)
            expect(closed[CUSUM + m]).toBeCloseTo(stepped[CUSUM + m]!, 7)
          }
          expect(closed[CUSUM]! > 1e-7).toBe(stepped[CUSUM]! > 1e-7)
          if (!oddStepped) expect(odd).toBe(false)
        },
      ),
    )
  })

  test('below the alarm is bounded from above, at the alarm exact', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 8, noNaN: true }), { minLength: 3, maxLength: 3 }), (logR) => {
        const row = new Float64Array(ACCUMULATOR_WIDTH)
        row.set(logR, LOG_R)
        const exact = Math.log(logR.reduce((sum, one) => sum + Math.exp(one), 0) / 3)
        const mixture = logMixture(row, 0, 3)
        if (exact >= 0) expect(mixture).toBeCloseTo(exact, 9)
        else
          expect(mixture).toSatisfy(
            (value: number) => value >= exact - 1e-9 && (value < 0 || Math.abs(value - exact) < 1e-9),
          )
      }),
    )
  })

  test('needs as many counts as leastToAlarm says, and no fewer', () => {
    fc.assert(
      fc.property(
        bound,
        fc.double({ min: 0.05, max: 50, noNaN: true }),
        fc.double({ min: 1, max: 30, noNaN: true }),
        (mu, r, nats) => {
          const alternatives = [2, 4, 10, 40]
          const best = (k: number): number => Math.max(...alternatives.map((g) => logRatio(k, mu, r, g)))
          const least = leastToAlarm(mu, r, alternatives, nats)
          expect(best(least)).toBeGreaterThanOrEqual(nats - TINY)
          expect(best(least - 1)).toBeLessThan(nats + TINY)
        },
      ),
    )
  })

  test('stays silent at the quantile that an alert shows as normal', () => {
    fc.assert(
      fc.property(bound, fc.double({ min: 0.05, max: 50, noNaN: true }), (mu, r) => {
        const high = upperQuantile(mu, r, 0.001)
        let beyond = 1
        for (const [k, mass] of negativeBinomial(mu, r)) if (k <= high) beyond -= mass
        expect(beyond).toBeLessThanOrEqual(0.001 + TINY)
      }),
      { numRuns: 60 },
    )
  })
})
