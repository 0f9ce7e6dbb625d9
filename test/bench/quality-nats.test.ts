import { describe, expect, it } from 'vitest'
import { WindowCount } from '../../bench/quality/effect.ts'
import { intensityFor, logCoin, logCount, moodShare, neededNats, shapeOf } from '../../bench/quality/nats.ts'
import { largestUsual, logLarger } from '../../bench/quality/payload.ts'

describe('evidence in nats', () => {
  it('of coins: eight failures of ten calls where one in a thousand fails', () => {
    let nats = 0
    for (let i = 0; i < 10; i++) nats += logCoin(i < 8, 0.8, 0.001)
    expect(nats).toBeCloseTo(8 * Math.log(800) + 2 * Math.log(0.2 / 0.999), 9)
  })

  it('of Poisson counts: 12 where 3 are usual and 9 are added', () => {
    expect(logCount(12, 3, 9, Number.POSITIVE_INFINITY)).toBeCloseTo(12 * Math.log(4) - 9, 9)
  })

  it('of negative binomial counts: the ratio of the two probabilities', () => {
    // NB of shape 2: P(k) ~ (mean / (mean + 2))^k (2 / (mean + 2))^2; the coefficient is the same on both sides.
    const log = (k: number, mean: number) => k * Math.log(mean / (mean + 2)) + 2 * Math.log(2 / (mean + 2))
    expect(logCount(40, 10, 30, 2)).toBeCloseTo(log(40, 40) - log(40, 10), 9)
    expect(logCount(1, 10, -9, 2)).toBeCloseTo(log(1, 1) - log(1, 10), 9)
  })

  it('of counts is worth less the more they spread, and on average never negative', () => {
    const tight = new WindowCount(600, 1000)
    const loose = new WindowCount(600, 10)
    expect(loose.expected(600)).toBeLessThan(tight.expected(600) / 10)
    for (const added of [-500, -10, 10, 5000]) expect(loose.expected(added)).toBeGreaterThan(0)
  })

  it('of a level that remembers: ten minutes tell little more than one', () => {
    expect(moodShare(1)).toBe(1)
    // Two neighbours with correlation 0.9: (1 + 0.9) / 2.
    expect(moodShare(2)).toBeCloseTo(0.95, 12)
    expect(moodShare(10)).toBeGreaterThan(0.7)
    expect(moodShare(1440)).toBeLessThan(0.02)
    expect(1 / shapeOf(1e9, { fano: 1, phi: 0.1 }, 1)).toBeCloseTo(0.1, 9)
  })

  it('of sizes: three times the median of a lognormal, and a constant that grows', () => {
    const lognormal = { kind: 'lognormal', median: 1000, sigma: 0.5 } as const
    const z = Math.log(3) / 0.5
    expect(logLarger(lognormal, 3000, 3)).toBeCloseTo(0.5 * z * z, 9)
    expect(logLarger(lognormal, 1000, 3)).toBeCloseTo(-0.5 * z * z, 9)
    expect(logLarger({ kind: 'constant', bytes: 100 }, 300, 3)).toBeCloseTo(Math.log(1e6), 9)
    expect(largestUsual(lognormal)).toBeCloseTo(1000 * Math.exp(0.5 * 3.0902), 6)
  })

  it('of tails: a factor of a Pareto is worth alpha times its logarithm', () => {
    const tail = { kind: 'tail', median: 100, sigma: 0.4, share: 0.05, alpha: 1.5 } as const
    expect(logLarger(tail, 1e6, 4)).toBeCloseTo(1.5 * Math.log(4), 3)
  })
})

it('finds the intensity that carries the wanted evidence, or the nearest that is possible', () => {
  expect(intensityFor(20, 1, 1000, (n) => 0.5 * n)).toBeCloseTo(40, 6)
  expect(intensityFor(20, 1, 10, (n) => 0.5 * n)).toBeCloseTo(10, 6)
})

it('needs ln 10 more for a tenth of the budget, and the same for ten times the entities', () => {
  expect(neededNats(375, 0.1) - neededNats(375, 1)).toBeCloseTo(Math.log(10), 9)
  expect(neededNats(3750, 1)).toBeCloseTo(neededNats(375, 0.1), 9)
})
