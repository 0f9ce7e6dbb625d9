import { defineKind } from '../kind.ts'
import type { Ratio } from '../measure.ts'
import {
  boundOfRatio,
  freezeRatio,
  normOfRatio,
  observeRatio,
  openRatio,
  PRIOR_SHARE_TOP,
  RATIO_WIDTH,
  type RatioNorm,
  ratioIsDue,
  rollRatio,
  shareOfRatio,
  shiftOfRatio,
} from '../ratio.ts'

/** One tick of a ratio beside what is normal for it. */
export interface RatioView extends RatioNorm {
  part: number
  whole: number
}

/** A ratio's own history outweighs its prior from here on: that is worth 151 calls. */
const READY_CALLS = 151

export default defineKind<Ratio, RatioView>({
  kind: 'ratio',
  integers: 2,
  pairs: null,
  hasNames: false,
  peers: {
    width: RATIO_WIDTH,
    sums: 2,
    scopes: ['endpoint', 'identity'],
    prior: PRIOR_SHARE_TOP,
    open: openRatio,
    add({ part, whole }, sums, at) {
      sums[at] = (sums[at] as number) + part
      sums[at + 1] = (sums[at + 1] as number) + whole
    },
    roll: rollRatio,
    observe(row, at, sums, from) {
      observeRatio(row, at, sums[from] as number, sums[from + 1] as number)
    },
    share: shareOfRatio,
  },
  width: RATIO_WIDTH,
  binsWidth: 0,
  view: () => ({ part: 0, whole: 0, share: 0, bound: 0, seen: 0 }),
  add({ of, among }, call, _key, { integers }, { integer }) {
    if (!among(call)) return
    integers[integer + 1] = (integers[integer + 1] as number) + 1
    if (of(call)) integers[integer] = (integers[integer] as number) + 1
  },
  open({ numbers, at }, tick, calendar) {
    openRatio(numbers, at, tick, calendar)
  },
  roll({ numbers, at }, tick, calendar, around) {
    if (ratioIsDue(numbers, at, tick, calendar)) rollRatio(numbers, at, tick, calendar, around.prior())
  },
  show(view, { numbers, at }, _tick, tally, { integer }) {
    normOfRatio(numbers, at, view)
    view.part = tally === null ? 0 : (tally.integers[integer] as number)
    view.whole = tally === null ? 0 : (tally.integers[integer + 1] as number)
  },
  learn({ part, whole }, { numbers, at }) {
    observeRatio(numbers, at, part, whole)
  },
  freeze({ numbers, at }) {
    freezeRatio(numbers, at)
  },
  // A ratio is judged from the first call, so who is not admitted yet may cross, too.
  rising(place, { integers }, { integer }) {
    const part = integers[integer] as number
    if (part === 0 || place === null) return part
    return part > boundOfRatio(place.numbers, place.at) * (integers[integer + 1] as number) ? part : 0
  },
  shift: ({ numbers, at }, calendar) => shiftOfRatio(numbers, at, calendar),
  readiness: ({ seen }) => (seen >= READY_CALLS ? 'ready' : seen > 0 ? 'warming' : 'cold'),
  seen: ({ seen }) => seen,
  norm: ({ share, bound }) => ({ level: share, low: 0, high: bound, dispersion: 1 }),
})
