import { hashedLow, hashText } from '#src/call/hash.ts'
import { addDistinct, estimateDistinct } from '#src/sketch/distinct.ts'
import { boundOfCount, normOfCount } from '../count.ts'
import { newCountNorm } from '../count-norm.ts'
import { defineKind } from '../kind.ts'
import type { Distinct } from '../measure.ts'
import { ownPairs } from '../tally.ts'
import count, { type CountView } from './count.ts'

/**
 * How many different things in a tick, judged as a count: its baseline is that of a count, and its view a count's view, whose `k` is
 * the estimate, rounded. The estimate's own error (9% at most) is learned with the dispersion, whose least is larger.
 */
export default defineKind<Distinct, CountView>({
  ...count,
  kind: 'distinct',
  integers: 0,
  pairs: 'registers',
  view: () => ({ k: 0, ...newCountNorm() }),
  add({ of }, call, key, tally, { pairs }) {
    const text = of(call, key)
    if (text !== null) addText(ownPairs(tally, pairs), text)
  },
  show(view, { numbers, at }, tick, tally, { pairs }) {
    normOfCount(numbers, at, tick, view)
    view.k = tally === null ? 0 : distinctOf(tally.pairs[pairs] as readonly number[])
  },
  rising(place, tally, { pairs }) {
    if (place === null) return 0
    const k = distinctOf(tally.pairs[pairs] as readonly number[])
    return k > boundOfCount(place.numbers, place.at) ? k : 0
  },
})

/** About how many different things a list of registers has seen: a whole number. */
export function distinctOf(pairs: readonly number[]): number {
  return Math.round(estimateDistinct(pairs))
}

let lastText = ''
let lastHigh = hashText(lastText)
let lastLow = hashedLow()

/** Adds a text to a list of registers. Measures of one call often ask for the same text: it is hashed once. */
export function addText(pairs: number[], text: string): void {
  if (text !== lastText) {
    lastText = text
    lastHigh = hashText(text)
    lastLow = hashedLow()
  }
  addDistinct(pairs, lastHigh, lastLow)
}
