import type { Calendar } from './blocks.ts'
import {
  freezeNovelty,
  NOVELTY_WIDTH,
  noveltyIsDue,
  observeNovelty,
  openNovelty,
  rollNovelty,
  seenByNovelty,
} from './novelty.ts'
import {
  boundOfRatio,
  freezeRatio,
  normOfRatio,
  observeRatio,
  openRatio,
  RATIO_WIDTH,
  type RatioNorm,
  rollRatio,
} from './ratio.ts'

/**
 * The baseline of an identity's tokens: the longest life that one of them had, and the most networks that one of them was used from.
 * Both are records, kept for good; how often calls break the second is learned as novelty is, whose numbers come first in the row, and
 * which share of the calls comes with tokens that have run out as a ratio. Beside them lie the uses seen last, so that a token counts
 * once and not with every call.
 */
export const TOKENS_WIDTH = NOVELTY_WIDTH + RATIO_WIDTH + 6
/** Uses that are remembered: from more networks than that no token is seen to be used. */
const USES = 24
/** Each use is three prints of 16 bits: its own, its token's and its network's. 0 is none. */
const PRINTS = 3
export const TOKENS_BINS = PRINTS * USES

/** The next place for a use. */
const HEAD = NOVELTY_WIDTH + RATIO_WIDTH
/** The most networks that one token was used from. */
const NETWORKS = HEAD + 1
/** The longest life of a token that was seen, and that was judged, in seconds. */
const LONGEST = HEAD + 2
const JUDGED = HEAD + 3
/** The tick from which on lives are judged. */
const WARM_AT = HEAD + 4
const TICK_MS = HEAD + 5

/** Lives are judged as rates are: after 30 calls and 20 minutes, when what is usual here has been seen. */
const WARM_CALLS = 30
const WARM_MS = 20 * 60_000
const DAY_MS = 86_400_000

/** Where nothing is known, one call in a million is let in with a token that has run out. */
const USUALLY_LATE = 1e-6

/** The records of an identity's tokens: networks of one token, and lives in seconds. */
export interface TokenRecords {
  networks: number
  longest: number
  judged: number
}

export function openTokens(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
): void {
  row.fill(0, at, at + TOKENS_WIDTH)
  bins.fill(0, binsAt, binsAt + TOKENS_BINS)
  openNovelty(row, at, tick, calendar)
  openRatio(row, at + NOVELTY_WIDTH, tick, calendar)
  // The first share is what is usual: that is settled when a block is rolled, be it none.
  rollRatio(row, at + NOVELTY_WIDTH, tick, calendar, USUALLY_LATE)
  row[at + TICK_MS] = calendar.tickMs
}

/** Commits the blocks that ended before this tick. `prior` is asked only where there is something to commit. */
export function rollTokens(row: Float64Array, at: number, tick: number, calendar: Calendar, prior: () => number): void {
  // Most identities have no tokens in the log: nothing is learned of them.
  if (seenByNovelty(row, at) === 0 || !noveltyIsDue(row, at, tick, calendar)) return
  rollNovelty(row, at, tick, calendar, prior())
  rollRatio(row, at + NOVELTY_WIDTH, tick, calendar, USUALLY_LATE)
}

/** Counts one tick: so many calls with a token, of which so many broke the record of networks, and so many came after its end. */
export function observeTokens(
  row: Float64Array,
  at: number,
  tick: number,
  calls: number,
  fresh: number,
  late: number,
): void {
  if (calls === 0) return
  if (seenByNovelty(row, at) === 0) row[at + WARM_AT] = tick + Math.ceil(WARM_MS / num(row, at + TICK_MS))
  observeNovelty(row, at, calls, fresh)
  observeRatio(row, at + NOVELTY_WIDTH, late, calls)
}

export function freezeTokens(row: Float64Array, at: number): void {
  freezeNovelty(row, at)
  freezeRatio(row, at + NOVELTY_WIDTH)
}

/** Which share of its calls normally comes with tokens that have run out. */
export function normOfLate(row: Float64Array, at: number, into: RatioNorm): void {
  normOfRatio(row, at + NOVELTY_WIDTH, into)
}

export function boundOfLate(row: Float64Array, at: number): number {
  return boundOfRatio(row, at + NOVELTY_WIDTH)
}

/** Whether the lives of its tokens are judged in this tick. */
export function areLivesJudged(row: Float64Array, at: number, tick: number): boolean {
  return seenByNovelty(row, at) >= WARM_CALLS && tick >= num(row, at + WARM_AT)
}

export function readRecords(row: Float64Array, at: number, into: TokenRecords): void {
  into.networks = num(row, at + NETWORKS)
  into.longest = num(row, at + LONGEST)
  into.judged = num(row, at + JUDGED)
}

export function keepRecords(row: Float64Array, at: number, { networks, longest, judged }: TokenRecords): void {
  row[at + NETWORKS] = networks
  row[at + LONGEST] = longest
  row[at + JUDGED] = judged
}

/** The event-day of a tick, in days since 1970. */
export function dayOf(row: Float64Array, at: number, tick: number): number {
  return Math.floor((tick * num(row, at + TICK_MS)) / DAY_MS)
}

export function isKnownUse(bins: Uint16Array, binsAt: number, print: number): boolean {
  for (let i = binsAt; i < binsAt + TOKENS_BINS; i += PRINTS) if (bins[i] === print) return true
  return false
}

/** From how many networks this token was used, as far as is remembered; -1 where this network is one of them. */
export function networksBefore(bins: Uint16Array, binsAt: number, token: number, network: number): number {
  let networks = 0
  for (let i = binsAt; i < binsAt + TOKENS_BINS; i += PRINTS) {
    if (bins[i + 1] !== token) continue
    if (bins[i + 2] === network) return -1
    networks += 1
  }
  return networks
}

/** Remembers a use in place of the one that was first seen the longest ago. Token and network are 0 where it shows no new network. */
export function keepUse(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  print: number,
  token: number,
  network: number,
): void {
  const head = num(row, at + HEAD)
  bins[binsAt + PRINTS * head] = print
  bins[binsAt + PRINTS * head + 1] = token
  bins[binsAt + PRINTS * head + 2] = network
  row[at + HEAD] = (head + 1) % USES
}

function num(row: Float64Array, at: number): number {
  return row[at] as number
}
