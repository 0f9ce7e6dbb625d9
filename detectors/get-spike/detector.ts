import * as z from 'zod'
import { count } from '#src/baseline/measure.ts'
import {
  COUNT_ALTERNATIVES,
  countCalm,
  countEvidence,
  countPeaks,
  countWeight,
  leastCalls,
  mostCalls,
} from '#src/detection/count-evidence.ts'
import { defineDetector } from '#src/detection/detector.ts'
import { percentText, round } from '#src/detection/words.ts'

/** One GET in four may be an example: an alert rests on 30 at least, and examples cost more than counts. */
const SAMPLED_BELOW = 2 ** 30
/** From this share of the sampled calls on, one client is said to be behind a spike. */
const ONE_CLIENT = 0.75

export default defineDetector({
  name: 'get-spike',
  about: {
    title: 'Spike of GET requests',
    catches:
      'An endpoint is read, or an identity reads, far more often than normal: by one client or spread over many.',
    misses: 'Reading that grows slower than about 30% an hour, and rates below about one call in ten seconds.',
  },
  scopes: ['endpoint', 'identity'],
  share: 1,
  measures: { gets: count('gets', (call) => call.method === 'GET') },
  params: z.strictObject({
    leastCalls: z.int().min(1).default(30).describe('Fewer GETs beyond the expected ones are never told.'),
    leastFactor: z.number().min(1).default(2).describe('Fewer than so many times the expected GETs are never told.'),
  }),
  sample: { name: 'gets', rank: (call, hash) => (call.method === 'GET' && hash < SAMPLED_BELOW ? hash : null) },
  alternatives: { gets: COUNT_ALTERNATIVES },
  silence: true,
  single: false,
  earlyMargin: 0,
  judge({ gets }, evidence) {
    if (!gets.armed) return false
    for (let m = 0; m < COUNT_ALTERNATIVES; m += 1) evidence.logE[m] = countEvidence(gets, m)
    evidence.weight = countWeight(gets)
    evidence.calm = countCalm(gets, evidence.strength)
    evidence.sums[0] = gets.k
    evidence.sums[1] = 1
    evidence.sums[2] = gets.mean
    evidence.sums[3] = gets.bound
    countPeaks(gets, evidence.peaks)
    return true
  },
  floor(sums, _peaks, params) {
    const [gets, , expected] = sums as unknown as [number, number, number, number]
    return gets - expected >= params.leastCalls && gets >= params.leastFactor * expected
  },
  explain({ ref, sums, peaks, weight, needed, top }, params) {
    const [gets, ticks, expected, bound] = sums as unknown as [number, number, number, number]
    const factor = gets / Math.max(expected, 1e-9)
    const least = Math.max(leastCalls(ticks, bound, peaks, needed), params.leastCalls)
    const noun = ref.scope === 'endpoint' ? 'client' : 'endpoint'
    const spread =
      top === null
        ? ''
        : top.share >= ONE_CLIENT
          ? `, mostly one ${noun}: ${top.name}`
          : `, spread over several ${noun}s`
    return {
      severity: factor >= 10 && weight > 1 ? 'critical' : factor >= 10 || weight > 1 ? 'high' : 'medium',
      observed: { gets, ...(top === null ? {} : { top_share: round(top.share) }) },
      expected: { gets: round(expected), low: 0, high: mostCalls(ticks, bound, peaks) },
      reason: `${gets} GET requests; ${round(expected)} expected${spread}${
        top !== null && top.share >= ONE_CLIENT ? ` (${percentText(top.share)} of a sample)` : ''
      }`,
      silentIf: `fewer than about ${Math.min(least, gets)} GET requests had come in this window`,
      condition: "method = 'GET'",
    }
  },
})
