import { newCountNorm } from '#src/baseline/count-norm.ts'
import { endpointRef } from '#src/baseline/entity.ts'
import type { Measure } from '#src/baseline/measure.ts'
import type { ApiCall } from '#src/call/call.ts'
import type { CountView, Episode, FlowView, RatioView, SizesView } from '#src/detection/detector.ts'
import { type Evidence, PEAKS, SUMS } from '#src/detection/surprise.ts'
import { binOf } from '#src/sketch/logbins.ts'
import { sizesLearned } from '#test/contract/detector/views.ts'

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
  if (measure.kind === 'flow') return true
  return measure.kind === 'count' || measure.kind === 'tokens' ? measure.where(call) : measure.of(call, 'other side')
}

/** A warm count of six calls a minute or so, and no wander. */
export function countOf(k: number, more: Partial<CountView> = {}): CountView {
  return { ...newCountNorm(), k, mean: 1, bound: 1.5, shape: 2, armed: true, seen: 1000, ...more }
}

/** A warm flow of ten calls a tick, and one call each tick at least nearly always; it was silent in the tick before. */
export function flowOf(k: number, more: Partial<FlowView> = {}): FlowView {
  const known = { armed: true, knowsPauses: true, resting: false, seen: 10_000 }
  return { k, serviceSilent: 0, mean: 10, low: 7, shape: 10, rate: 6, silent: 1, ...known, ...more }
}

export function ratioOf(part: number, whole: number, more: Partial<RatioView> = {}): RatioView {
  return { part, whole, share: 0.002, bound: 0.003, seen: 10_000, ...more }
}

/** A baseline of a thousand sizes of `middle` bytes, a third more or less, a few of them twice or half as much; these came in the tick. */
export function sizesOf(middle: number, sizes: readonly number[], more: Partial<SizesView> = {}): SizesView {
  const bin = binOf(middle)
  const learned = [bin - 4, 15, bin - 2, 135, bin, 700, bin + 2, 135, bin + 4, 15]
  return { ...sizesLearned(learned, pairsOf(sizes)), ...more }
}

/** Sizes as a tally holds them. */
export function pairsOf(sizes: readonly number[]): number[] {
  return [...sizes].sort((a, b) => a - b).flatMap((size) => [binOf(size), 1])
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
  const rest = {
    windowSeconds: 10 * ticks.length,
    needed: 20,
    single: false,
    weight: 1,
    names: [],
    top: null,
    alone: 0,
  }
  return { ref, sums, peaks, ...rest, ...more }
}
