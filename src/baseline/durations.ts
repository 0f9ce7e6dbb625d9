import { BLOCKS_FROZEN, blockOf, type Calendar, keptPerBlock } from './blocks.ts'

/**
 * The baseline of durations: how long calls take, in steps of a sixteenth of a doubling of 1 ms + the duration. On that scale half
 * and double weigh alike, a mean is near the median of what is log-normal, and durations that were rounded to whole milliseconds do no harm.
 * Sums of steps are whole numbers, so tallies of them merge exactly; the rounding of single calls (2%) is lost in the mean.
 */
export const DURATIONS_WIDTH = 18

const STEPS_PER_DOUBLING = 16

/** Whole steps of a duration in milliseconds, 0 or more. */
export function stepsOf(ms: number): number {
  return Math.round(STEPS_PER_DOUBLING * Math.log2(1 + Math.max(0, ms)))
}

/** The duration in milliseconds that is so many steps, or a mean of steps. */
export function msOf(steps: number): number {
  return Math.max(0, 2 ** (steps / STEPS_PER_DOUBLING) - 1)
}

const SEEN = 0
const BLOCK = 1
/** Of the current block: calls, the sum of their steps, that of their squares; then the same of the block that waits. */
const CALLS = 2
const STEPS = 3
const SQUARES = 4
const FROZEN = 5
const PENDING = 6
const PENDING_CALLS = 7
const PENDING_STEPS = 8
const PENDING_SQUARES = 9
const PENDING_FROZEN = 10
const FROZEN_RUN = 11
const LEARNED = 12
/** Weighted sums over the blocks learned: of their weights, their means, and of the variance of single calls within them. */
const WEIGHT = 13
const MEANS = 14
const WITHIN = 15
/** The same of how far each block's mean lay from what had been expected, squared. */
const STRAY_WEIGHT = 16
const STRAYS = 17

const ARM_CALLS = 30
/** A level follows within hours, as a day does; how far it strays is remembered for a day, so that the worst hour of it is among what is known. */
const LEVEL_KEPT = keptPerBlock(6)
const STRAY_KEPT = keptPerBlock(144)
/** Before anything is known a level is taken to stray by 15%, with the weight of six blocks; as the level of a count. */
const STRAY_PRIOR = (STEPS_PER_DOUBLING * 0.15) / Math.LN2
const STRAY_PRIOR_WEIGHT = 6
/** One deploy that makes everything slower is no volatility: a stray counts two doublings at most. */
const STRAY_MOST = 2 * STEPS_PER_DOUBLING
/** A block of so many calls has half of the weight of a long one. */
const CALLS_HALF = 8
/** Standard errors within which a mean lies but one time in a thousand, each way. */
const NEARLY_ALL = 3.09

/** What durations are judged by, in steps. */
export interface DurationsNorm {
  armed: boolean
  level: number
  /** Variance of single calls. */
  within: number
  /** Variance of the level, from one block to the next. */
  stray: number
  /** Calls that the baseline rests on. */
  seen: number
}

/** How far the mean of so many calls may lie from the level. */
export function reachOf({ within, stray }: DurationsNorm, calls: number): number {
  return NEARLY_ALL * Math.sqrt(stray + within / calls)
}

export function openDurations(row: Float64Array, at: number, tick: number, calendar: Calendar): void {
  row.fill(0, at, at + DURATIONS_WIDTH)
  row[at + BLOCK] = blockOf(calendar, tick)
}

/** Commits the blocks that ended before this tick. */
export function rollDurations(row: Float64Array, at: number, tick: number, calendar: Calendar): void {
  const block = blockOf(calendar, tick)
  const behind = block - num(row, at + BLOCK)
  if (behind <= 0) return
  // A block without calls teaches nothing: two steps bring both blocks home.
  for (let i = 0; i < Math.min(behind, 2); i += 1) {
    commitPending(row, at)
    row.copyWithin(at + PENDING_CALLS, at + CALLS, at + FROZEN + 1)
    row[at + PENDING] = 1
    row.fill(0, at + CALLS, at + FROZEN + 1)
  }
  row[at + BLOCK] = block
}

/** Counts one tick: so many calls, the sum of their steps and of the squares of those. */
export function observeDurations(row: Float64Array, at: number, calls: number, steps: number, squares: number): void {
  row[at + SEEN] = num(row, at + SEEN) + calls
  row[at + CALLS] = num(row, at + CALLS) + calls
  row[at + STEPS] = num(row, at + STEPS) + steps
  row[at + SQUARES] = num(row, at + SQUARES) + squares
}

/** Keeps the current block out of what is learned. */
export function freezeDurations(row: Float64Array, at: number): void {
  row[at + FROZEN] = 1
}

export function normOfDurations(row: Float64Array, at: number, into: DurationsNorm): void {
  const weight = num(row, at + WEIGHT)
  into.seen = num(row, at + SEEN)
  into.armed = num(row, at + LEARNED) >= ARM_CALLS
  into.level = weight > 0 ? num(row, at + MEANS) / weight : 0
  into.within = weight > 0 ? num(row, at + WITHIN) / weight : 0
  into.stray = strayOf(row, at)
}

function strayOf(row: Float64Array, at: number): number {
  const sum = num(row, at + STRAYS) + STRAY_PRIOR_WEIGHT * STRAY_PRIOR ** 2
  return sum / (num(row, at + STRAY_WEIGHT) + STRAY_PRIOR_WEIGHT)
}

function commitPending(row: Float64Array, at: number): void {
  const calls = num(row, at + PENDING_CALLS)
  if (row[at + PENDING] !== 1 || calls === 0) return
  const run = row[at + PENDING_FROZEN] === 1 ? num(row, at + FROZEN_RUN) + 1 : 0
  row[at + FROZEN_RUN] = run
  if (run > 0 && run <= BLOCKS_FROZEN) return
  const mean = num(row, at + PENDING_STEPS) / calls
  const within = Math.max(0, num(row, at + PENDING_SQUARES) / calls - mean * mean)
  const share = calls / (calls + CALLS_HALF)
  const weight = num(row, at + WEIGHT)
  if (weight > 0) {
    const off = mean - num(row, at + MEANS) / weight
    const chance = num(row, at + WITHIN) / weight / calls
    const stray = Math.min(STRAY_MOST ** 2, Math.max(0, off * off - chance))
    row[at + STRAY_WEIGHT] = STRAY_KEPT * num(row, at + STRAY_WEIGHT) + share
    row[at + STRAYS] = STRAY_KEPT * num(row, at + STRAYS) + share * stray
  }
  row[at + LEARNED] = num(row, at + LEARNED) + calls
  row[at + WEIGHT] = LEVEL_KEPT * weight + share
  row[at + MEANS] = LEVEL_KEPT * num(row, at + MEANS) + share * mean
  row[at + WITHIN] = LEVEL_KEPT * num(row, at + WITHIN) + share * within
}

function num(row: Float64Array, at: number): number {
  return row[at] as number
}
