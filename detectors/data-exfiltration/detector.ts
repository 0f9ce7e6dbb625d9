import * as z from 'zod'
import { volume } from '#src/baseline/measure.ts'
import { defineDetector } from '#src/detection/detector.ts'
import { VOLUME_ALTERNATIVES, volumeEvidence } from '#src/detection/volume-evidence.ts'
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
      'An identity is sent far more bytes than normal: at once within minutes, or as a trickle over hours and days.',
    misses:
      'Less than 10 MB, less than twice the normal volume of that hour, identities with fewer than four hours of traffic behind them.',
  },
  scopes: ['identity'],
  share: 1,
  measures: { read: volume('bytes read', (call) => call.responseBytes) },
  params: z.strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        'Whether the detector runs: not as shipped, since callers whose volume wanders for hours exceed its budget.',
      ),
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
  earlyMargin: 0,
  judge({ read }, evidence) {
    if (!volumeEvidence(read, evidence)) return false
    const { before, bytes, mean, bound } = read
    const now = before + bytes
    if (now <= bound) return true
    // A window counts from the moment at which it is over its bound, and then with all that it holds.
    const isFirst = before <= bound
    evidence.sums[0] = isFirst ? now : bytes
    evidence.sums[1] = isFirst ? 1 : 0
    evidence.sums[2] = isFirst ? mean : 0
    evidence.sums[3] = isFirst ? bound : 0
    evidence.peaks[0] = now
    evidence.peaks[1] = mean
    evidence.peaks[2] = bound
    return true
  },
  floor(sums, _peaks, params) {
    const [bytes, , expected] = sums as unknown as [number, number, number]
    return bytes - expected >= params.leastBytes && bytes >= params.leastFactor * expected
  },
  explain({ sums, peaks, top }) {
    const [bytes, windows, expected, bound] = sums as unknown as [number, number, number, number]
    const [largest, , highest] = peaks as unknown as [number, number, number]
    const factor = bytes / Math.max(expected, 1)
    const isOne = top !== null && top.share >= ONE_ENDPOINT
    const spread =
      top === null
        ? ''
        : isOne
          ? `, mostly from ${top.name} (${percentText(top.share)} of the largest)`
          : ', from several endpoints'
    const times = windows <= 1 ? 'within five minutes' : `in ${windows} windows of five minutes`
    return {
      severity: bytes - expected >= GIGABYTE && factor >= 10 ? 'critical' : factor >= 10 ? 'high' : 'medium',
      observed: { bytes, windows, largest_window_bytes: largest },
      expected: { bytes: round(expected), low: 0, high: Math.round(bound) },
      reason: `${bytesText(bytes)} were sent to it ${times}; ${bytesText(expected)} expected, ${bytesText(bound)} at most${spread}`,
      silentIf: `no five minutes had brought it more than ${Math.round(highest)} bytes, the most that is normal`,
      condition: 'response_bytes > 0',
    }
  },
})
