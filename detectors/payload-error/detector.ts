import * as z from 'zod'
import { ratio, sizes } from '#src/baseline/measure.ts'
import { boundOfShare, PRIOR_CALLS } from '#src/baseline/ratio.ts'
import { learnedFrom } from '#src/baseline/sizes.ts'
import { isBeyond, type Side } from '#src/baseline/tail.ts'
import type { ApiCall } from '#src/call/call.ts'
import { defineDetector, type RatioView, type SizesView } from '#src/detection/detector.ts'
import { upperQuantile } from '#src/detection/negative-binomial.ts'
import {
  type Coins,
  leastHits,
  oftenEvidence,
  type RatioAlternatives,
  ratioEvidence,
  shapeOfEpisode,
} from '#src/detection/ratio-evidence.ts'
import { bytesText, percentText, round } from '#src/detection/words.ts'
import { leastOf, mostOf } from '#src/sketch/logbins.ts'

/** How many times the most that is expected to fail the alternatives assume: of each tail at a time and one by one, of what was never seen one by one. */
const LARGER = 10
const OFTENER = 100
const TIMES: RatioAlternatives = { larger: [LARGER], oftener: [OFTENER] }

const failed = (call: ApiCall): boolean => call.status >= 500

/** The calls of one tick whose sizes lie in one part of what is usual. */
interface Stratum extends Coins {
  /** The share of them that is expected to fail. */
  readonly share: number
}

/** How many of one tick's sizes are taken. */
function counted(view: SizesView, isIn: (bin: number) => boolean): number {
  let sum = 0
  for (let i = 0; i < view.bins.length; i += 2) {
    if (isIn(view.bins[i] as number)) sum += view.bins[i + 1] as number
  }
  return sum
}

/**
 * A stratum's failures beside what it learned itself, which starts from the endpoint's own share. When ordinary sizes fail as well, in
 * this very tick, then so may these: an outage is no matter of sizes.
 */
function stratumOf(
  requests: SizesView,
  failures: SizesView,
  isIn: (bin: number) => boolean,
  learned: { readonly calls: number; readonly failures: number },
  usual: { readonly share: number; readonly now: number },
): Stratum {
  const calls = counted(requests, isIn)
  const weight = learned.calls + PRIOR_CALLS
  const share = Math.min(1, (learned.failures + usual.share * PRIOR_CALLS) / weight)
  const bound = Math.max(boundOfShare(share, weight), Math.min(1, 1.25 * usual.now))
  return { part: Math.min(calls, counted(failures, isIn)), whole: calls, share, bound }
}

interface Strata {
  readonly upper: Stratum
  readonly lower: Stratum
  readonly unseen: Stratum
  readonly body: { readonly calls: number; readonly failures: number }
}

/** Splits one tick by the edges of the request sizes: the largest 2%, the smallest, those outside of all before, and the rest. */
function strataOf(errors: RatioView, requests: SizesView, failures: SizesView): Strata {
  const { upper, lower } = requests
  const isUpper = (bin: number): boolean => isBeyond('upper', bin, upper.edgeBin)
  const isLower = (bin: number): boolean => isBeyond('lower', bin, lower.edgeBin)
  const isBody = (bin: number): boolean => !isUpper(bin) && !isLower(bin)
  const calls = counted(requests, isBody)
  const body = { calls, failures: Math.min(calls, counted(failures, isBody)) }
  const usual = { share: errors.share, now: (body.failures + errors.share) / (body.calls + 1) }
  const tail = (side: Side, isIn: (bin: number) => boolean): Stratum => {
    const { beyond, edgeBin } = requests[side]
    const learned = { calls: beyond, failures: Math.min(beyond, learnedFrom(failures, edgeBin, side)) }
    return stratumOf(requests, failures, isIn, learned, usual)
  }
  const tails = { upper: tail('upper', isUpper), lower: tail('lower', isLower) }
  // What was never seen has learned nothing: it may fail as often as its neighbours do.
  const neighbours = { share: Math.max(tails.upper.share, tails.lower.share), now: usual.now }
  const isUnseen = (bin: number): boolean => bin > upper.lastBin || bin < lower.lastBin
  return { ...tails, unseen: stratumOf(requests, failures, isUnseen, { calls: 0, failures: 0 }, neighbours), body }
}

/** An episode's sums. */
type Numbers = [
  errors: number,
  calls: number,
  expected: number,
  bound: number,
  ordinaryErrors: number,
  ordinary: number,
]

export default defineDetector({
  name: 'payload-error',
  about: {
    title: 'Server errors by the size of the request',
    catches: 'An endpoint answers 5xx to requests of unusual size, and not to ordinary ones.',
    misses: 'Errors that do not depend on the size (error-burst tells those), and logs without request sizes.',
  },
  scopes: ['endpoint'],
  share: 1,
  measures: {
    errors: ratio('errors', failed, () => true),
    requests: sizes('request sizes', (call) => call.requestBytes),
    failures: sizes('request sizes of failures', (call) => (failed(call) ? call.requestBytes : null)),
  },
  params: z.strictObject({
    leastErrors: z.int().min(1).default(4).describe('Fewer failed calls of unusual size are never told.'),
    leastFactor: z
      .number()
      .min(1)
      .default(3)
      .describe('Unless so many times the share of ordinary calls fails, the size is not to blame.'),
  }),
  sample: [
    {
      name: 'large failures',
      rank: (call) => (failed(call) && call.requestBytes !== null ? -call.requestBytes : null),
    },
    { name: 'small failures', rank: (call) => (failed(call) ? call.requestBytes : null) },
  ],
  alternatives: { failures: 5 },
  silence: false,
  single: false,
  earlyMargin: 2,
  judge({ errors, requests, failures }, evidence) {
    if (!requests.armed) return false
    const { upper, lower, unseen, body } = strataOf(errors, requests, failures)
    const calls = upper.whole + lower.whole
    if (calls === 0) return false
    evidence.logE[0] = ratioEvidence(upper, LARGER)
    evidence.logE[1] = oftenEvidence(upper, OFTENER)
    evidence.logE[2] = ratioEvidence(lower, LARGER)
    evidence.logE[3] = oftenEvidence(lower, OFTENER)
    evidence.logE[4] = oftenEvidence(unseen, OFTENER)
    const mu = upper.whole * upper.bound + lower.whole * lower.bound
    const odd = { part: upper.part + lower.part, whole: calls, bound: mu / calls }
    evidence.calm = -ratioEvidence(odd, Math.max(2, Math.sqrt(evidence.strength)))
    evidence.sums.set([
      odd.part,
      calls,
      upper.whole * upper.share + lower.whole * lower.share,
      mu,
      body.failures,
      body.calls,
    ])
    // Which side it was: each edge stands only where something failed beyond it.
    if (upper.part > 0) evidence.peaks[0] = leastOf(requests.upper.edgeBin)
    if (lower.part > 0) evidence.peaks[1] = 1 + mostOf(requests.lower.edgeBin)
    evidence.peaks[2] = mu
    evidence.sample = upper.part >= lower.part ? 0 : 1
    evidence.rankMost = evidence.sample === 0 ? -leastOf(requests.upper.edgeBin) : mostOf(requests.lower.edgeBin)
    return true
  },
  floor(sums, _peaks, params) {
    const [errors, calls, expected, bound, ordinaryErrors, ordinary] = sums as unknown as Numbers
    if (errors - expected < params.leastErrors || errors < 2 * bound) return false
    return errors * Math.max(1, ordinary) >= params.leastFactor * ordinaryErrors * calls
  },
  explain({ sums, peaks, weight, needed }, params) {
    const [errors, calls, expected, bound, ordinaryErrors, ordinary] = sums as unknown as Numbers
    const [large, small, tick] = peaks as unknown as [number, number, number]
    const largeText = `of ${bytesText(large)} or more`
    const smallText = `of ${bytesText(small - 1)} or less`
    const sizesText = small === 0 ? largeText : large === 0 ? smallText : 'of unusual size'
    const least = Math.max(leastHits(bound, tick, bound / calls, TIMES, needed), params.leastErrors)
    const share = errors / calls
    const condition =
      small === 0 ? ` AND request_bytes >= ${large}` : large === 0 ? ` AND request_bytes <= ${small - 1}` : ''
    return {
      severity: share >= 0.5 && weight > 1 ? 'critical' : share >= 0.5 || weight > 1 ? 'high' : 'medium',
      observed: { errors, calls, ordinary_errors: ordinaryErrors, ordinary_calls: ordinary },
      expected: { errors: round(expected), low: 0, high: upperQuantile(bound, shapeOfEpisode(bound, tick), 0.001) },
      reason: `${errors} of ${calls} requests ${sizesText} failed (${percentText(share)}), and ${ordinaryErrors} of ${ordinary} of ordinary size; ${round(expected)} expected`,
      silentIf: `fewer than about ${Math.min(least, errors)} of these ${calls} calls had failed, or the ordinary ones had failed as often`,
      condition: `status >= 500${condition}`,
    }
  },
})
