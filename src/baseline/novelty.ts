import { BLOCKS_FROZEN, BLOCKS_WALKED, blockOf, type Calendar, keptPerBlock } from './blocks.ts'

/**
 * The baseline of novelty: what an entity has met (a set of fingerprints), and at which share of its calls it meets something new.
 * Judged after 200 calls and twelve hours; only what is met after that says how often something new comes, since everything is new at
 * first. Rates start from those of its peers, which weigh as much as 200 calls.
 */
export const NOVELTY_WIDTH = 17

const WARM_AT = 0
const SEEN = 1
const BLOCK = 2
const CALLS = 3
const NEW = 4
const FROZEN = 5
const PENDING_CALLS = 6
const PENDING_NEW = 7
const PENDING_FROZEN = 8
const LEARNED_CALLS = 9
const LEARNED_NEW = 10
const FROZEN_RUN = 11
const SHARE = 12
const BOUND = 13
const PENDING = 14
const HELD = 15
const ARMED = 16

export const WARM_CALLS = 200
export const WARM_MS = 12 * 3_600_000
const YOUNG_MS = 24 * 3_600_000
/** Half of what was learned is forgotten within a week. */
const KEPT = keptPerBlock(1008)
const PRIOR_CALLS = 200
/** What the first peers start from: one new thing in 200 calls. */
export const NOVELTY_PRIOR = 1 / PRIOR_CALLS
/** Who may meet something new in more than a quarter of its calls is at home nowhere: nothing can be odd about that. */
const BOUND_MOST = 0.25

/** What novelty is judged by. */
export interface NoveltyNorm {
  /** The share of calls that normally meet something new, 0 to 1. */
  share: number
  /** The most that the share may truly be: the null's share. */
  bound: number
  armed: boolean
  /** Calls so far, those before it was warm included. */
  seen: number
}

export function newNoveltyNorm(): NoveltyNorm {
  return { share: 0, bound: 0, armed: false, seen: 0 }
}

/** The most that a share may truly be which was learned from `calls` beside the prior's. */
export function boundOfNovelty(share: number, calls: number): number {
  return 1.25 * share + 2 * Math.sqrt(share / (calls + PRIOR_CALLS))
}

export function openNovelty(row: Float64Array, at: number, tick: number, calendar: Calendar): void {
  row.fill(0, at, at + NOVELTY_WIDTH)
  row[at + WARM_AT] = tick + Math.ceil(WARM_MS / calendar.tickMs)
  row[at + BLOCK] = blockOf(calendar, tick)
  row[at + SHARE] = NOVELTY_PRIOR
  row[at + BOUND] = boundOfNovelty(NOVELTY_PRIOR, 0)
}

/** Whether a block has ended. */
export function noveltyIsDue(row: Float64Array, at: number, tick: number, calendar: Calendar): boolean {
  return blockOf(calendar, tick) > num(row, at + BLOCK)
}

/** Commits the blocks that ended before this tick. `prior` is the peers' share. */
export function rollNovelty(row: Float64Array, at: number, tick: number, calendar: Calendar, prior: number): void {
  const block = blockOf(calendar, tick)
  const walked = Math.min(block - num(row, at + BLOCK), BLOCKS_WALKED)
  for (let i = 0; i < walked; i += 1) {
    commitPending(row, at)
    row[at + PENDING_CALLS] = num(row, at + CALLS)
    row[at + PENDING_NEW] = num(row, at + NEW)
    row[at + PENDING_FROZEN] = num(row, at + FROZEN)
    row[at + PENDING] = 1
    row.fill(0, at + CALLS, at + FROZEN + 1)
  }
  row[at + BLOCK] = block
  const calls = num(row, at + LEARNED_CALLS)
  const share = (num(row, at + LEARNED_NEW) + prior * PRIOR_CALLS) / (calls + PRIOR_CALLS)
  const bound = boundOfNovelty(share, calls)
  row[at + SHARE] = share
  row[at + BOUND] = bound
  const isWarm = tick >= num(row, at + WARM_AT) && num(row, at + SEEN) >= WARM_CALLS
  row[at + ARMED] = isWarm && bound <= BOUND_MOST ? 1 : 0
}

/** Counts one tick: `fresh` new things in `calls` calls. Winsorised like counts; before it is warm everything is new. */
export function observeNovelty(row: Float64Array, at: number, calls: number, fresh: number): void {
  if (row[at + ARMED] === 1 || num(row, at + BOUND) > BOUND_MOST) {
    row[at + CALLS] = num(row, at + CALLS) + calls
    row[at + NEW] = num(row, at + NEW) + Math.min(fresh, 3 * calls * num(row, at + BOUND) + 5)
  }
  row[at + SEEN] = num(row, at + SEEN) + calls
}

/** Keeps the current block out of what is learned. */
export function freezeNovelty(row: Float64Array, at: number): void {
  row[at + FROZEN] = 1
}

/** Whether what it meets can be judged: warm, and not too broad for its set. */
export function isArmed(row: Float64Array, at: number): boolean {
  return row[at + ARMED] === 1 && !isFull(row, at)
}

/** Whether it has met as many things as it can remember. */
export function isFull(row: Float64Array, at: number): boolean {
  return num(row, at + HELD) >= MET_MOST
}

/** Calls so far, those before it was warm included. */
export function seenByNovelty(row: Float64Array, at: number): number {
  return num(row, at + SEEN)
}

export function normOfNovelty(row: Float64Array, at: number, into: NoveltyNorm): void {
  into.share = num(row, at + SHARE)
  into.bound = num(row, at + BOUND)
  into.armed = isArmed(row, at)
  into.seen = num(row, at + SEEN)
}

function commitPending(row: Float64Array, at: number): void {
  if (row[at + PENDING] !== 1) return
  const run = row[at + PENDING_FROZEN] === 1 ? num(row, at + FROZEN_RUN) + 1 : 0
  row[at + FROZEN_RUN] = run
  const counts = run === 0 || run > BLOCKS_FROZEN
  row[at + LEARNED_CALLS] = num(row, at + LEARNED_CALLS) * KEPT + (counts ? num(row, at + PENDING_CALLS) : 0)
  row[at + LEARNED_NEW] = num(row, at + LEARNED_NEW) * KEPT + (counts ? num(row, at + PENDING_NEW) : 0)
}

/** Places for fingerprints of 16 bits, found by linear probing; so many of them are used that a search stays short. */
export const MET_BINS = 128
/** Who has met so many things is broad: it forgets none of them, takes no more, and is not judged any longer. */
export const MET_MOST = 96

/** Whether a thing was met, by its hash: wrongly yes for one in about 50,000 that were not. */
export function hasMet(bins: Uint16Array, binsAt: number, hash: number): boolean {
  const print = printOf(hash)
  for (let i = hash & (MET_BINS - 1); ; i = (i + 1) & (MET_BINS - 1)) {
    const there = bins[binsAt + i] as number
    if (there === print) return true
    if (there === 0) return false
  }
}

/** Remembers a thing as met, unless the set is full. */
export function meet(row: Float64Array, at: number, bins: Uint16Array, binsAt: number, hash: number): void {
  if (isFull(row, at) || hasMet(bins, binsAt, hash)) return
  let i = hash & (MET_BINS - 1)
  while (bins[binsAt + i] !== 0) i = (i + 1) & (MET_BINS - 1)
  bins[binsAt + i] = printOf(hash)
  row[at + HELD] = num(row, at + HELD) + 1
}

/** 16 bits that neither choose the place nor decide which names a full tally keeps; 0 is an empty place. One print in 65,000 is taken for another. */
export function printOf(hash: number): number {
  return (hash >>> 7) & 0xffff || 1
}

/** The novelty of peers together: their warm calls and what was new in them, learned as that of one. */
export const PEERS_WIDTH = 8

const PEERS_SINCE = 0
const PEERS_BLOCK = 1
const PEERS_CALLS = 2
const PEERS_NEW = 3
const PEERS_PENDING_CALLS = 4
const PEERS_PENDING_NEW = 5
const PEERS_LEARNED_CALLS = 6
const PEERS_LEARNED_NEW = 7

export function openPeers(row: Float64Array, at: number, tick: number, calendar: Calendar): void {
  row.fill(0, at, at + PEERS_WIDTH)
  row[at + PEERS_SINCE] = tick
  row[at + PEERS_BLOCK] = blockOf(calendar, tick)
}

export function rollPeers(row: Float64Array, at: number, tick: number, calendar: Calendar): void {
  const block = blockOf(calendar, tick)
  const walked = Math.min(block - num(row, at + PEERS_BLOCK), BLOCKS_WALKED)
  for (let i = 0; i < walked; i += 1) {
    row[at + PEERS_LEARNED_CALLS] = num(row, at + PEERS_LEARNED_CALLS) * KEPT + num(row, at + PEERS_PENDING_CALLS)
    row[at + PEERS_LEARNED_NEW] = num(row, at + PEERS_LEARNED_NEW) * KEPT + num(row, at + PEERS_PENDING_NEW)
    row[at + PEERS_PENDING_CALLS] = num(row, at + PEERS_CALLS)
    row[at + PEERS_PENDING_NEW] = num(row, at + PEERS_NEW)
    row.fill(0, at + PEERS_CALLS, at + PEERS_NEW + 1)
  }
  if (walked > 0) row[at + PEERS_BLOCK] = block
}

export function observePeers(row: Float64Array, at: number, calls: number, fresh: number): void {
  row[at + PEERS_CALLS] = num(row, at + PEERS_CALLS) + calls
  row[at + PEERS_NEW] = num(row, at + PEERS_NEW) + fresh
}

export function shareOfPeers(row: Float64Array, at: number): number {
  return (num(row, at + PEERS_LEARNED_NEW) + 1) / (num(row, at + PEERS_LEARNED_CALLS) + PRIOR_CALLS)
}

/**
 * The tick from which on a name is no longer young that peers met first in this tick: a day later. In the first twelve hours of
 * these peers nobody can say what is new, so what they met then was always there.
 */
export function oldFrom(row: Float64Array, at: number, tick: number, { tickMs }: Calendar): number {
  return (tick - num(row, at + PEERS_SINCE)) * tickMs < WARM_MS ? 0 : tick + Math.ceil(YOUNG_MS / tickMs)
}

function num(row: Float64Array, at: number): number {
  return row[at] as number
}
