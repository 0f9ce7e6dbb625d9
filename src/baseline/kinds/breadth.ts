import { defineKind } from '../kind.ts'
import type { Breadth } from '../measure.ts'
import { boundOfRatio } from '../ratio.ts'
import { ownPairs } from '../tally.ts'
import { addText, distinctOf } from './distinct.ts'
import ratio, { type RatioView } from './ratio.ts'

/**
 * How many different things there are beyond the first, as a share of the calls of a tick: a ratio, in all that is learned and judged.
 * A client that tries one thing over and over adds nothing, so its retries are no evidence; and unlike a count it is
 * judged from the first call, so that who was never refused anything can be found out when it is.
 */
export default defineKind<Breadth, RatioView>({
  ...ratio,
  kind: 'breadth',
  integers: 1,
  pairs: 'registers',
  // How different the things of all peers are together cannot be told from sums.
  peers: null,
  view: () => ({ part: 0, whole: 0, share: 0, bound: 0, seen: 0 }),
  add({ of, among }, call, key, tally, { integer, pairs }) {
    if (!among(call)) return
    tally.integers[integer] = (tally.integers[integer] as number) + 1
    const text = of(call, key)
    if (text !== null) addText(ownPairs(tally, pairs), text)
  },
  show(view, place, tick, tally, { integer, pairs }, around) {
    ratio.show(view, place, tick, null, NOWHERE, around)
    if (tally === null) return
    view.whole = tally.integers[integer] as number
    view.part = beyondFirst(tally.pairs[pairs] as readonly number[], view.whole)
  },
  rising(place, { integers, pairs: lists }, { integer, pairs }) {
    const whole = integers[integer] as number
    const part = beyondFirst(lists[pairs] as readonly number[], whole)
    if (part === 0 || place === null) return part
    return part > boundOfRatio(place.numbers, place.at) * whole ? part : 0
  },
})

const NOWHERE = { integer: 0, pairs: 0, names: 0 }

/** An estimate, so it is kept below the number of calls: each of them names one thing at most. */
function beyondFirst(pairs: readonly number[], calls: number): number {
  return pairs.length <= 2 ? 0 : Math.min(distinctOf(pairs), calls) - 1
}
