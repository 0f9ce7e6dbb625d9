import { hashText } from '#src/call/hash.ts'
import { isLateUse, readUse, type TokenUse } from '#src/call/token.ts'
import { binOf, SIZE_BINS } from '#src/sketch/logbins.ts'
import type { Named } from '#src/sketch/named.ts'
import type { Met, Place, Surroundings } from './kind.ts'
import type { RatioView } from './kinds/ratio.ts'
import { type NoveltyNorm, newNoveltyNorm, printOf } from './novelty.ts'
import { areLivesJudged, dayOf, isKnownUse, networksBefore, readRecords, type TokenRecords } from './tokens.ts'

/** One tick of an identity's tokens beside their records. As of novelty: how often a call breaks the record of networks. */
export interface TokensView extends NoveltyNorm, TokenRecords {
  /** Calls with a token. */
  calls: number
  /** Those of them that came after its end. */
  readonly expired: RatioView
  /** How often one token was used from more networks than any before; networks that others use as well left out. */
  fresh: number
  /** The longest life of a token that is up for judgement, in seconds; 0: there is none, or others have such tokens as well. */
  life: number
  /** The longest life that was judged before; 0: there was none. */
  lifeBefore: number
  /** What is to be shown: the tokens of those, and tokens that had run out, each with a call. */
  named: readonly Met[]
  /** What peers are to know of: networks that broke a record, and lives longer than this identity had any. */
  met: readonly Met[]
  /** Uses that are new to it: print, token's and network's print, and so on. */
  uses: readonly number[]
}

const NONE: readonly Met[] = Object.freeze([])
const NO_USES: readonly number[] = Object.freeze([])
/** A network at which so many others broke their record is a way out that is shared. */
const SHARED_BY = 3
/** A life that so many others have had from their beginning is how things are here. */
const USUAL_WITH = 1
/** Where so many others got as long a life on the same day, somebody has changed the settings of who issues them. */
const CHANGED_WITH = 3

export function newTokensView(): TokensView {
  const records = { networks: 0, longest: 0, judged: 0 }
  const tick = { calls: 0, fresh: 0, life: 0, lifeBefore: 0, named: NONE, met: NONE, uses: NO_USES }
  return { ...newNoveltyNorm(), ...records, ...tick, expired: { part: 0, whole: 0, share: 0, bound: 0, seen: 0 } }
}

export function clearTick(view: TokensView): void {
  view.calls = 0
  view.expired.part = 0
  view.expired.whole = 0
  view.fresh = 0
  view.life = 0
  view.lifeBefore = 0
  view.named = NONE
  view.met = NONE
  view.uses = NO_USES
}

/** Reads what is new in a tick's uses. New tokens are rare, so lists are made where there are any. `around` is null where nobody knows. */
export function readUses(
  view: TokensView,
  { numbers, at, bins, binsAt }: Place,
  tick: number,
  list: readonly Named[],
  around: Surroundings | null,
): void {
  readRecords(numbers, at, view)
  const { longest, judged } = view
  const judges = areLivesJudged(numbers, at, tick)
  const isPending = judges && longest > judged
  let longer: Named | null = null
  for (let i = 0; i < list.length; i += 1) {
    const one = list[i] as Named
    if (isLateUse(one.name)) {
      view.named = [...view.named, { ...one, name: readUse(one.name).token }]
      continue
    }
    const isKnown = isKnownUse(bins, binsAt, printOf(one.hash))
    if (isKnown && !isPending) continue
    const use = readUse(one.name)
    view.longest = Math.max(view.longest, use.lifetime)
    if (judges && binOf(use.lifetime) > binOf(view.judged)) {
      view.judged = use.lifetime
      longer = one
    }
    if (!isKnown) takeUse(view, bins, binsAt, one, use, around)
  }
  if (binOf(view.longest) > binOf(longest)) tellLife(view, judged > 0 ? dayOf(numbers, at, tick) : null)
  if (longer !== null) judgeLife(view, longer, longest, dayOf(numbers, at, tick), around)
}

/** Files a use that is new: a token's first, one from another network, or one of a token whose end has moved. */
function takeUse(
  view: TokensView,
  bins: Uint16Array,
  binsAt: number,
  { hash, example }: Named,
  { token, origin }: TokenUse,
  around: Surroundings | null,
): void {
  const ofToken = printOf(hashText(token))
  const network = printOf(hashText(origin))
  let networks = origin === '' ? -1 : networksBefore(bins, binsAt, ofToken, network)
  for (let i = 0; networks >= 0 && i < view.uses.length; i += 3) {
    if (view.uses[i + 1] === ofToken) networks = view.uses[i + 2] === network ? -1 : networks + 1
  }
  if (networks < 0) {
    view.uses = [...view.uses, printOf(hash), 0, 0]
    return
  }
  view.uses = [...view.uses, printOf(hash), ofToken, network]
  if (networks < view.networks) return
  view.networks = networks + 1
  if (networks === 0) return
  view.met = [...view.met, { hash, name: origin, example }]
  if (!view.armed || (around?.known(origin)?.met ?? 0) >= SHARED_BY) return
  view.fresh += 1
  view.named = [...view.named, { hash, name: token, example }]
}

/** What peers know of lives: how many have had one, and how many got it on this day. Neither is the name of a network. */
const lifeName = (ofClass: number): string => `life ${ofClass}`
const lifeNameOn = (ofClass: number, day: number): string => `life ${ofClass} on ${day}`

/** `day`: on which it changed; null where it was so from the beginning. */
function tellLife(view: TokensView, day: number | null): void {
  const ofClass = binOf(view.longest)
  const names = day === null ? [lifeName(ofClass)] : [lifeName(ofClass), lifeNameOn(ofClass, day)]
  view.met = [...view.met, ...names.map((name) => ({ hash: 0, name, example: '' }))]
}

/** Whether the life that is up for judgement is its own and not everybody's. `longest`: what was seen of it before this tick. */
function judgeLife(
  view: TokensView,
  { hash, name, example }: Named,
  longest: number,
  day: number,
  around: Surroundings | null,
): void {
  const ofClass = binOf(view.judged)
  const knows = (what: string): number => around?.known(what)?.met ?? 0
  const isNew = ofClass > binOf(longest)
  if (isNew ? knows(lifeNameOn(ofClass, day)) >= CHANGED_WITH : isUsual(ofClass, around)) return
  view.life = view.judged
  view.named = [...view.named, { hash, name: readUse(name).token, example }]
}

/** Whether an identity that has had such a life from its beginning does as others do; or as all did that were here first. */
function isUsual(ofClass: number, around: Surroundings | null): boolean {
  // It has told of its own, too.
  let others = -1
  for (let longer = ofClass; longer < SIZE_BINS && around !== null; longer += 1) {
    const known = around.known(lifeName(longer))
    if (known?.oldFrom === 0) return true
    others += known?.met ?? 0
  }
  return others >= USUAL_WITH
}
