import * as z from 'zod'
import { ratio } from '#src/baseline/measure.ts'
import { defineDetector } from '#src/detection/detector.ts'
import { leastTogether } from '#src/detection/family.ts'
import { upperQuantile } from '#src/detection/negative-binomial.ts'
import {
  leastHits,
  oftenEvidence,
  type RatioAlternatives,
  ratioEvidence,
  shapeOfEpisode,
} from '#src/detection/ratio-evidence.ts'
import { percentText, round } from '#src/detection/words.ts'

/** From a doubling to an outage: clusters of failures that are so many times as large, and failures that are so many times as frequent. */
const TIMES: RatioAlternatives = { larger: [2, 4], oftener: [8, 32, 128] }

export default defineDetector({
  name: 'error-burst',
  about: {
    title: 'Burst of server errors',
    catches:
      'An endpoint, or a service at several of its endpoints, answers 5xx to a larger share of its calls than it normally does.',
    misses: 'Errors that hide behind status 200, and endpoints that always failed.',
  },
  scopes: ['endpoint', 'service'],
  share: 1,
  measures: {
    errors: ratio(
      'errors',
      (call) => call.status >= 500,
      () => true,
    ),
  },
  params: z.strictObject({
    leastErrors: z.int().min(1).default(5).describe('Fewer failed calls beyond the expected ones are never told.'),
    leastFactor: z
      .number()
      .min(1)
      .default(2)
      .describe('Fewer than so many times the most expected failures are never told.'),
    leastOfService: z
      .number()
      .min(0)
      .max(1)
      .default(0.05)
      .describe(
        'Where a smaller share of the calls to a service fails, in every tick, it is told only if two of its endpoints are.',
      ),
  }),
  sample: { name: 'errors', rank: (call, hash) => (call.status >= 500 ? hash : null) },
  alternatives: { errors: TIMES.larger.length + TIMES.oftener.length },
  silence: false,
  single: false,
  earlyMargin: 2,
  judge({ errors }, evidence) {
    if (errors.whole === 0) return false
    const mu = errors.whole * errors.bound
    const { larger, oftener } = TIMES
    for (let m = 0; m < larger.length; m += 1) evidence.logE[m] = ratioEvidence(errors, larger[m] as number)
    for (let m = 0; m < oftener.length; m += 1)
      evidence.logE[larger.length + m] = oftenEvidence(errors, oftener[m] as number)
    evidence.calm = -ratioEvidence(errors, Math.max(2, Math.sqrt(evidence.strength)))
    evidence.sums[0] = errors.part
    evidence.sums[1] = errors.whole
    evidence.sums[2] = errors.whole * errors.share
    evidence.sums[3] = mu
    evidence.peaks[0] = mu
    evidence.peaks[1] = errors.part / errors.whole
    return true
  },
  floor(sums, peaks, params, _single, scope) {
    const [errors, , expected, bound] = sums as unknown as [number, number, number, number]
    // A roll-out that costs one call in a hundred for a minute is no outage, however many calls there are.
    if (scope === 'service' && (peaks[1] as number) < params.leastOfService) return false
    return errors - expected >= params.leastErrors && errors >= params.leastFactor * bound
  },
  explain({ sums, peaks, weight, needed, alone }, params) {
    const [errors, calls, expected, bound] = sums as unknown as [number, number, number, number]
    const failed = errors / calls
    const tick = peaks[0] as number
    const told = leastHits(bound, tick, bound / calls, TIMES, needed)
    const least = Math.ceil(Math.max(told, params.leastErrors + expected, params.leastFactor * bound))
    return {
      severity: failed >= 0.5 && weight > 1 ? 'critical' : failed >= 0.25 || weight > 1 ? 'high' : 'medium',
      observed: { errors, calls },
      expected: { errors: round(expected), low: 0, high: upperQuantile(bound, shapeOfEpisode(bound, tick), 0.001) },
      reason: `${errors} of ${calls} calls failed (${percentText(failed)}); ${round(expected)} expected`,
      least,
      silentIf: `fewer than about ${Math.min(leastTogether(least, { alone }), errors)} of these ${calls} calls had failed`,
      condition: 'status >= 500',
    }
  },
})
