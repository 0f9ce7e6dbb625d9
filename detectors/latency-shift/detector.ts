import * as z from 'zod'
import { msOf, reachOf } from '#src/baseline/durations.ts'
import { durations } from '#src/baseline/measure.ts'
import { defineContext } from '#src/detection/context.ts'
import { durationText, round } from '#src/detection/words.ts'

export default defineContext({
  name: 'latency-shift',
  about: {
    title: 'Calls that take longer or shorter than normal',
    catches:
      'While something else is odd about an endpoint: that its calls take far longer, or far shorter, than normal.',
    misses: 'Anything by itself: an endpoint that is only slow is not told. Logs without durations.',
  },
  scopes: ['endpoint'],
  measures: { durations: durations('durations', (call) => call.durationMs) },
  params: z.strictObject({
    leastCalls: z.int().min(1).default(5).describe('Of fewer calls nothing is said.'),
    leastFactor: z
      .number()
      .min(1)
      .default(2)
      .describe('Less than so many times the expected duration, or the same part of it, is no shift.'),
    leastMs: z.number().min(0).default(10).describe('Less than so many milliseconds more or less are no shift.'),
  }),
  take({ durations: { armed, calls, steps, level } }, sums) {
    if (!armed || calls === 0) return false
    sums[0] = calls
    sums[1] = steps
    sums[2] = calls * level
    return true
  },
  remark(sums, views, { leastCalls, leastFactor, leastMs }) {
    const [calls, steps, expected] = sums as unknown as [number, number, number]
    if (calls < leastCalls) return null
    const reach = reachOf(views.durations, calls)
    const [seen, usual] = [msOf(steps / calls), msOf(expected / calls)]
    const [low, high] = [msOf(expected / calls - reach), msOf(expected / calls + reach)]
    const isOutside = seen < low || seen > high
    const isLarge = seen >= leastFactor * usual || leastFactor * seen <= usual
    const limits = `${durationText(usual)} expected, ${durationText(low)} to ${durationText(high)}`
    return {
      observed: { duration_ms: round(seen) },
      expected: { duration_ms: round(usual), duration_ms_low: round(low), duration_ms_high: round(high) },
      reason:
        isOutside && isLarge && Math.abs(seen - usual) >= leastMs
          ? `its calls took ${durationText(seen)} (${limits})`
          : null,
    }
  },
})
