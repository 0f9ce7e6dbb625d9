import * as z from 'zod'
import { volume } from '#src/baseline/measure.ts'
import { defineDetector } from '#src/detection/detector.ts'
import { SPANS, VOLUME_ALTERNATIVES, volumeEvidence } from '#src/detection/volume-evidence.ts'
import { bytesText, percentText, round } from '#src/detection/words.ts'

/** Smaller responses are no examples: each costs its id in every tally. */
const EXAMPLE_BYTES = 16_384
/** From this share of the largest responses on, one endpoint is said to be behind it. */
const ONE_ENDPOINT = 0.75
const GIGABYTE = 1e9

export default defineDetector({
  name: 'data-exfiltration',
  about: {
    title: 'More data read than normal',
    catches:
      'An identity is sent far more bytes than normal: within minutes, within an hour, or as a trickle within a day.',
    misses:
      'Less than 10 MB, less than twice the hours and days that it has had, and its first nine hours with traffic.',
  },
  scopes: ['identity'],
  share: 1,
  measures: { read: volume('bytes read', (call) => call.responseBytes) },
  params: z.strictObject({
    leastBytes: z
      .int()
      .min(1_000_000)
      .default(10_000_000)
      .describe('Fewer bytes beyond the expected ones are never told.'),
    leastFactor: z.number().min(1).default(2).describe('Fewer than so many times the expected bytes are never told.'),
  }),
  sample: {
    name: 'largest responses',
    rank: ({ responseBytes }) => (responseBytes !== null && responseBytes >= EXAMPLE_BYTES ? -responseBytes : null),
  },
  alternatives: { read: VOLUME_ALTERNATIVES },
  silence: false,
  single: true,
  accumulates: false,
  earlyMargin: 0,
  judge({ read }, evidence) {
    if (!volumeEvidence(read, evidence)) return false
    const { hour, bytes, mean, hourBound } = read
    const now = hour + bytes
    evidence.peaks[SPANS] = now
    if (now <= hourBound) return true
    // An hour counts from the moment at which it is over its bound, and then with all that it holds.
    const isFirst = hour <= hourBound
    evidence.sums[0] = isFirst ? now : bytes
    evidence.sums[1] = isFirst ? 1 : 0
    evidence.sums[2] = isFirst ? mean : 0
    evidence.sums[3] = isFirst ? hourBound : 0
    return true
  },
  floor(sums, _peaks, params) {
    const [bytes, , expected] = sums as unknown as [number, number, number]
    return bytes - expected >= params.leastBytes && bytes >= params.leastFactor * expected
  },
  explain({ sums, peaks, top }) {
    const [bytes, hours, expected, bound] = sums as unknown as [number, number, number, number]
    const factor = bytes / Math.max(expected, 1)
    const isOne = top !== null && top.share >= ONE_ENDPOINT
    const spread =
      top === null
        ? ''
        : isOne
          ? `, mostly from ${top.name} (${percentText(top.share)} of the largest)`
          : ', from several endpoints'
    const times = hours <= 1 ? 'within an hour' : `in ${hours} hours`
    // All spans shrink with what was sent: at this part of it none of them was beyond its limit.
    const part = 1 / Math.max(1, ...peaks.subarray(0, SPANS))
    return {
      severity: bytes - expected >= GIGABYTE && factor >= 10 ? 'critical' : factor >= 10 ? 'high' : 'medium',
      observed: { bytes, hours, largest_hour_bytes: peaks[SPANS] as number },
      expected: { bytes: round(expected), low: 0, high: Math.round(bound) },
      reason: `${bytesText(bytes)} were sent to it ${times}; ${bytesText(expected)} expected${spread}`,
      silentIf: `fewer than about ${Math.floor(part * bytes)} of these ${bytes} bytes had been sent to it`,
      condition: 'response_bytes > 0',
    }
  },
})
