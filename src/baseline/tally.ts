import type { ApiCall } from '#src/call/call.ts'
import { mergeDistinct } from '#src/sketch/distinct.ts'
import { mergeNamed, type Named } from '#src/sketch/named.ts'
import { addSampled, mergeSample, type Sampled } from '#src/sketch/sample.ts'
import type { Layout } from './measure.ts'

/** Counts saturate here, so that sums stay exact. */
export const COUNT_MAX = Number.MAX_SAFE_INTEGER

/**
 * What was counted for one entity in one tick. Merging is exactly associative and commutative: integers, bin counts, registers and
 * bottom-k samples only.
 */
export interface Tally {
  /** As `Layout` orders them; [0] is calls. */
  readonly integers: number[]
  /** For each measure that has them: bin, count, bin, count, … or register, rank, … in the order of first use. */
  readonly pairs: (readonly number[])[]
  /** For each measure that has them: counts by name. */
  readonly names: (readonly Named[])[]
  readonly samples: (readonly Sampled[])[]
}

/** Most lists stay empty: they share one array until something is to be kept. */
export const NO_PAIRS: readonly number[] = Object.freeze([])
export const NO_NAMES: readonly Named[] = Object.freeze([])
export const NO_SAMPLE: readonly Sampled[] = Object.freeze([])

export function emptyTally(layout: Layout): Tally {
  return {
    integers: new Array<number>(layout.integers).fill(0),
    pairs: layout.pairs.map(() => NO_PAIRS),
    names: layout.names.map(() => NO_NAMES),
    samples: layout.samples.map(() => NO_SAMPLE),
  }
}

/** Adds one call. `id` and `hash` name the call for the samples, `who` is the other side: the endpoint, or the identity. */
export function addCall(layout: Layout, tally: Tally, call: ApiCall, id: string, hash: number, who: string): void {
  tally.integers[0] = (tally.integers[0] as number) + 1
  for (const { kind, measure, cells } of layout.parts) kind.add(measure, call, who, tally, cells, id)
  for (let i = 0; i < layout.samples.length; i += 1) {
    const rank = (layout.samples[i] as Layout['samples'][number]).rank(call, hash)
    if (rank !== null) addSampled(ownSample(tally, i), rank, id, who)
  }
}

/** Adds one tally to another of the same layout. */
export function mergeTally(layout: Layout, into: Tally, from: Tally): void {
  for (let i = 0; i < into.integers.length; i += 1) {
    into.integers[i] = Math.min(COUNT_MAX, (into.integers[i] as number) + (from.integers[i] as number))
  }
  for (let i = 0; i < into.pairs.length; i += 1) {
    const pairs = from.pairs[i] as readonly number[]
    if (pairs.length === 0) continue
    const own = ownPairs(into, i)
    if (layout.pairs[i] === 'registers') mergeDistinct(own, pairs)
    else for (let j = 0; j < pairs.length; j += 2) addBin(own, pairs[j] as number, pairs[j + 1] as number)
  }
  for (let i = 0; i < into.names.length; i += 1) {
    const names = from.names[i] as readonly Named[]
    if (names.length > 0) mergeNamed(ownNames(into, i), names)
  }
  for (let i = 0; i < into.samples.length; i += 1) {
    const sample = from.samples[i] as readonly Sampled[]
    if (sample.length > 0) mergeSample(ownSample(into, i), sample)
  }
}

export function ownPairs(tally: Tally, i: number): number[] {
  if (tally.pairs[i] === NO_PAIRS) tally.pairs[i] = []
  return tally.pairs[i] as number[]
}

export function ownNames(tally: Tally, i: number): Named[] {
  if (tally.names[i] === NO_NAMES) tally.names[i] = []
  return tally.names[i] as Named[]
}

function ownSample(tally: Tally, i: number): Sampled[] {
  if (tally.samples[i] === NO_SAMPLE) tally.samples[i] = []
  return tally.samples[i] as Sampled[]
}

/** Adds to the count of a bin. */
export function addBin(bins: number[], bin: number, count: number): void {
  for (let i = 0; i < bins.length; i += 2) {
    if (bins[i] === bin) {
      bins[i + 1] = Math.min(COUNT_MAX, (bins[i + 1] as number) + count)
      return
    }
  }
  bins.push(bin, count)
}
