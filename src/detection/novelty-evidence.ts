import type { NovelView } from '#src/baseline/kinds/novel.ts'
import { upperQuantile } from './negative-binomial.ts'
import type { Evidence } from './surprise.ts'

/** The shares of calls that meet something new which the alternatives assume: now and then, often, every other call. */
export const NOVELTY_ALTERNATIVES = [0.01, 0.1, 0.5] as const
/** A shape so large that the law is Poisson's: calls with something new are no more clustered than the bound allows. */
const POISSON = 1e6

/**
 * Evidence of one tick that more is new than ever: each call is a coin of which the null says that it shows something new with a
 * probability of at most `bound`, given the past. A thing is new once. `cost` is taken off, in nats, for everything excused. Each
 * alternative's likelihood ratio is linear in the true probability and 1 at the bound, so it is an e-value below it.
 */
export function noveltyEvidence(view: NovelView, evidence: Evidence, cost: number): void {
  for (let m = 0; m < NOVELTY_ALTERNATIVES.length; m += 1) {
    const alternative = Math.max(NOVELTY_ALTERNATIVES[m] as number, 2 * view.bound)
    evidence.logE[m] = logCoins(view.calls, view.fresh, view.bound, alternative) - cost * view.excused
  }
  // "Still as odd as it was": at half of the share that the episode has shown so far.
  const still = Math.min(0.5, Math.max(2 * view.bound, (view.bound * evidence.strength) / 2))
  evidence.calm = -logCoins(view.calls, view.fresh, view.bound, still)
  evidence.sums[0] = view.fresh
  evidence.sums[1] = view.calls
  evidence.sums[2] = view.calls * view.share
  evidence.sums[3] = view.calls * view.bound
  evidence.peaks[0] = view.bound
  evidence.peaks[1] = view.weight
}

/** The fewest new things among so many calls that carry `nats` of evidence; one more than there are calls where none would do. */
export function leastNew(calls: number, bound: number, nats: number): number {
  let least = calls + 1
  for (const alternative of NOVELTY_ALTERNATIVES) {
    const share = Math.max(alternative, 2 * bound)
    const none = Math.log((1 - share) / (1 - bound))
    least = Math.min(least, Math.ceil((nats - calls * none) / (Math.log(share / bound) - none)))
  }
  return Math.max(1, least)
}

/** As many new things as come in one window of a thousand while the share is at its bound. `bound`: new things at the most. */
export function mostNew(bound: number): number {
  return upperQuantile(bound, POISSON, 0.001)
}

/** ln of the likelihood ratio of "each call is a coin that shows something new with this share" to the same with the bound. */
export function logCoins(calls: number, fresh: number, bound: number, share: number): number {
  return fresh * Math.log(share / bound) + (calls - fresh) * Math.log((1 - share) / (1 - bound))
}
