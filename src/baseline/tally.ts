import type { ApiCall } from '#src/call/call.ts'
import { binOf } from '#src/sketch/logbins.ts'
import { addSampled, mergeSample, type Sampled } from '#src/sketch/sample.ts'
import type { Layout } from './measure.ts'

/** Counts saturate here, so that sums stay exact. */
export const COUNT_MAX = Number.MAX_SAFE_INTEGER

/**
 * What was counted for one entity in one tick. Merging is exactly associative and commutative: integers, bin counts and
 * bottom-k samples only.
 */
export interface Tally {
  /** As `Layout` orders them; [0] is calls. */
  readonly integers: number[]
  /** For each sizes measure: bin, count, bin, count, … in the order of first use. */
  readonly bins: (readonly number[])[]
  readonly samples: (readonly Sampled[])[]
}

export function emptyTally(layout: Layout): Tally {
  return {
    integers: new Array<number>(layout.integers).fill(0),
    bins: layout.sizes.map(() => NO_BINS),
    samples: layout.samples.map(() => NO_SAMPLE),
  }
}

/** Adds one call. `id` and `hash` name the call for the samples, `who` stands behind it. */
export function addCall(layout: Layout, tally: Tally, call: ApiCall, id: string, hash: number, who: string): void {
  const integers = tally.integers
  integers[0] = (integers[0] as number) + 1
  let at = 1
  for (const measure of layout.counts) {
    if (measure.where(call)) integers[at] = (integers[at] as number) + 1
    at += 1
  }
  for (const measure of layout.ratios) {
    if (measure.among(call)) {
      integers[at + 1] = (integers[at + 1] as number) + 1
      if (measure.of(call)) integers[at] = (integers[at] as number) + 1
    }
    at += 2
  }
  for (let i = 0; i < layout.sizes.length; i += 1) {
    const bytes = (layout.sizes[i] as Layout['sizes'][number]).of(call)
    if (bytes !== null) addBin(ownBins(tally, i), binOf(bytes), 1)
  }
  for (let i = 0; i < layout.samples.length; i += 1) {
    const rank = (layout.samples[i] as Layout['samples'][number]).rank(call, hash)
    if (rank !== null) addSampled(ownSample(tally, i), rank, id, who)
  }
}

/** Adds one tally to another of the same layout. */
export function mergeTally(into: Tally, from: Tally): void {
  for (let i = 0; i < into.integers.length; i += 1) {
    into.integers[i] = Math.min(COUNT_MAX, (into.integers[i] as number) + (from.integers[i] as number))
  }
  for (let i = 0; i < into.bins.length; i += 1) {
    const bins = from.bins[i] as readonly number[]
    if (bins.length === 0) continue
    const own = ownBins(into, i)
    for (let j = 0; j < bins.length; j += 2) addBin(own, bins[j] as number, bins[j + 1] as number)
  }
  for (let i = 0; i < into.samples.length; i += 1) {
    const sample = from.samples[i] as readonly Sampled[]
    if (sample.length > 0) mergeSample(ownSample(into, i), sample)
  }
}

/** Most of them stay empty: they share one array until something is to be kept. */
export const NO_BINS: readonly number[] = Object.freeze([])
export const NO_SAMPLE: readonly Sampled[] = Object.freeze([])

function ownBins(tally: Tally, i: number): number[] {
  if (tally.bins[i] === NO_BINS) tally.bins[i] = []
  return tally.bins[i] as number[]
}

function ownSample(tally: Tally, i: number): Sampled[] {
  if (tally.samples[i] === NO_SAMPLE) tally.samples[i] = []
  return tally.samples[i] as Sampled[]
}

function addBin(bins: number[], bin: number, count: number): void {
  for (let i = 0; i < bins.length; i += 2) {
    if (bins[i] === bin) {
      bins[i + 1] = Math.min(COUNT_MAX, (bins[i + 1] as number) + count)
      return
    }
  }
  bins.push(bin, count)
}
