import { boundOfCount, freezeCount, normOfCount, observeCount, openCount, rollCount, shiftOfCount } from '../count.ts'
import { type CountNorm, newCountNorm } from '../count-norm.ts'
import { COUNT_WIDTH } from '../count-row.ts'
import { defineKind } from '../kind.ts'
import type { Count } from '../measure.ts'
import { PEAKS_BINS } from '../peaks.ts'

/** One tick of a count beside what is normal for it. */
export interface CountView extends CountNorm {
  /** How many in this tick. */
  k: number
}

export default defineKind<Count, CountView>({
  kind: 'count',
  integers: 1,
  pairs: null,
  hasNames: false,
  peers: null,
  width: COUNT_WIDTH,
  binsWidth: PEAKS_BINS,
  view: () => ({ k: 0, ...newCountNorm() }),
  add({ where }, call, _key, { integers }, { integer }) {
    if (where(call)) integers[integer] = (integers[integer] as number) + 1
  },
  open({ numbers, at, bins, binsAt }, tick, calendar) {
    openCount(numbers, at, bins, binsAt, tick, calendar)
  },
  roll({ numbers, at, bins, binsAt }, tick, calendar, { weight }) {
    // What weighs more must have seen a peak twice before it believes that it recurs.
    rollCount(numbers, at, bins, binsAt, tick, calendar, weight > 1)
  },
  show(view, { numbers, at }, tick, tally, { integer }) {
    normOfCount(numbers, at, tick, view)
    view.k = tally === null ? 0 : (tally.integers[integer] as number)
  },
  learn(view, { numbers, at }, tick) {
    observeCount(numbers, at, tick, view.k)
  },
  freeze({ numbers, at }) {
    freezeCount(numbers, at)
  },
  // Up to the most that may be expected a count is no evidence for more.
  rising(place, { integers }, { integer }) {
    const k = integers[integer] as number
    return place !== null && k > boundOfCount(place.numbers, place.at) ? k : 0
  },
  shift: ({ numbers, at }, calendar) => shiftOfCount(numbers, at, calendar),
  readiness: ({ armed, seen }) => (armed ? 'ready' : seen > 0 ? 'warming' : 'cold'),
  seen: ({ seen }) => seen,
  norm({ mean, bound, shape }, { tickMs }) {
    const aMinute = 60_000 / tickMs
    return { level: mean * aMinute, low: 0, high: bound * aMinute, dispersion: 1 + bound / shape }
  },
})
