import * as z from 'zod'
import type { EntityRef } from '#src/baseline/entity.ts'
import { flow } from '#src/baseline/measure.ts'
import { defineDetector, type FlowView } from '#src/detection/detector.ts'
import { logRatio, upperQuantile } from '#src/detection/negative-binomial.ts'
import { round } from '#src/detection/words.ts'

/** Which part of the least expected rate the alternatives assume is left. Not zero: one call that comes through would end all evidence. */
const LEFT = [0.02, 0.1, 0.3] as const
const [LEAST_LEFT, , MOST_LEFT] = LEFT
/** Nothing is left: held against the pauses that are usual, where the others are held against how many calls are. */
const NOTHING = LEFT.length
/** Hardly anything: what comes at certain times only, one pause in a thousand, must not look like silence for the length of these. */
const NOTHING_LEFT = 0.001
/** An alternative that cannot be judged loses so many nats with each tick: what it had is gone. */
const NONE = -50
/** Less than this of the expected calls is silence, more is a drop. */
const NEXT_TO_NOTHING = 0.05

export default defineDetector({
  name: 'silence',
  about: {
    title: 'Silence where there is always traffic',
    catches:
      'An endpoint, or a service at all of its endpoints, is always called and is not called any more; an endpoint is called far less often than it ever is.',
    misses:
      'What does not come back after its night, weekends of those who have not seen one, drops to more than 30%, drops to a tenth where calls follow the day, and identities.',
  },
  scopes: ['endpoint', 'service'],
  share: 0.5,
  measures: { calls: flow('calls') },
  params: z.strictObject({
    leastMissing: z.int().min(1).default(10).describe('Fewer missing calls are never told.'),
    mostLeft: z
      .number()
      .min(0)
      .max(1)
      .default(0.3)
      .describe('Where more of the expected calls come, it is no silence.'),
  }),
  sample: [],
  alternatives: { calls: LEFT.length + 1 },
  silence: true,
  alarmsInSilence: true,
  single: false,
  earlyMargin: Number.POSITIVE_INFINITY,
  judge({ calls }, evidence) {
    const { k, mean, low, shape, rate, armed, knowsPauses, resting } = calls
    // What may rest now is not expected; but what has fallen silent before that has to come back.
    if (!armed || (resting && evidence.strength === 1)) return false
    for (let m = 0; m < LEFT.length; m += 1) evidence.logE[m] = low > 0 ? fewer(calls, LEFT[m] as number) : NONE
    evidence.logE[NOTHING] = knowsPauses ? logPause(k, rate, NOTHING_LEFT) : NONE
    // As with other counts, so that the parts of all ticks add up to as many tests as ticks had calls.
    evidence.weight = -Math.expm1(-mean)
    // Strength is how many times the calls that came would have had to come.
    const left = Math.min(MOST_LEFT, Math.max(LEAST_LEFT, 1 / evidence.strength))
    evidence.calm = -(low > 0 ? fewer(calls, left) : logPause(k, rate, left))
    evidence.sums[0] = low > 0 ? low : rate
    evidence.sums[1] = 1
    evidence.sums[2] = mean
    evidence.sums[3] = k
    evidence.sums[4] = serviceOf(calls)
    evidence.sums[5] = knowsPauses ? rate : 0
    evidence.sums[6] = low
    evidence.sums[7] = low > 0 ? shape : 0
    return true
  },
  floor(sums, _peaks, params, _single, scope) {
    const [, , expected, calls] = sums as unknown as [number, number, number, number]
    // Of a service only that nothing is heard, unless two of its endpoints are told: then it is held to what they are.
    const mostLeft = scope === 'service' ? Math.min(NEXT_TO_NOTHING, params.mostLeft) : params.mostLeft
    return expected - calls >= params.leastMissing && calls <= mostLeft * expected
  },
  explain({ ref, sums, weight, needed }, params) {
    const [least, ticks, expected, calls, alone, , low, shape] = sums as unknown as Sums
    const isSilent = calls <= NEXT_TO_NOTHING * expected
    const isService = ref.scope === 'service'
    const service = isService || 2 * alone >= ticks ? 'silent' : 2 * alone <= -ticks ? 'unknown' : 'heard'
    // Of a service too: so much may be left of it where two of its endpoints are told.
    const most = Math.min(mostToAlarm(sums, needed), params.mostLeft * expected, expected - params.leastMissing)
    const rank = (isSilent && service !== 'heard' ? 2 : 1) + (weight > 1 ? 1 : 0)
    return {
      severity: (['low', 'medium', 'high', 'critical'] as const)[rank] as 'medium',
      observed: { calls },
      expected: {
        calls: round(expected),
        low: low > 0 ? fewest(low, shape) : fewest(least, Number.MAX_SAFE_INTEGER),
        high: upperQuantile(expected, low > 0 ? shape : expected, 0.001),
      },
      reason: reasonOf(ref, { calls, expected, isSilent, service }),
      // One endpoint that misses them all is told by itself.
      ...(isService ? { least: params.leastMissing } : {}),
      silentIf: `more than about ${Math.max(calls, Math.ceil(most))} calls had come in this window`,
      condition: 'status >= 100',
    }
  },
})

/**
 * Of the whole window: the least that is expected, ticks, calls that are expected and calls that came, ticks in which its service was silent with it (less those of which
 * that is unknown); then
 * the rate, in ticks in which pauses are judged; then the least that is expected and the shape, in ticks in which calls are judged.
 */
type Sums = readonly [number, number, number, number, number, number, number, number]

interface Found {
  readonly calls: number
  readonly expected: number
  readonly isSilent: boolean
  /** Whether anything was heard of the other endpoints of its service; unknown where there are none. */
  readonly service: 'silent' | 'heard' | 'unknown'
}

function reasonOf({ service: name }: EntityRef, { calls, expected, isSilent, service }: Found): string {
  if (calls > 0) {
    return `${calls} calls; ${round(expected)} expected, ${isSilent ? 'next to nothing is left' : 'most are missing'}`
  }
  const where = {
    silent: `and nothing is heard of any endpoint of ${name}: no telemetry, rather than no traffic`,
    heard: `while other endpoints of ${name} are heard: no traffic, rather than no telemetry`,
    unknown: `and no other endpoint of ${name} is called often enough to tell no telemetry from no traffic`,
  }[service]
  return `No call at all; ${round(expected)} expected, ${where}. Its other alerts stay open meanwhile`
}

/** 1: nothing was heard of any endpoint of its service for half of its silence or longer; -1: there is no other to hear of. */
function serviceOf({ serviceSilent, silent }: FlowView): number {
  if (serviceSilent < 0) return -1
  return serviceSilent > 0 && 2 * serviceSilent >= silent ? 1 : 0
}

/**
 * ln of the likelihood ratio of "that part of the calls is left" to "as many as ever"; but few calls say no more than none would, and none
 * says no more than that such pauses are seldom. Both are e-values, and so is the smaller one.
 */
function fewer({ k, low, shape, rate }: FlowView, left: number): number {
  return Math.min(logRatio(k, low, shape, left), logPause(0, rate, left))
}

/** ln of the likelihood ratio of "calls come at that part of the rate" to "at the rate", for a tick with calls or without. */
function logPause(k: number, rate: number, left: number): number {
  if (k === 0) return (1 - left) * rate
  return rate > 0 ? Math.log(Math.expm1(-left * rate) / Math.expm1(-rate)) : Math.log(left)
}

/** The most calls, evenly spread over the window, at which the best alternative still carries `nats`. */
function mostToAlarm(sums: Float64Array, nats: number): number {
  const [, ticks, , , , rate, low, shape] = sums as unknown as Sums
  let most = 0
  for (const left of low > 0 ? LEFT : []) {
    const none = logRatio(0, low, shape, left)
    const each = logRatio(1, low, shape, left) - none
    most = Math.max(most, (none - nats) / -each)
  }
  if (rate === 0) return most
  const none = logPause(0, rate, NOTHING_LEFT)
  const each = logPause(1, rate / ticks, NOTHING_LEFT) - logPause(0, rate / ticks, NOTHING_LEFT)
  return Math.max(most, (none - nats) / -each)
}

/** How many calls at least come nearly always (999 times in a thousand). */
function fewest(mean: number, shape: number): number {
  if (mean <= 10_000) return upperQuantile(mean, shape, 0.999)
  return Math.max(0, Math.floor(mean - 3.1 * Math.sqrt(mean + (mean * mean) / shape)))
}
