import * as z from 'zod'
import { breadth, distinct } from '#src/baseline/measure.ts'
import type { ApiCall } from '#src/call/call.ts'
import {
  countCalm,
  countEvidence,
  countPeaks,
  countWeight,
  leastCalls,
  mostCalls,
} from '#src/detection/count-evidence.ts'
import { defineDetector, type Episode } from '#src/detection/detector.ts'
import { leastBreadthPart, ratioEvidence } from '#src/detection/ratio-evidence.ts'
import { SEVERITIES } from '#src/detection/severity.ts'
import { percentText, round } from '#src/detection/words.ts'

/** Of the alternatives of a count those from four times on: whoever reads twice as much as usual enumerates nothing. */
const COUNTED = [1, 2, 4] as const
/** How many times the normal share of objects that are not there, or not theirs. */
const TIMES = [4, 16] as const
/** Where nothing is known, one call in a hundred is taken to ask for one more object that is not there. */
const USUAL_MISSING = 0.01
/** One call in sixteen may be an example, and each that is missing: examples cost more than counts. */
const SAMPLED_BELOW = 2 ** 28
/** Whether a call names one object of many: its route has a parameter, and the log has its path. */
function namesObject({ route, path }: ApiCall): boolean {
  return path !== null && route.includes('{')
}

function isMissing({ status, decision }: ApiCall): boolean {
  return status === 404 || status === 403 || status === 401 || decision === 'deny'
}

/** From so many times the expected on, or from this share of missing objects on, the severity is one higher. */
const FAR = 10
const GUESSED = 0.25

export default defineDetector({
  name: 'object-enumeration',
  about: {
    title: 'Enumeration of objects',
    catches:
      'An identity asks for far more different objects than it normally does, or for many that are not there or not its own.',
    misses:
      'Fewer than three times the usual number, objects that are named in a query or a body, and logs without paths.',
  },
  scopes: ['identity'],
  share: 1,
  measures: {
    objects: distinct('objects', (call) => (namesObject(call) ? call.path : null)),
    missing: breadth('missing objects', (call) => (isMissing(call) ? call.path : null), namesObject, USUAL_MISSING),
  },
  params: z.strictObject({
    leastObjects: z.int().min(1).default(30).describe('Fewer objects beyond the expected ones are never told.'),
    leastMissing: z
      .int()
      .min(1)
      .default(15)
      .describe(
        'So many that are not there or denied, beyond the first of each tick, are told also where all together are fewer.',
      ),
    leastFactor: z.number().min(1).default(3).describe('Fewer than so many times the expected are never told.'),
  }),
  sample: {
    name: 'objects',
    rank: (call, hash) => (namesObject(call) && (hash < SAMPLED_BELOW || isMissing(call)) ? hash : null),
  },
  alternatives: { objects: COUNTED.length, missing: TIMES.length },
  silence: true,
  single: false,
  earlyMargin: 2,
  judge({ objects, missing }, evidence) {
    if (!objects.armed && missing.whole === 0) return false
    for (let m = 0; m < COUNTED.length && objects.armed; m += 1) {
      evidence.logE[m] = countEvidence(objects, COUNTED[m] as number)
    }
    for (let m = 0; m < TIMES.length; m += 1) {
      evidence.logE[COUNTED.length + m] = ratioEvidence(missing, TIMES[m] as number)
    }
    if (objects.armed) evidence.weight = countWeight(objects)

    const still = ratioEvidence(missing, TIMES[0])
    const counts = objects.armed ? countCalm(objects, evidence.strength) : -still
    evidence.calm = still > 0 ? Math.min(counts, -still) : counts

    const mu = missing.whole * missing.bound
    evidence.sums.set([objects.k, 1, objects.mean, objects.bound, missing.part, missing.whole, mu])
    countPeaks(objects, evidence.peaks)
    return true
  },
  floor(sums, _peaks, params) {
    const { objects, expected, missing, missingBound } = numbersOf(sums)
    const many = objects - expected >= params.leastObjects && objects >= params.leastFactor * expected
    return many || (missing >= params.leastMissing && missing >= params.leastFactor * missingBound)
  },
  explain(episode, params) {
    const { sums, peaks } = episode
    const { objects, ticks, expected, bound, missing, calls } = numbersOf(sums)
    // Objects are estimated, calls are counted.
    const different = Math.min(objects, calls)
    const share = missing / Math.max(1, different)
    const gone =
      missing === 0 ? '' : `; ${missing} of them were not there or denied (${percentText(Math.min(1, share))})`
    const level = 1 + Number(objects >= FAR * expected) + Number(share >= GUESSED)
    const least = Math.max(1, Math.ceil(leastShare(episode, params) * calls))
    return {
      severity: SEVERITIES[level] ?? 'critical',
      observed: { objects: different, calls, missing },
      expected: { objects: round(expected), low: 0, high: mostCalls(ticks, bound, peaks) },
      reason: `${different} different objects (counted in each tick) in ${calls} calls; ${round(expected)} expected${gone}`,
      silentIf: `fewer than about ${Math.min(least, calls)} calls for different objects had come in this window`,
      condition: "route LIKE '%{%'",
    }
  },
})

function numbersOf(sums: Float64Array) {
  const [objects, ticks, expected, bound, missing, calls, missingBound] = sums as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return { objects, ticks, expected, bound, missing, calls, missingBound }
}

/** What part of the calls would have been too few to tell: for the evidence of each measure, and for the floors. */
function leastShare(
  { sums, peaks, needed }: Episode,
  params: { readonly leastObjects: number; readonly leastMissing: number; readonly leastFactor: number },
): number {
  const { objects, ticks, expected, bound, missing, missingBound } = numbersOf(sums)
  const evidence = Math.min(
    leastCalls(ticks, bound, peaks, needed) / Math.max(1, objects),
    leastBreadthPart(missing, ticks, missing + ticks, missingBound, missingBound / ticks, TIMES, needed),
  )
  const floor = Math.min(
    Math.max(params.leastObjects + expected, params.leastFactor * expected) / Math.max(1, objects),
    missing > 0 ? params.leastMissing / missing : 1,
  )
  return Math.min(1, Math.max(evidence, floor))
}
