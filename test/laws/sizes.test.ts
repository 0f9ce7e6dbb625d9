import { describe, expect, test } from 'vitest'
import payloadOutlier from '#detectors/payload-outlier/detector.ts'
import { logProbability } from '#src/baseline/sizes.ts'
import type { Side } from '#src/baseline/tail.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import { logEvidenceOfSize } from '#src/detection/calibrator.ts'
import { binOf, logFloorOf, SIZE_BINS } from '#src/sketch/logbins.ts'
import { judged, sizesLearned } from '#test/contract/detector/views.ts'

type Law = (random: Random) => number

const lognormal =
  (median: number, sigma: number): Law =>
  (random) =>
    median * Math.exp(sigma * random.normal())
const pareto = (least: number, alpha: number, random: Random): number => least * (1 - random.unit()) ** (-1 / alpha)
/** One kind of size, and now and then another. */
const rare =
  (share: number, other: number, usual: Law): Law =>
  (random) =>
    random.unit() < share ? other : usual(random)

/** As sizes are, and as they should not be: each of them for endpoints of which little is known, and much. */
const LAWS: Readonly<Record<string, Law>> = {
  'lognormal, narrow': lognormal(5000, 0.05),
  'lognormal, wide': lognormal(5000, 0.8),
  'lognormal, very wide': lognormal(5000, 1.5),
  constant: () => 5000,
  'a mixture of three': (random) => lognormal(2000 * 3 ** random.below(3), 0.25)(random),
  'a Pareto tail of 1.2': (random) => (random.unit() < 0.05 ? pareto(9000, 1.2, random) : lognormal(3000, 0.4)(random)),
  'all Pareto': (random) => pareto(3000, 1, random),
  Weibull: (random) => 3000 * random.exponential(1) ** 2,
  uniform: (random) => 10_000 * random.unit(),
  'constant, one in 200 ten times as large': rare(0.005, 50_000, () => 5000),
  'constant, one in 500 fifty times as large': rare(0.002, 250_000, () => 5000),
  'constant, one in 2000 a hundred times as large': rare(0.0005, 500_000, () => 5000),
  'constant, one in 100 next to nothing': rare(0.01, 60, () => 6000),
  'lognormal, one in 200 twenty times as large': rare(0.005, 60_000, lognormal(3000, 0.2)),
  'lognormal, one in 50 twenty times as large': rare(0.02, 60_000, lognormal(3000, 0.2)),
}

/** A baseline of so many sizes of a law. */
function history(law: Law, learned: number, ...keys: readonly number[]): ReturnType<typeof sizesLearned> {
  const random = randomFor(...keys)
  const counts = new Float64Array(SIZE_BINS)
  for (let i = 0; i < learned; i += 1) counts[binOf(law(random))]! += 1
  return sizesLearned(pairsOf(counts), [])
}

function pairsOf(counts: Float64Array): number[] {
  return [...counts].flatMap((count, bin) => (count > 0 ? [bin, count] : []))
}

/** How probable each bin is, from 200,000 draws. */
function truthOf(law: Law): Float64Array {
  const random = randomFor(77)
  const truth = new Float64Array(SIZE_BINS)
  for (let i = 0; i < 200_000; i += 1) truth[binOf(law(random))]! += 1 / 200_000
  return truth
}

/** The average of the e-value of the next size, by what was learned from so many. */
function average(truth: Float64Array, view: ReturnType<typeof sizesLearned>, side: Side): number {
  let sum = 0
  for (let bin = 0; bin < SIZE_BINS; bin += 1) {
    if (truth[bin] === 0) continue
    sum += truth[bin]! * Math.exp(logEvidenceOfSize(logProbability(view, bin, side), view.learned))
  }
  return sum
}

describe.each(Object.entries(LAWS))('sizes that are %s', (_, law) => {
  const truth = truthOf(law)

  test.each([50, 150, 500, 2000])('give e-values of at most 1 on average, after %i sizes', (learned) => {
    const histories = learned > 1000 ? 100 : 300
    const sums = { upper: 0, lower: 0 }
    for (let seed = 0; seed < histories; seed += 1) {
      const view = history(law, learned, seed, learned)
      for (const side of ['upper', 'lower'] as const) sums[side] += average(truth, view, side)
    }
    expect(sums.upper / histories).toBeLessThanOrEqual(1)
    expect(sums.lower / histories).toBeLessThanOrEqual(1)
    // An ordinary size says a half; where there was less, the average would hide what is wrong.
    expect(Math.min(sums.upper, sums.lower) / histories).toBeGreaterThan(0.45)
  })

  test('give a detector no evidence, hour after hour', () => {
    // Ticks share a history, which the average over one size does not show: what a whole hour adds up to.
    const params = payloadOutlier.params.parse({ leastBytes: 4096, leastUsual: 1 })
    const none = sizesLearned([], [])
    let high = 0
    for (let seed = 0; seed < 40; seed += 1) {
      const responses = history(law, 300, 9, seed)
      const random = randomFor(10, seed)
      const sums = new Float64Array(payloadOutlier.alternatives)
      for (let tick = 0; tick < 60; tick += 1) {
        const counts = new Float64Array(SIZE_BINS)
        for (let i = 0; i < 5; i += 1) counts[binOf(law(random))]! += 1
        const view = { ...responses, bins: pairsOf(counts), total: 5 }
        const evidence = judged(payloadOutlier as never, { responses: view, requests: none, errors: none }, params)
        for (let m = 0; m < sums.length; m += 1) sums[m]! += evidence?.logE[m] ?? 0
      }
      if (Math.max(sums[0]!, sums[1]!) > Math.log(40)) high += 1
    }
    // By Markov one of forty histories may reach forty to one, for each of two alternatives.
    expect(high).toBeLessThanOrEqual(2)
  })
})

describe('one size alone', () => {
  /** Beyond `EDGE` lie 3%, by an exponential law of the logarithm whose rate is as unknown as the baseline takes it to be. */
  const EDGE = 5000
  const BEYOND = 0.03
  const HISTORIES = 3000

  test.each([
    [60, 1e-4],
    [300, 1e-4],
    [300, 1e-6],
    [300, 1e-8],
    [3000, 1e-6],
  ])('after %i sizes is no more often as improbable as %d than it should be', (learned, alpha) => {
    let probability = 0
    for (let seed = 0; seed < HISTORIES; seed += 1) {
      const random = randomFor(21, seed)
      const rate = Array.from({ length: 4 }, () => random.exponential(1)).reduce((a, b) => a + b)
      // The bulk needs no draws: of it only the number counts.
      const counts = new Float64Array(SIZE_BINS)
      const beyond = Math.min(learned, random.poisson(BEYOND * learned))
      counts[binOf(EDGE) - 1] = learned - beyond
      for (let i = 0; i < beyond; i += 1) counts[binOf(EDGE * Math.exp(random.exponential(1 / rate)))]! += 1
      const view = sizesLearned(pairsOf(counts), [])
      let bin = view.upper.oddBin
      while (bin < SIZE_BINS && logProbability(view, bin, 'upper') > Math.log(alpha)) bin += 1
      if (bin < SIZE_BINS) probability += BEYOND * Math.exp(-rate * Math.max(0, logFloorOf(bin) - Math.log(EDGE)))
    }
    expect(probability / HISTORIES).toBeLessThanOrEqual(alpha)
    expect(probability / HISTORIES).toBeGreaterThan(alpha / 100)
  })
})
