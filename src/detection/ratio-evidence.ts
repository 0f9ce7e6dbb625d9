import { shapeOfRatio } from '#src/baseline/ratio.ts'
import type { RatioView } from './detector.ts'
import { leastToAlarm, logRatio } from './negative-binomial.ts'

/** No alternative assumes that more than this share of the calls is of the kind. */
const MOST = 0.95

/**
 * ln of the e-value of "the share is so many times the most that is normal": a negative binomial likelihood ratio given the number of
 * calls, so 0 where there were none. For what is judged as a ratio: ratios and breadths.
 */
export function ratioEvidence({ part, whole, bound }: RatioView, times: number): number {
  if (whole === 0) return 0
  const mu = whole * bound
  return logRatio(part, mu, shapeOfRatio(mu), Math.min(times, Math.max(1, MOST / bound)))
}

/** The law's shape for an episode that expected `bound` at most, and at most `tick` in a tick: ticks are independent, their shapes add. */
export function shapeOfEpisode(bound: number, tick: number): number {
  return tick > 0 ? (bound / tick) * shapeOfRatio(tick) : 1
}

/** What part of the `observed` of an episode would just have carried `nats`; `Infinity` where none of it was evidence. */
export function leastPart(
  observed: number,
  bound: number,
  tick: number,
  alternatives: readonly number[],
  nats: number,
): number {
  if (observed === 0 || tick === 0) return Number.POSITIVE_INFINITY
  return leastToAlarm(bound, shapeOfEpisode(bound, tick), alternatives, nats) / observed
}

/**
 * The same of a breadth, in terms of the calls that it comes from: with fewer calls each tick still has its first thing, so
 * what is beyond the first goes sooner. `ticks` is how many had any, at most.
 */
export function leastBreadthPart(
  beyond: number,
  ticks: number,
  bound: number,
  tick: number,
  alternatives: readonly number[],
  nats: number,
): number {
  const part = leastPart(beyond, bound, tick, alternatives, nats)
  return part === Number.POSITIVE_INFINITY ? part : (part * beyond + ticks) / (beyond + ticks)
}
