import * as z from 'zod'
import { sizes } from '#src/baseline/measure.ts'
import { logTail } from '#src/baseline/sizes.ts'
import { defineDetector, type SizesView } from '#src/detection/detector.ts'
import { upperQuantile } from '#src/detection/negative-binomial.ts'
import type { Evidence } from '#src/detection/surprise.ts'
import { bytesText, round } from '#src/detection/words.ts'
import { binOf, floorOf } from '#src/sketch/logbins.ts'

/** The share of the calls that the alternatives assume to be outliers. */
const SHARES = [0.02, 0.2] as const

/** Below this many bytes nothing can be configured to be an outlier, and nothing is an example. */
const LEAST_BYTES = 4096

/**
 * ln of the integrated p-to-e calibrator (1 - p + p ln p) / (p ln^2 p) (Vovk and Wang 2021, E-values, section 2): the average
 * over all power calibrators, which needs no parameter.
 */
function logCalibrated(logP: number): number {
  if (logP > -1e-3) return Math.log(0.5)
  const p = Math.exp(logP)
  return Math.log((1 - p + p * logP) / (logP * logP)) - logP
}

/**
 * Adds one direction's evidence to the alternatives [from, from + 2) and its outliers to the sums. Returns the evidence for
 * outliers, or -Infinity where there was nothing to test.
 */
function judgeSizes(view: SizesView, evidence: Evidence, from: number, leastBytes: number): number {
  if (!view.armed || view.total === 0) return Number.NEGATIVE_INFINITY
  const odd = Math.max(view.oddBin, binOf(leastBytes))
  let outliers = 0
  for (let i = 0; i < view.bins.length; i += 2) {
    const bin = view.bins[i] as number
    const count = view.bins[i + 1] as number
    const logP = bin >= odd ? logTail(view, bin) : 0
    const e = Math.exp(logCalibrated(logP))
    for (let m = 0; m < SHARES.length; m += 1) {
      const share = SHARES[m] as number
      evidence.logE[from + m] = (evidence.logE[from + m] as number) + count * Math.log(1 - share + share * e)
    }
    if (bin < odd) continue
    outliers += count
    evidence.logSingle = Math.min(evidence.logSingle, logP)
    evidence.peaks[from] = Math.max(evidence.peaks[from] as number, floorOf(bin))
  }
  const expected = view.total * Math.exp(logTail(view, odd))
  evidence.peaks[from + 1] = Math.round(Math.exp(view.logEdge))
  evidence.singles += view.total
  evidence.sums[0] = (evidence.sums[0] as number) + outliers
  evidence.sums[1] = Math.max(evidence.sums[1] as number, view.total)
  evidence.sums[2] = (evidence.sums[2] as number) + expected
  evidence.sums[3] = (evidence.sums[3] as number) + expected
  return evidence.logE[from + 1] as number
}

export default defineDetector({
  name: 'payload-outlier',
  about: {
    title: 'Payload of an unexpected size',
    catches:
      'A request or a response far larger than this endpoint has seen: an export, a dump, an upload where forms are sent.',
    misses: 'Sizes within three times the largest normal ones, and endpoints with fewer than 50 calls behind them.',
  },
  scopes: ['endpoint'],
  share: 1,
  measures: {
    responses: sizes('response sizes', (call) => (call.status < 400 ? call.responseBytes : null)),
    requests: sizes('request sizes', (call) => call.requestBytes),
  },
  params: z.strictObject({
    leastBytes: z.int().min(LEAST_BYTES).default(16_384).describe('Smaller payloads (bytes) are never outliers.'),
    leastCalls: z
      .int()
      .min(1)
      .default(3)
      .describe('Fewer outliers are told only if one of them alone is surprising enough.'),
  }),
  sample: {
    name: 'largest',
    rank(call) {
      const largest = Math.max(call.requestBytes ?? 0, call.responseBytes ?? 0)
      return largest >= LEAST_BYTES ? -largest : null
    },
  },
  alternatives: 4,
  silence: false,
  single: true,
  earlyMargin: Number.POSITIVE_INFINITY,
  judge({ responses, requests }, evidence, params) {
    if (!responses.armed && !requests.armed) return false
    const response = judgeSizes(responses, evidence, 0, params.leastBytes)
    const request = judgeSizes(requests, evidence, 2, params.leastBytes)
    if (evidence.singles === 0) return false
    // A direction without sizes says nothing: taken as 0 it would keep the alert from ever calming down.
    evidence.calm = -Math.max(response, request)
    return true
  },
  floor(sums, _peaks, params, single) {
    return single || (sums[0] as number) >= params.leastCalls
  },
  explain({ sums, peaks, weight }, params) {
    const [outliers, calls, expected] = sums as unknown as [number, number, number]
    const [response, responseEdge, request, requestEdge] = peaks as unknown as [number, number, number, number]
    const responseFactor = response / Math.max(responseEdge, 1)
    const requestFactor = request / Math.max(requestEdge, 1)
    const isResponse = responseFactor >= requestFactor
    const what = isResponse ? 'response' : 'request'
    const largest = isResponse ? response : request
    const edge = isResponse ? responseEdge : requestEdge
    const factor = Math.max(responseFactor, requestFactor)
    const tripled = Math.max(1, 3 * edge)
    const least = floorOf(binOf(params.leastBytes))
    const threshold = Math.max(tripled, least)
    return {
      severity: factor >= 10 && weight > 1 ? 'critical' : factor >= 10 || weight > 1 ? 'high' : 'medium',
      observed: { outliers, calls, [`largest_${what}_bytes`]: largest },
      expected: {
        outliers: round(expected),
        low: 0,
        high: upperQuantile(expected, 1, 0.001),
        [`${what}_bytes_98`]: edge,
      },
      reason: `${outliers === 1 ? 'A' : `${outliers}`} ${what}${outliers === 1 ? '' : 's'} of up to ${bytesText(largest)} or more; 98% are below ${bytesText(edge)} here`,
      silentIf: `no ${what} had been larger than ${bytesText(threshold)}, ${tripled < least ? 'below which none is an outlier' : 'three times what 98% stay below'}`,
      condition: `${what}_bytes >= ${threshold}${isResponse ? ' AND status < 400' : ''}`,
    }
  },
})
