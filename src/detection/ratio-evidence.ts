import { shapeOfRatio } from '#src/baseline/ratio.ts'
import { logGammaRatio } from '#src/baseline/rising.ts'
import { leastToAlarm, logRatio } from './negative-binomial.ts'

/** Hits among calls, and the most of them that the baseline allows for. */
export interface Coins {
  readonly part: number
  readonly whole: number
  readonly bound: number
}

/** No alternative assumes that more than this share of the calls is of the kind. */
const MOST = 0.95

/**
 * ln of the e-value of "the share is so many times the most that is normal": a negative binomial likelihood ratio given the number of
 * calls, so 0 where there were none. For what is judged as a ratio: ratios and breadths.
 */
export function ratioEvidence({ part, whole, bound }: Coins, times: number): number {
  if (whole === 0) return 0
  const mu = whole * bound
  return logRatio(part, mu, shapeOfRatio(mu), Math.min(times, Math.max(1, MOST / bound)))
}

/**
 * ln of the e-value of "hits come so many times as often, and not more of them at a time": the likelihood ratio of two negative binomials
 * of one variance over mean, NB(g mu, g r) to NB(mu, r). Of hits that come one by one it learns much more than `ratioEvidence`, which
 * takes them for ever larger clusters, and less of many at once, which one retry loop explains. Rising and, from (g - 1) r >= 1 on, convex in the
 * hits: an e-value under every law of a lesser mean and variance. Less than that is never assumed.
 */
export function oftenEvidence({ part, whole, bound }: Coins, times: number): number {
  if (whole === 0) return 0
  const mu = whole * bound
  const r = shapeOfRatio(mu)
  const g = oftenTimes(r, bound, times)
  const more = (g - 1) * r
  const hits = part === 0 ? 0 : logGammaRatio(r + part, more) - logGammaRatio(r, more)
  return hits - more * Math.log1p(mu / r)
}

/** How many times as often is assumed; 1: nothing, as nearly all calls are of the kind anyway. */
function oftenTimes(r: number, bound: number, times: number): number {
  const least = 1 + 1 / r
  const most = MOST / bound
  return most < least ? 1 : Math.min(Math.max(times, least), most)
}

/** The law's shape for an episode that expected `bound` at most, and at most `tick` in a tick: ticks are independent, their shapes add. */
export function shapeOfEpisode(bound: number, tick: number): number {
  return tick > 0 ? (bound / tick) * shapeOfRatio(tick) : 1
}

/** The alternatives of one measure: how many times as large (`ratioEvidence`), how many times as often (`oftenEvidence`). */
export interface RatioAlternatives {
  readonly larger: readonly number[]
  readonly oftener: readonly number[]
}

/**
 * How many hits of an episode, evenly spread, would just have carried `nats`; `Infinity`: none would. `bound` is the most that was
 * expected in it, and `tick` the most in one of its ticks.
 */
export function leastHits(
  bound: number,
  tick: number,
  share: number,
  { larger, oftener }: RatioAlternatives,
  nats: number,
): number {
  if (tick === 0) return Number.POSITIVE_INFINITY
  const ofLarger = leastToAlarm(bound, shapeOfEpisode(bound, tick), larger, nats)
  return oftener.reduce((least, times) => Math.min(least, leastOften(bound, tick, share, times, nats)), ofLarger)
}

function leastOften(bound: number, tick: number, share: number, times: number, nats: number): number {
  const r = shapeOfRatio(tick)
  const g = oftenTimes(r, share, times)
  const ticks = bound / tick
  const needed = nats + ticks * (g - 1) * r * Math.log1p(tick / r)
  // The first hits of each tick weigh most, and even hits fill all ticks alike.
  let sum = 0
  for (let each = 0; each < 1000 && g > 1; each += 1) {
    const weight = Math.log((g * r + each) / (r + each))
    if (sum + ticks * weight >= needed) return Math.ceil(ticks * each + (needed - sum) / weight)
    sum += ticks * weight
  }
  return Number.POSITIVE_INFINITY
}

/** What part of the `observed` hits of an episode would just have carried `nats`; `Infinity` where none of it was evidence. */
export function leastPart(
  observed: number,
  bound: number,
  tick: number,
  share: number,
  alternatives: RatioAlternatives,
  nats: number,
): number {
  return observed === 0 ? Number.POSITIVE_INFINITY : leastHits(bound, tick, share, alternatives, nats) / observed
}

/**
 * The same of a breadth, in terms of the `hits` that it comes from, over so many ticks: with fewer hits each tick still has its first thing, so
 * what is beyond the first goes sooner.
 */
export function leastBreadthPart(
  beyond: number,
  ticks: number,
  hits: number,
  bound: number,
  tick: number,
  larger: readonly number[],
  nats: number,
): number {
  const part = leastPart(beyond, bound, tick, 0, { larger, oftener: [] }, nats)
  return part === Number.POSITIVE_INFINITY ? part : (part * beyond + ticks) / hits
}
