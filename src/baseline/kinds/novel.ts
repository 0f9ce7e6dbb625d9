import { hashText } from '#src/call/hash.ts'
import { addNamed, countAgain, type Named } from '#src/sketch/named.ts'
import type { Sampled } from '#src/sketch/sample.ts'
import { defineKind, type Met, type Surroundings } from '../kind.ts'
import type { Novel } from '../measure.ts'
import {
  freezeNovelty,
  hasMet,
  isArmed,
  isFull,
  MET_BINS,
  meet,
  NOVELTY_WIDTH,
  type NoveltyNorm,
  newNoveltyNorm,
  normOfNovelty,
  noveltyIsDue,
  observeNovelty,
  openNovelty,
  rollNovelty,
} from '../novelty.ts'
import { noveltyPeers } from '../novelty-peers.ts'
import { ownNames } from '../tally.ts'

/** What one tick met beside what is normal. */
export interface NovelView extends NoveltyNorm {
  readonly except: Novel['except']
  /** Calls that met anything, known or new. */
  calls: number
  /** Things that the entity met for the first time, the excused ones left out; each counts once. */
  fresh: number
  /** Things that it met for the first time, and that the measure excepts: young, or shared. */
  excused: number
  /** The largest weight in the budget that one of the fresh has; 1 where none is sensitive. */
  weight: number
  /** The fresh, by name. */
  named: readonly Met[]
  /** All that it had never met, the excused too. */
  met: readonly Met[]
}

const NONE: readonly Met[] = Object.freeze([])
/** What at least so many others have met is shared: an office's way out, say. */
const SHARED_BY = 3

/** Files one thing that the entity has never met. New things are rare: lists are made where there are any. */
function take(view: NovelView, one: Met, tick: number, around: Surroundings): void {
  view.met = [...view.met, one]
  if (!view.armed) return
  const known = around.known(one.name)
  const isExcused = view.except === 'young' ? known === null || tick < known.oldFrom : (known?.met ?? 0) >= SHARED_BY
  if (isExcused) {
    view.excused += 1
    return
  }
  view.named = [...view.named, one]
  view.fresh += 1
  view.weight = Math.max(view.weight, around.weightOf(one.name))
}

export default defineKind<Novel, NovelView>({
  kind: 'novel',
  integers: 1,
  pairs: null,
  hasNames: true,
  width: NOVELTY_WIDTH,
  binsWidth: MET_BINS,
  peers: noveltyPeers,
  view: ({ except }) => ({
    except,
    ...newNoveltyNorm(),
    calls: 0,
    fresh: 0,
    excused: 0,
    weight: 1,
    named: NONE,
    met: NONE,
  }),
  add({ of }, call, key, tally, { integer, names }, id) {
    const name = of(call, key)
    if (name === null) return
    tally.integers[integer] = (tally.integers[integer] as number) + 1
    const list = ownNames(tally, names)
    if (!countAgain(list, name, id)) addNamed(list, hashText(name), name, 1, id)
  },
  open({ numbers, at, bins, binsAt }, tick, calendar) {
    openNovelty(numbers, at, tick, calendar)
    bins.fill(0, binsAt, binsAt + MET_BINS)
  },
  roll({ numbers, at }, tick, calendar, around) {
    if (noveltyIsDue(numbers, at, tick, calendar)) rollNovelty(numbers, at, tick, calendar, around.prior())
  },
  show(view, { numbers, at, bins, binsAt }, tick, tally, { integer, names }, around) {
    normOfNovelty(numbers, at, view)
    view.calls = tally === null ? 0 : (tally.integers[integer] as number)
    view.fresh = 0
    view.excused = 0
    view.weight = 1
    view.named = NONE
    view.met = NONE
    // Who is full remembers nothing more: it would meet the same thing for the first time in every tick.
    if (tally === null || isFull(numbers, at)) return
    for (const one of tally.names[names] as readonly Named[]) {
      if (!hasMet(bins, binsAt, one.hash)) take(view, one, tick, around)
    }
  },
  learn({ calls, fresh, met }, { numbers, at, bins, binsAt }) {
    observeNovelty(numbers, at, calls, fresh)
    for (const { hash } of met) meet(numbers, at, bins, binsAt, hash)
  },
  freeze({ numbers, at }) {
    freezeNovelty(numbers, at)
  },
  rising(place, { names: lists }, { names }) {
    if (place === null || !isArmed(place.numbers, place.at)) return 0
    let sum = 0
    for (const { hash } of lists[names] as readonly Named[]) {
      if (!hasMet(place.bins, place.binsAt, hash)) sum += 1
    }
    return sum
  },
  readiness: ({ armed, seen }) => (armed ? 'ready' : seen > 0 ? 'warming' : 'cold'),
  seen: ({ seen }) => seen,
  norm: ({ share, bound }) => ({ level: share, low: 0, high: bound, dispersion: 1 }),
  examples: ({ named }) => named.map(({ hash, name, example }): Sampled => ({ rank: hash, id: example, who: name })),
})
