import { newCountNorm } from '#src/baseline/count.ts'
import { endpointRef } from '#src/baseline/entity.ts'
import type { Measure } from '#src/baseline/measure.ts'
import type { ApiCall } from '#src/call/call.ts'
import type { CountView, Episode, RatioView, SizesView } from '#src/detection/detector.ts'
import { type Evidence, PEAKS, SUMS } from '#src/detection/surprise.ts'
import { binOf, logFloorOf, SIZE_BINS } from '#src/sketch/logbins.ts'

export function callOf(fields: Partial<ApiCall>): ApiCall {
  return {
    ts: Date.parse('2026-11-02T08:00:00Z'),
    service: 'payments',
    method: 'GET',
    path: '/v1/accounts/42',
    route: '/v1/accounts/{id}',
    status: 200,
    requestBytes: 0,
    responseBytes: 2000,
    durationMs: 12,
    clientIp: '192.0.2.7',
    host: null,
    identity: 'invoicer',
    decision: null,
    decisionReason: null,
    requestId: 'r-1',
    traceId: null,
    tokenId: null,
    tokenIssuedAt: null,
    tokenExpiresAt: null,
    userAgent: null,
    region: null,
    ...fields,
  }
}

/** What a measure takes of one call: for a ratio, whether it is of the kind. The other side is called `other side`. */
export function taken(measure: Measure, fields: Partial<ApiCall>): boolean | number | string | null {
  const call = callOf(fields)
  return measure.kind === 'count' ? measure.where(call) : measure.of(call, 'other side')
}

/** A warm count of six calls a minute or so, and no wander. */
export function countOf(k: number, more: Partial<CountView> = {}): CountView {
  return { ...newCountNorm(), k, mean: 1, bound: 1.5, shape: 2, armed: true, seen: 1000, ...more }
}

export function ratioOf(part: number, whole: number, more: Partial<RatioView> = {}): RatioView {
  return { part, whole, share: 0.002, bound: 0.003, seen: 10_000, ...more }
}

/** A histogram of a thousand sizes, 2% of which lie beyond `edge`, by a tenth of a decade on average; these sizes came in the tick. */
export function sizesOf(edge: number, sizes: readonly number[], more: Partial<SizesView> = {}): SizesView {
  const logEdge = logFloorOf(binOf(edge))
  let oddBin = 1
  while (oddBin < SIZE_BINS && logFloorOf(oddBin) < logEdge + Math.log(3)) oddBin += 1
  const bins = [...sizes].sort((a, b) => a - b).flatMap((size) => [binOf(size), 1])
  const past = { learned: 1000, beyond: 20, excess: 5, logEdge, armed: true, oddBin, seen: 1000 }
  return { ...past, bins, total: sizes.length, ...more }
}

/** The episode that these ticks make. */
export function episodeOf(ticks: readonly Evidence[], more: Partial<Episode> = {}): Episode {
  const sums = new Float64Array(SUMS)
  const peaks = new Float64Array(PEAKS)
  for (const tick of ticks) {
    for (let i = 0; i < SUMS; i += 1) sums[i] = (sums[i] as number) + (tick.sums[i] as number)
    for (let i = 0; i < PEAKS; i += 1) peaks[i] = Math.max(peaks[i] as number, tick.peaks[i] as number)
  }
  const ref = endpointRef('payments', 'GET', '/v1/accounts/{id}')
  const rest = { windowSeconds: 10 * ticks.length, needed: 20, single: false, weight: 1, top: null }
  return { ref, sums, peaks, ...rest, ...more }
}
