import * as z from 'zod'
import { flow } from '#src/baseline/measure.ts'
import { defineDetector } from '#src/detection/detector.ts'
import { logRatio, upperQuantile } from '#src/detection/negative-binomial.ts'
import { round } from '#src/detection/words.ts'

/** Which part of the least expected rate the alternatives assume is left. Not zero: one call that comes through would end all evidence. */
const LEFT = [0.02, 0.1, 0.3] as const
const [LEAST_LEFT, , MOST_LEFT] = LEFT
/** A silence has to be longer than so many times the longest that is normal. */
const GAPS = 2
/** Less than this of the expected calls is silence, more is a drop. */
const NEXT_TO_NOTHING = 0.05

export default defineDetector({
  name: 'silence',
  about: {
    title: 'Silence where there is always traffic',
    catches: 'An endpoint that is called all the time is not called any more, or far less often than it ever is.',
    misses:
      'Endpoints with fewer than about two calls a minute, what comes in bursts or rests several times a day, and drops to more than 30%.',
  },
  scopes: ['endpoint'],
  share: 1,
  measures: { calls: flow('calls') },
  params: z.strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        'Whether the detector runs: not as shipped, since what it costs in false alarms has not been measured.',
      ),
    leastMissing: z.int().min(1).default(20).describe('Fewer missing calls are never told.'),
    mostLeft: z
      .number()
      .min(0)
      .max(1)
      .default(0.3)
      .describe('Where more of the expected calls come, it is no silence.'),
  }),
  sample: [],
  alternatives: { calls: LEFT.length },
  silence: true,
  alarmsInSilence: true,
  single: false,
  earlyMargin: Number.POSITIVE_INFINITY,
  judge({ calls }, evidence) {
    const { k, mean, low, shape, armed, silent, gap } = calls
    if (!armed || low <= 0) return false
    for (let m = 0; m < LEFT.length; m += 1) evidence.logE[m] = logRatio(k, low, shape, LEFT[m] as number)
    // As with other counts, so that the parts of all ticks add up to as many tests as ticks had calls.
    evidence.weight = -Math.expm1(-mean)
    // Strength is how many times the calls that came would have had to come.
    evidence.calm = -logRatio(k, low, shape, Math.min(MOST_LEFT, Math.max(LEAST_LEFT, 1 / evidence.strength)))
    evidence.sums[0] = low
    evidence.sums[1] = 1
    evidence.sums[2] = mean
    evidence.sums[3] = k
    evidence.peaks[0] = silent
    evidence.peaks[1] = gap
    evidence.peaks[2] = shape
    return true
  },
  floor(sums, peaks, params) {
    const [, , expected, calls] = sums as unknown as [number, number, number, number]
    const [silent, gap] = peaks as unknown as [number, number]
    const isNoGap = silent === 0 || silent > GAPS * gap
    return expected - calls >= params.leastMissing && calls <= params.mostLeft * expected && isNoGap
  },
  explain({ sums, peaks, weight, needed }, params) {
    const [low, ticks, expected, calls] = sums as unknown as [number, number, number, number]
    const shape = peaks[2] as number
    const told = mostToAlarm(ticks, low, shape, needed)
    const most = Math.min(told, params.mostLeft * expected, expected - params.leastMissing)
    const isSilent = calls <= NEXT_TO_NOTHING * expected
    const rank = (isSilent ? 2 : 1) + (weight > 1 ? 1 : 0)
    return {
      severity: (['low', 'medium', 'high', 'critical'] as const)[rank] as 'medium',
      observed: { calls },
      expected: {
        calls: round(expected),
        low: fewest(low, ticks * shape),
        high: upperQuantile(expected, ticks * shape, 0.001),
      },
      reason:
        calls === 0
          ? `No call at all; ${round(expected)} expected. Nothing is known of it while this is open: its other alerts stay open`
          : `${calls} calls; ${round(expected)} expected, ${isSilent ? 'next to nothing is left' : 'most are missing'}`,
      silentIf: `more than about ${Math.max(calls, Math.ceil(most))} calls had come in this window`,
      condition: 'status >= 100',
    }
  },
})

/** The most calls over so many ticks at which the best alternative still carries `nats`; `low` is the least expected in all of them. */
function mostToAlarm(ticks: number, low: number, shape: number, nats: number): number {
  const all = ticks * shape
  let most = 0
  for (const left of LEFT) {
    const none = logRatio(0, low, all, left)
    const each = logRatio(1, low, all, left) - none
    most = Math.max(most, (none - nats) / -each)
  }
  return most
}

/** How many calls at least come nearly always (999 times in a thousand). */
function fewest(mean: number, shape: number): number {
  if (mean <= 10_000) return upperQuantile(mean, shape, 0.999)
  return Math.max(0, Math.floor(mean - 3.1 * Math.sqrt(mean + (mean * mean) / shape)))
}
