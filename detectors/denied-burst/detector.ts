import * as z from 'zod'
import { breadth, ratio } from '#src/baseline/measure.ts'
import type { ApiCall } from '#src/call/call.ts'
import { defineDetector, type Episode } from '#src/detection/detector.ts'
import { leastTogether } from '#src/detection/family.ts'
import { upperQuantile } from '#src/detection/negative-binomial.ts'
import {
  leastBreadthPart,
  leastPart,
  oftenEvidence,
  type RatioAlternatives,
  ratioEvidence,
  shapeOfEpisode,
} from '#src/detection/ratio-evidence.ts'
import { SEVERITIES } from '#src/detection/severity.ts'
import { percentText, round } from '#src/detection/words.ts'

/** How many times the normal share the alternatives assume: of denied calls together, of each of both kinds, and of breadth. */
const TIMES: RatioAlternatives = { larger: [], oftener: [4, 24] }
const TIMES_OF_KIND: RatioAlternatives = { larger: [], oftener: [24] }
const TIMES_BROAD = [8] as const
/** Where nothing is known, one call in fifty is taken to be denied, each way; one in two hundred at one more endpoint in the tick. */
const USUAL = 0.02
const USUAL_BROAD = 0.005
/** Of an episode of which at least this share was denied, what was allowed is what the burst was after, and no other work. */
const MOSTLY = 0.9

function isUnauthenticated({ status }: ApiCall): boolean {
  return status === 401
}

function isForbidden({ status, decision }: ApiCall): boolean {
  return status !== 401 && (status === 403 || decision === 'deny')
}

function isDenied(call: ApiCall): boolean {
  return isUnauthenticated(call) || isForbidden(call)
}

/** An endpoint's burst is told where at least this share of it came from further identities in the same tick, or no identity is behind so much of it. */
const SPREAD = 0.25
const ONE_BEHIND = 0.5
/** From so many endpoints or identities at a time on, a burst is a search. */
const WIDE = 10

export default defineDetector({
  name: 'denied-burst',
  about: {
    title: 'Burst of denied calls',
    catches:
      'An identity is denied far more of its calls than normal, or at many endpoints; an endpoint denies that many, or that many identities.',
    misses:
      'A password or two tried on each of many accounts, slower than passwords are mistyped there, and denials that are logged as 200 or 404.',
  },
  scopes: ['endpoint', 'identity', 'service'],
  share: 1,
  measures: {
    denied: ratio('denied', isDenied, () => true, USUAL),
    unauthenticated: ratio('unauthenticated', isUnauthenticated, () => true, USUAL),
    // Among calls about which was decided: what is not found, or fails, was neither allowed nor denied.
    forbidden: ratio('forbidden', isForbidden, (call) => call.status < 400 || isForbidden(call), USUAL),
    denying: breadth(
      'denying',
      (call, key) => (isDenied(call) ? key : null),
      () => true,
      USUAL_BROAD,
    ),
  },
  params: z.strictObject({
    leastDenied: z.int().min(1).default(5).describe('Fewer denied calls beyond the expected ones are never told.'),
    leastBreadth: z
      .int()
      .min(2)
      .default(5)
      .describe(
        'Spread over so many endpoints (or identities) beyond the first, added up over ticks, fewer are told, too.',
      ),
    leastFactor: z.number().min(1).default(2).describe('Fewer than so many times the most expected are never told.'),
  }),
  sample: { name: 'denied', rank: (call, hash) => (isDenied(call) ? hash : null) },
  alternatives: { denied: 2, unauthenticated: 1, forbidden: 1, denying: 1 },
  silence: false,
  single: false,
  earlyMargin: 2,
  judge({ denied, unauthenticated, forbidden, denying }, evidence) {
    const calls = denied.whole
    if (calls === 0) return false
    evidence.logE[0] = oftenEvidence(denied, TIMES.oftener[0] as number)
    evidence.logE[1] = oftenEvidence(denied, TIMES.oftener[1] as number)
    evidence.logE[2] = oftenEvidence(unauthenticated, TIMES_OF_KIND.oftener[0] as number)
    evidence.logE[3] = oftenEvidence(forbidden, TIMES_OF_KIND.oftener[0] as number)
    evidence.logE[4] = ratioEvidence(denying, TIMES_BROAD[0])

    const mu = calls * denied.bound
    const times = Math.max(2, Math.sqrt(evidence.strength))
    const oddest = Math.max(
      ratioEvidence(unauthenticated, times),
      ratioEvidence(forbidden, times),
      ratioEvidence(denying, 2),
    )
    // One kind that is quiet says little where hardly any were expected: together they say sooner that it is over.
    evidence.calm = -(oddest > 0 ? oddest : ratioEvidence(denied, times))

    const decided = forbidden.whole
    // Only an open alert is stronger than 1: what was allowed before the burst, in its first tick, does not count.
    const allowed = evidence.strength > 1 ? decided - forbidden.part : 0
    evidence.sums.set([
      denied.part,
      calls,
      calls * denied.share,
      mu,
      unauthenticated.part,
      allowed,
      denying.part,
      denying.whole * denying.bound,
    ])
    evidence.peaks.set([
      denied.part === 0 ? 0 : 1 + denying.part,
      mu,
      unauthenticated.whole * unauthenticated.bound,
      decided * forbidden.bound,
      denying.whole * denying.bound,
    ])
    return true
  },
  floor(sums, _peaks, params, _single, scope, top = null) {
    const { denied, expected, bound, broad, broadBound } = numbersOf(sums)
    const isBroad = broad >= params.leastBreadth && broad >= params.leastFactor * broadBound
    const isMuch = denied - expected >= params.leastDenied && denied >= params.leastFactor * bound
    if (scope !== 'endpoint' && scope !== 'service') return isBroad || isMuch
    // What one identity is denied is told of that identity, and not of each endpoint that denies it.
    if (scope === 'service') return isBroad && broad >= SPREAD * denied
    return (isBroad && broad >= SPREAD * denied) || (isMuch && top !== null && top < ONE_BEHIND)
  },
  explain(episode, params) {
    const { ref, sums, peaks, weight } = episode
    const { denied, calls, expected, bound, unauthenticated, allowed } = numbersOf(sums)
    const [things, tick] = peaks as unknown as [number, number]
    const ofIdentity = ref.scope === 'identity'
    const noun = ofIdentity ? 'endpoint' : 'identity'
    const nouns = ofIdentity ? 'endpoints' : 'identities'
    // Among many identities, a call that is allowed may be anybody's.
    const isIn = ofIdentity && allowed > 0 && denied >= MOSTLY * (denied + allowed)
    const level = 1 + Number(things >= WIDE) + Number(weight > 1) + Number(isIn)
    const least = Math.max(1, Math.ceil(leastShare(episode, params) * denied))
    const spread = things > 1 ? `of up to ${things} ${nouns} at a time` : `of one ${noun} at a time`
    const usual = `${denied} of ${calls} calls were denied (${percentText(denied / calls)}); ${round(expected)} expected`
    const ending = isIn ? `; then ${allowed} ${allowed === 1 ? 'was' : 'were'} allowed` : ''
    return {
      severity: SEVERITIES[Math.min(level, SEVERITIES.length - 1)] ?? 'critical',
      observed: {
        denied,
        calls,
        unauthenticated,
        forbidden: denied - unauthenticated,
        [nouns]: things,
        ...(isIn ? { allowed } : {}),
      },
      expected: {
        denied: round(expected),
        low: 0,
        high: upperQuantile(bound, shapeOfEpisode(bound, tick), 0.001),
      },
      reason: `${usual}: ${kindsText(denied, unauthenticated)}, ${spread}${ending}`,
      least,
      silentIf: `fewer than about ${Math.min(leastTogether(least, episode), denied)} of these ${calls} calls had been denied`,
      condition: "(status IN (401, 403) OR decision = 'deny')",
    }
  },
})

function numbersOf(sums: Float64Array) {
  const [denied, calls, expected, bound, unauthenticated, allowed, broad, broadBound] = sums as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return { denied, calls, expected, bound, unauthenticated, allowed, broad, broadBound }
}

function kindsText(denied: number, unauthenticated: number): string {
  const forbidden = denied - unauthenticated
  if (forbidden === 0) return 'credentials that did not hold (401)'
  if (unauthenticated === 0) return 'refused by policy (403)'
  return `${unauthenticated} with credentials that did not hold (401), ${forbidden} refused by policy (403)`
}

/** What part of the denied calls would have been too little to tell: for the evidence of each measure, and for the floors. */
function leastShare(
  { sums, peaks, needed }: Episode,
  params: { readonly leastDenied: number; readonly leastBreadth: number },
): number {
  const { denied, calls, expected, bound, unauthenticated, broad, broadBound } = numbersOf(sums)
  const [, tick, first, second, third] = peaks as unknown as [number, number, number, number, number]
  const share = bound / calls
  // What was expected of each kind, as far as the largest tick shows it.
  const partOf = (hits: number, ofTick: number): number =>
    leastPart(hits, bound * (ofTick / tick), ofTick, share * (ofTick / tick), TIMES_OF_KIND, needed)
  const evidence = Math.min(
    leastPart(denied, bound, tick, share, TIMES, needed),
    partOf(unauthenticated, first),
    partOf(denied - unauthenticated, second),
    leastBreadthPart(broad, Math.min(denied - broad, bound / tick), denied, broadBound, third, TIMES_BROAD, needed),
  )
  const floor = Math.min((params.leastDenied + expected) / denied, broad > 0 ? params.leastBreadth / broad : 1)
  return Math.min(1, Math.max(evidence, floor))
}
