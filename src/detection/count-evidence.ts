import type { BurstNorm } from '#src/baseline/bursts.ts'
import type { CountView } from './detector.ts'
import { leastToAlarm, logRatio, upperQuantile } from './negative-binomial.ts'

/** Evidence that there is more of a count than normal, under the law that predicts the entity best. */

/** How many alternatives a detector that judges a count has. */
export const COUNT_ALTERNATIVES = 5
/** How many times the most expected rate they assume. Slow wander adds up in the smallest of them: only who holds a level is tested closely. */
const TIMES = [2, 4, 8, 16, 40] as const
const TIMES_OF_STEADY = [1.5, 2.5, 5, 12, 40] as const
/** Of bursts: how many times their size, and then how many times as often. */
const SIZES = [2, 4, 16] as const
const OFTEN = [3, 20] as const

/**
 * ln of the e-value of an alternative, rising with `view.k`. For bursts: with `s` for a silent tick and c L(k) for one with calls, where L is a
 * likelihood ratio of sizes and c = (1 - (1 - a) s) / a, the mean is at most 1 while calls come with a probability of at most a.
 * The same `s` serves after silent ticks and after others, so many silent ticks are one power of it. L = 1 tests how often bursts
 * come; with s = 1 / (1 - a + a M), M the mean that makes L of exp(theta k), it is the tilted law and rises with k from 0 on.
 */
export function countEvidence(view: CountView, m: number): number {
  const { k, bound, shape, steady, bursts } = view
  if (!bursts.applies) return logRatio(k, bound, shape, (steady ? TIMES_OF_STEADY : TIMES)[m] as number)
  return m < SIZES.length
    ? sizeEvidence(k, bursts, SIZES[m] as number)
    : oftenEvidence(k, bursts, OFTEN[m - SIZES.length] as number)
}

/**
 * ln of the e-value against "still `strength` times too many". Between bursts nothing is heard of that: the next burst says whether
 * it is of the usual size, unless it follows at once where that is unusual.
 */
export function countCalm(view: CountView, strength: number): number {
  const { k, bound, shape, bursts } = view
  const times = Math.max(2, Math.sqrt(strength))
  if (!bursts.applies) return -logRatio(k, bound, shape, times)
  if (k === 0) return 0
  const size = logRatio(k, bursts.size, bursts.shape, times)
  const isUnusual = bursts.wasActive && bursts.again < 0.5
  return -(isUnusual ? Math.max(size, oftenEvidence(k, bursts, times)) : size)
}

/** A tick's part of a test: how probable it was that anything would be counted. */
export function countWeight({ mean, bursts }: CountView): number {
  const touched = -Math.expm1(-mean)
  return bursts.applies ? Math.min(touched, bursts.start) : touched
}

/** The law of an episode's ticks as `Evidence.peaks` keep it: the largest of each number. */
export function countPeaks(view: CountView, peaks: Float64Array): void {
  const { bursts } = view
  peaks[0] = bursts.applies ? bursts.shape : view.shape
  peaks[1] = bursts.applies ? bursts.size : 0
  peaks[2] = bursts.applies ? bursts.start : 0
  peaks[3] = bursts.applies ? bursts.again : 0
  peaks[4] = bursts.applies && bursts.apart ? 1 : 0
}

/** About how many calls over so many ticks with calls carry `nats` of evidence; `bound` is the most that was expected in them. */
export function leastCalls(ticks: number, bound: number, peaks: Float64Array, nats: number): number {
  const [shape, size, start, again, apart] = peaks as unknown as [number, number, number, number, number]
  // Ticks are independent under the null: their means add, and so do their shapes.
  if (size === 0) return leastToAlarm(bound, ticks * shape, TIMES, nats)
  const law: BurstNorm = { applies: true, start, again, size, shape, wasActive: false, apart: apart === 1 }
  const rest: BurstNorm = { ...law, wasActive: true }
  let least = Number.POSITIVE_INFINITY
  for (const times of SIZES) {
    const none = sizeEvidence(1, law, times) + (ticks - 1) * sizeEvidence(1, rest, times)
    const each = sizeEvidence(2, rest, times) - sizeEvidence(1, rest, times)
    least = Math.min(least, ticks + Math.max(0, Math.ceil((nats - none) / each)))
  }
  for (const times of OFTEN) {
    const first = oftenEvidence(1, law, times)
    const more = oftenEvidence(1, rest, times)
    const needed = nats <= first ? 1 : more > 0 ? 1 + Math.ceil((nats - first) / more) : Number.POSITIVE_INFINITY
    // As many ticks with calls as that, each of them with one call at least.
    if (needed <= ticks) least = Math.min(least, needed)
  }
  return least
}

/** How many calls are hardly ever exceeded (one time in a thousand) over so many ticks; bursts: by one of them. */
export function mostCalls(ticks: number, bound: number, peaks: Float64Array): number {
  const [shape, size] = peaks as unknown as [number, number]
  return size === 0 ? upperQuantile(bound, ticks * shape, 0.001) : upperQuantile(Math.max(bound, size), shape, 0.001)
}

function sizeEvidence(k: number, law: BurstNorm, times: number): number {
  const { size, shape } = law
  const logM = shape * Math.log((times * size + shape) / (size + shape))
  // Of the tilted law after either kind of tick, the one that expects more: it rises with k after both.
  const logSilent = -logMean(law.again, logM)
  if (k === 0) return logSilent
  const theta = Math.log((times * (size + shape)) / (times * size + shape))
  return logActive(law, logSilent) + k * theta - logM
}

function oftenEvidence(k: number, law: BurstNorm, times: number): number {
  // Half of what there is to lose at most: a stake of all of it would end the evidence at the first silent tick.
  const stake = Math.min(times * law.start, 0.5)
  if (!law.apart || stake <= law.start) return 0
  const logSilent = Math.log((1 - stake) / (1 - law.start))
  return k === 0 ? logSilent : logActive(law, logSilent)
}

/** ln of c for a silent tick's s. */
function logActive(law: BurstNorm, logSilent: number): number {
  const a = law.wasActive ? law.again : law.start
  return Math.log1p((-Math.expm1(logSilent) * (1 - a)) / a)
}

/** ln(1 - a + a M), M given by its logarithm. */
function logMean(a: number, logM: number): number {
  return logM > 500 ? Math.log(a) + logM : Math.log1p(a * Math.expm1(logM))
}
