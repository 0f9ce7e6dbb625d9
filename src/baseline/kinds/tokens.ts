import { hashText } from '#src/call/hash.ts'
import { hasToken, isLateUse, useOf } from '#src/call/token.ts'
import { addNamed, countAgain, type Named } from '#src/sketch/named.ts'
import type { Sampled } from '#src/sketch/sample.ts'
import { defineKind } from '../kind.ts'
import type { Tokens } from '../measure.ts'
import { isArmed, normOfNovelty, printOf } from '../novelty.ts'
import { noveltyPeers } from '../novelty-peers.ts'
import { ownNames } from '../tally.ts'
import { clearTick, newTokensView, readUses, type TokensView } from '../token-uses.ts'
import {
  boundOfLate,
  freezeTokens,
  isKnownUse,
  keepRecords,
  keepUse,
  normOfLate,
  observeTokens,
  openTokens,
  readRecords,
  rollTokens,
  TOKENS_BINS,
  TOKENS_WIDTH,
} from '../tokens.ts'

/** For who is looked at before a tick closes. */
const scratch = newTokensView()

/**
 * The tokens of an identity: which were used from where, and how long they are good for. A token is one thing however many calls come
 * with it, so it is judged where it, or something about it, is seen for the first time.
 */
export default defineKind<Tokens, TokensView>({
  kind: 'tokens',
  integers: 2,
  pairs: null,
  hasNames: true,
  width: TOKENS_WIDTH,
  binsWidth: TOKENS_BINS,
  peers: noveltyPeers,
  view: newTokensView,
  add({ where }, call, _key, tally, { integer, names }, id) {
    if (!hasToken(call) || !where(call)) return
    tally.integers[integer] = (tally.integers[integer] as number) + 1
    const name = useOf(call)
    if (isLateUse(name)) tally.integers[integer + 1] = (tally.integers[integer + 1] as number) + 1
    const list = ownNames(tally, names)
    if (!countAgain(list, name, id)) addNamed(list, hashText(name), name, 1, id)
  },
  open({ numbers, at, bins, binsAt }, tick, calendar) {
    openTokens(numbers, at, bins, binsAt, tick, calendar)
  },
  roll({ numbers, at }, tick, calendar, around) {
    rollTokens(numbers, at, tick, calendar, () => around.prior())
  },
  show(view, place, tick, tally, { integer, names }, around) {
    clearTick(view)
    normOfNovelty(place.numbers, place.at, view)
    normOfLate(place.numbers, place.at, view.expired)
    readRecords(place.numbers, place.at, view)
    view.lifeBefore = view.judged
    if (tally === null) return
    view.calls = tally.integers[integer] as number
    view.expired.part = tally.integers[integer + 1] as number
    view.expired.whole = view.calls
    if (view.calls > 0) readUses(view, place, tick, tally.names[names] as readonly Named[], around)
  },
  learn(view, { numbers, at, bins, binsAt }, tick) {
    if (view.calls === 0) return
    observeTokens(numbers, at, tick, view.calls, view.fresh, view.expired.part)
    keepRecords(numbers, at, view)
    for (let i = 0; i < view.uses.length; i += 3) {
      const [print, token, network] = view.uses.slice(i, i + 3) as [number, number, number]
      keepUse(numbers, at, bins, binsAt, print, token, network)
    }
  },
  freeze({ numbers, at }) {
    freezeTokens(numbers, at)
  },
  rising(place, { integers, names: lists }, { integer, names }) {
    if (place === null) return 0
    const [calls, late] = [integers[integer] as number, integers[integer + 1] as number]
    if (calls === 0) return 0
    const expired = late > calls * boundOfLate(place.numbers, place.at) ? late : 0
    const list = lists[names] as readonly Named[]
    let isNew = false
    for (let i = 0; i < list.length && !isNew; i += 1) {
      const { hash, name } = list[i] as Named
      isNew = !isKnownUse(place.bins, place.binsAt, printOf(hash)) && !isLateUse(name)
    }
    if (!isNew) return expired
    clearTick(scratch)
    scratch.armed = isArmed(place.numbers, place.at)
    // What tick it is and what others have is asked when it is judged.
    readUses(scratch, place, Number.POSITIVE_INFINITY, list, null)
    return expired + scratch.fresh + (scratch.life > 0 ? 1 : 0)
  },
  readiness: ({ armed, seen }) => (armed ? 'ready' : seen > 0 ? 'warming' : 'cold'),
  seen: ({ seen }) => seen,
  norm: ({ share, bound }) => ({ level: share, low: 0, high: bound, dispersion: 1 }),
  examples: ({ named }) => named.map(({ hash, name, example }): Sampled => ({ rank: hash, id: example, who: name })),
})
