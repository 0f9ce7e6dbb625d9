import { binOf, leastOf, mostOf } from '#src/sketch/logbins.ts'
import { defineKind } from '../kind.ts'
import type { Sizes } from '../measure.ts'
import {
  freezeSizes,
  isOddBin,
  newSizesNorm,
  normOfSizes,
  observeSizes,
  openSizes,
  rollSizes,
  SIZES_BINS,
  SIZES_WIDTH,
  type SizesNorm,
} from '../sizes.ts'
import { addBin, ownPairs } from '../tally.ts'

/** One tick's sizes beside what is normal for them. */
export interface SizesView extends SizesNorm {
  /** bin, count, bin, count, … in the order of the bins. */
  bins: readonly number[]
  total: number
}

const NONE: readonly number[] = []

export default defineKind<Sizes, SizesView>({
  kind: 'sizes',
  integers: 0,
  pairs: 'bins',
  hasNames: false,
  width: SIZES_WIDTH,
  binsWidth: SIZES_BINS,
  view: () => ({ bins: [], total: 0, ...newSizesNorm() }),
  add({ of }, call, _key, tally, { pairs }) {
    const bytes = of(call)
    if (bytes !== null) addBin(ownPairs(tally, pairs), binOf(bytes), 1)
  },
  open({ numbers, at, bins, binsAt }, tick, calendar) {
    openSizes(numbers, at, bins, binsAt, tick, calendar)
  },
  roll({ numbers, at, bins, binsAt }, tick, calendar) {
    rollSizes(numbers, at, bins, binsAt, tick, calendar)
  },
  show(view, { numbers, at, bins, binsAt }, _tick, tally, { pairs }) {
    normOfSizes(numbers, at, bins, binsAt, view)
    view.bins = tally === null ? NONE : inOrder(tally.pairs[pairs] as readonly number[])
    view.total = 0
    for (let i = 1; i < view.bins.length; i += 2) view.total += view.bins[i] as number
  },
  learn(_view, { numbers, at, bins, binsAt }, _tick, tally, { pairs }) {
    observeSizes(numbers, at, bins, binsAt, tally.pairs[pairs] as readonly number[])
  },
  freeze({ numbers, at }) {
    freezeSizes(numbers, at)
  },
  rising(place, tally, { pairs }) {
    if (place === null) return 0
    const { numbers, at } = place
    const bins = tally.pairs[pairs] as readonly number[]
    let sum = 0
    for (let i = 0; i < bins.length; i += 2) if (isOddBin(numbers, at, bins[i] as number)) sum += bins[i + 1] as number
    return sum
  },
  readiness: ({ armed, learned, seen }) => (armed ? 'ready' : learned > 0 || seen > 0 ? 'warming' : 'cold'),
  seen: ({ seen }) => seen,
  norm: ({ upper, lower }) => ({
    level: Math.round(Math.exp(upper.logEdge)),
    low: mostOf(lower.oddBin) + 1,
    high: leastOf(upper.oddBin),
    dispersion: upper.beyond > 0 ? upper.excess / upper.beyond : 0,
  }),
})

/** Bins in their own order: sums of floats over them must not depend on the order in which calls came. */
function inOrder(pairs: readonly number[]): readonly number[] {
  let sorted = true
  for (let i = 2; i < pairs.length; i += 2) if ((pairs[i] as number) < (pairs[i - 2] as number)) sorted = false
  if (sorted) return pairs
  const bins: number[] = []
  for (let i = 0; i < pairs.length; i += 2) bins.push(i)
  bins.sort((a, b) => (pairs[a] as number) - (pairs[b] as number))
  return bins.flatMap((i) => [pairs[i] as number, pairs[i + 1] as number])
}
