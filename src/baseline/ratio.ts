import { BLOCKS_FROZEN, BLOCKS_WALKED, blockOf, type Calendar, keptPerBlock } from './blocks.ts'
import type { Shift } from './kind.ts'

/**
 * The baseline of a ratio: which share of the calls is normally of the kind (5xx, say). Judged from the first call, by what the
 * service's other endpoints do and, for those, by a built-in prior of Beta(0.31, 151): a mean of 0.2% worth 151 calls.
 */
export const RATIO_WIDTH = 15

const FIRST = 0
const SEEN = 1
const BLOCK = 2
const PART = 3
const WHOLE = 4
const FROZEN = 5
const PENDING_PART = 6
const PENDING_WHOLE = 7
const PENDING_FROZEN = 8
const LEARNED_PART = 9
const LEARNED_WHOLE = 10
const FROZEN_RUN = 11
const SHARE = 12
const BOUND = 13
const PENDING = 14

const KEPT = keptPerBlock(144)
/** Calls that a prior share is worth. */
export const PRIOR_CALLS = 151
const PRIOR_SHARE = 0.31 / PRIOR_CALLS
const BOUND_LEAST = 1e-4
/** How much the share itself wanders (relative variance) and how much failures cluster (excess variance over mean): retries do. */
const WANDER = 0.3
const CLUSTER = 0.1

/** What a ratio is judged by. */
export interface RatioNorm {
  /** The share that is normal, 0 to 1. */
  share: number
  /** The most that the share may truly be: the null's share. */
  bound: number
  /** Calls that the baseline rests on. */
  seen: number
}

/** The most that a share may truly be that was estimated from so many calls. */
export function boundOfShare(share: number, calls: number): number {
  return Math.min(1, Math.max(BOUND_LEAST, 1.25 * share + 3 * Math.sqrt((share * (1 - share)) / calls)))
}

/** The null's shape r for an expected number of hits `mu`: variance = mu + mu^2 / r. */
export function shapeOfRatio(mu: number): number {
  return mu / (CLUSTER + WANDER * mu)
}

export function openRatio(row: Float64Array, at: number, tick: number, calendar: Calendar): void {
  row.fill(0, at, at + RATIO_WIDTH)
  row[at + FIRST] = tick
  row[at + BLOCK] = blockOf(calendar, tick)
  settleNorm(row, at, PRIOR_SHARE)
}

/** Whether `rollRatio` has anything to do: a block has ended, or the entity has nothing of its own yet and follows its parent. */
export function ratioIsDue(row: Float64Array, at: number, tick: number, calendar: Calendar): boolean {
  return num(row, at + LEARNED_WHOLE) === 0 || blockOf(calendar, tick) > num(row, at + BLOCK)
}

/** Commits the blocks that ended before this tick. `prior` is the parent's share, or `PRIOR_SHARE_TOP` for a parent. */
export function rollRatio(row: Float64Array, at: number, tick: number, calendar: Calendar, prior: number): void {
  const block = blockOf(calendar, tick)
  const behind = block - num(row, at + BLOCK)
  if (behind <= 0) {
    // A cold entity follows its parent within its first block: it has nothing of its own.
    if (num(row, at + LEARNED_WHOLE) === 0) settleNorm(row, at, prior)
    return
  }
  const walked = Math.min(behind, BLOCKS_WALKED)
  for (let i = 0; i < walked; i += 1) {
    commitPending(row, at)
    row[at + PENDING_PART] = num(row, at + PART)
    row[at + PENDING_WHOLE] = num(row, at + WHOLE)
    row[at + PENDING_FROZEN] = num(row, at + FROZEN)
    row[at + PENDING] = 1
    row.fill(0, at + PART, at + FROZEN + 1)
  }
  row[at + BLOCK] = block
  settleNorm(row, at, prior)
}

export const PRIOR_SHARE_TOP = PRIOR_SHARE

/** Counts one tick: `part` of `whole`. Winsorised like counts. */
export function observeRatio(row: Float64Array, at: number, part: number, whole: number): void {
  if (whole === 0) return
  row[at + SEEN] = num(row, at + SEEN) + whole
  row[at + PART] = num(row, at + PART) + Math.min(part, 3 * whole * num(row, at + BOUND) + 5)
  row[at + WHOLE] = num(row, at + WHOLE) + whole
}

/** Keeps the current block out of what is learned. */
export function freezeRatio(row: Float64Array, at: number): void {
  row[at + FROZEN] = 1
}

export function normOfRatio(row: Float64Array, at: number, into: RatioNorm): void {
  into.share = num(row, at + SHARE)
  into.bound = num(row, at + BOUND)
  into.seen = num(row, at + SEEN)
}

/** The most that the share may truly be, as of the block that the row stands at. Up to it a share is no evidence for more. */
export function boundOfRatio(row: Float64Array, at: number): number {
  return num(row, at + BOUND)
}

/** The share that is normal, as of the block that the row stands at. */
export function shareOfRatio(row: Float64Array, at: number): number {
  return num(row, at + SHARE)
}

/** Since when what lasts is taken for normal; `null`: nothing odd has lasted so long. What was normal before is not kept. */
export function shiftOfRatio(row: Float64Array, at: number, { ticksPerBlock }: Calendar): Shift | null {
  const learned = num(row, at + FROZEN_RUN) - BLOCKS_FROZEN
  if (learned <= 0) return null
  // The last block that was committed is the one before the last.
  const last = num(row, at + BLOCK) - 2
  return { tick: (last - learned + 1) * ticksPerBlock, levels: null }
}

function commitPending(row: Float64Array, at: number): void {
  if (row[at + PENDING] !== 1) return
  const run = row[at + PENDING_FROZEN] === 1 ? num(row, at + FROZEN_RUN) + 1 : 0
  row[at + FROZEN_RUN] = run
  const counts = run === 0 || run > BLOCKS_FROZEN
  row[at + LEARNED_PART] = num(row, at + LEARNED_PART) * KEPT + (counts ? num(row, at + PENDING_PART) : 0)
  row[at + LEARNED_WHOLE] = num(row, at + LEARNED_WHOLE) * KEPT + (counts ? num(row, at + PENDING_WHOLE) : 0)
}

function settleNorm(row: Float64Array, at: number, prior: number): void {
  const weight = num(row, at + LEARNED_WHOLE) + PRIOR_CALLS
  const share = (num(row, at + LEARNED_PART) + prior * PRIOR_CALLS) / weight
  row[at + SHARE] = share
  row[at + BOUND] = boundOfShare(share, weight)
}

function num(row: Float64Array, at: number): number {
  return row[at] as number
}
