import { BLOCKS_FROZEN, BLOCKS_WALKED, blockOf, type Calendar, keptPerBlock } from './blocks.ts'
import { burstSize, commitBursts, endBursts, normOfBursts, observeBurst } from './bursts.ts'
import { COUNT_CONSTANTS, type CountConstants } from './count-constants.ts'
import type { CountNorm } from './count-norm.ts'
import {
  ACTIVE_BLOCKS,
  AFTER,
  ARMED,
  BLOCK,
  BLOCK_WIDTH,
  BOUND,
  CARRIED,
  COUNT_WIDTH,
  FANO,
  FIRST,
  FROZEN,
  FROZEN_RUN,
  HOUR_SUM,
  HOUR_TICKS,
  LEVEL,
  LEVEL_WEIGHT,
  MARGIN,
  MEAN,
  num,
  PENDING,
  PENDING_BLOCK,
  PENDING_TICKS,
  RAISED,
  RAW,
  SEEN,
  SHAPE,
  SHIFT,
  SUM,
  TOUCHED,
  VOLATILITY_SUM,
  VOLATILITY_WEIGHT,
  WAITING,
} from './count-row.ts'
import { addBlockDispersion, addDispersion, BOUND_LEAST, dispersionOf, learnDispersion } from './dispersion.ts'
import type { Shift } from './kind.ts'
import { PEAKS_BINS, recalledLevel, rememberLevel } from './peaks.ts'

/**
 * The baseline of a count: how many a tick are normal, how uncertain that is, and how bursty the entity is. State is a row of
 * numbers at an offset and a memory of peaks in bins, so that a scratch copy is two `set`s and a checkpoint is the row.
 *
 * The model is negative binomial with variance F*mu + phi*mu^2: F (Fano factor) carries the clustering of calls at low rates,
 * phi the wander at high ones. The mean is a conservative envelope: e is an e-value for every true mean below `bound` and every
 * true variance below the model's (Shin, Ramdas and Rinaldo 2023, e-detectors; the envelope is our own). Entities that come in
 * bursts have a law of their own beside it (`bursts.ts`).
 */

const HOUR_KEPT = keptPerBlock(6)
const VOLATILITY_KEPT = keptPerBlock(72)
const LEVEL_WEIGHT_MAX = 48
const ARM_CALLS = 30
const ARM_MS = 1_200_000
const ARM_BLOCKS = 3

/** Starts a baseline at the tick at which its entity was admitted. */
export function openCount(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
): void {
  row.fill(0, at, at + COUNT_WIDTH)
  bins.fill(0, binsAt, binsAt + PEAKS_BINS)
  row[at + FIRST] = tick
  row[at + AFTER] = tick - 1
  row[at + BLOCK] = blockOf(calendar, tick)
  settleNorm(row, at, 0, tick, calendar, COUNT_CONSTANTS)
}

/**
 * Commits the blocks that ended before this tick. Must be called before `normOfCount` and `observeCount` of the tick. `twice`: only peaks
 * that were seen on two days may raise the bound.
 */
export function rollCount(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
  twice: boolean,
  constants: CountConstants = COUNT_CONSTANTS,
): void {
  const block = blockOf(calendar, tick)
  const behind = block - num(row, at + BLOCK)
  if (behind <= 0) return
  const blockMs = calendar.ticksPerBlock * calendar.tickMs
  const walked = Math.min(behind, BLOCKS_WALKED)
  for (let i = 0; i < walked; i += 1) {
    commitPending(row, at, bins, binsAt, blockMs)
    endBlock(row, at, calendar)
    row[at + BLOCK] = i === walked - 1 ? block : num(row, at + BLOCK) + 1
    const recalled = recalledLevel(bins, binsAt, num(row, at + BLOCK) * blockMs, twice)
    settleNorm(row, at, recalled, num(row, at + BLOCK) * calendar.ticksPerBlock, calendar, constants)
  }
}

/** Counts one tick in which something was counted; silent ticks are added up at the end of the block. */
export function observeCount(row: Float64Array, at: number, tick: number, k: number): void {
  if (k === 0) return
  const armed = row[at + ARMED] === 1
  observeBurst(row, at, tick, k)
  row[at + SEEN] = num(row, at + SEEN) + k
  // Winsorised: one monstrous tick must not lift the level that judges its successors. A burst of the usual size is none.
  const most = 3 * Math.max(num(row, at + BOUND), burstSize(row, at)) + 5
  row[at + SUM] = num(row, at + SUM) + (armed ? Math.min(k, most) : k)
  row[at + RAW] = num(row, at + RAW) + k
  row[at + TOUCHED] = num(row, at + TOUCHED) + 1
  const mean = num(row, at + MEAN)
  if (mean > 0) addDispersion(row, at, k, mean, 1)
}

/** Keeps the current block's level (not its dispersion) out of what is learned: the entity is near an alarm or in one. */
export function freezeCount(row: Float64Array, at: number): void {
  row[at + FROZEN] = 1
}

/** What the count of this tick is judged by. */
export function normOfCount(
  row: Float64Array,
  at: number,
  tick: number,
  into: CountNorm,
  constants: CountConstants = COUNT_CONSTANTS,
): void {
  into.mean = num(row, at + MEAN)
  into.bound = num(row, at + BOUND)
  into.shape = num(row, at + SHAPE)
  into.armed = row[at + ARMED] === 1
  into.seen = num(row, at + SEEN)
  into.raised = num(row, at + RAISED)
  into.steady = num(row, at + MARGIN) === constants.margin
  normOfBursts(row, at, tick, constants, into.bursts)
}

/** The last change of the level that was taken for normal after `BLOCKS_FROZEN` blocks near an alarm, in calls a minute; `null`: there was none. */
export function shiftOfCount(row: Float64Array, at: number, { ticksPerBlock, tickMs }: Calendar): Shift | null {
  const block = num(row, at + SHIFT)
  if (block === 0) return null
  const aMinute = 60_000 / tickMs
  return {
    tick: block * ticksPerBlock,
    levels: { from: num(row, at + SHIFT + 1) * aMinute, to: num(row, at + SHIFT + 2) * aMinute },
  }
}

/** The most that may be expected in a tick of the block that the row stands at. Up to it a count is no evidence for more. */
export function boundOfCount(row: Float64Array, at: number): number {
  return num(row, at + BOUND)
}

function endBlock(row: Float64Array, at: number, calendar: Calendar): void {
  const block = num(row, at + BLOCK)
  const start = block * calendar.ticksPerBlock
  const own = calendar.ticksPerBlock - Math.max(0, num(row, at + FIRST) - start)
  // One tick is no block: taken for one, it would be the mean that the whole next block is held against.
  if (2 * own < calendar.ticksPerBlock) {
    row[at + CARRIED] = own
    return
  }
  const ticks = own + num(row, at + CARRIED)
  row[at + CARRIED] = 0
  const mean = num(row, at + MEAN)
  const quiet = Math.max(0, ticks - num(row, at + TOUCHED))
  if (mean > 0 && quiet > 0) addDispersion(row, at, 0, mean, quiet)
  endBursts(row, at, quiet)
  row[at + PENDING_TICKS] = ticks
  row[at + PENDING_BLOCK] = block
  row.copyWithin(at + PENDING, at + SUM, at + SUM + BLOCK_WIDTH)
  row.fill(0, at + SUM, at + SUM + BLOCK_WIDTH)
}

function commitPending(row: Float64Array, at: number, bins: Uint16Array, binsAt: number, blockMs: number): void {
  const ticks = num(row, at + PENDING_TICKS)
  if (ticks === 0) return
  const sum = num(row, at + SUM + WAITING)
  const level = num(row, at + RAW + WAITING) / ticks
  // As it was, frozen or not: a job that alarms in its first night must not in its second.
  rememberLevel(bins, binsAt, num(row, at + PENDING_BLOCK) * blockMs, level, referenceOf(row, at, 1))
  const run = row[at + FROZEN + WAITING] === 1 ? num(row, at + FROZEN_RUN) + 1 : 0
  row[at + FROZEN_RUN] = run
  if (run === BLOCKS_FROZEN + 1) acceptLevel(row, at, level, ticks)
  else if (run === 0 || run > BLOCKS_FROZEN) {
    if (sum > 0) commitActive(row, at, sum, ticks)
    row[at + HOUR_SUM] = num(row, at + HOUR_SUM) * HOUR_KEPT + sum
    row[at + HOUR_TICKS] = num(row, at + HOUR_TICKS) * HOUR_KEPT + ticks
  }
  learnDispersion(row, at, run, ticks)
  commitBursts(row, at, ticks)
}

/** What has lasted is a new level, and no volatility of the old one: the hour begins anew with it. */
function acceptLevel(row: Float64Array, at: number, level: number, ticks: number): void {
  row[at + SHIFT] = num(row, at + PENDING_BLOCK)
  row[at + SHIFT + 1] = num(row, at + MEAN)
  row[at + SHIFT + 2] = level
  row[at + HOUR_SUM] = level * ticks
  row[at + HOUR_TICKS] = ticks
}

/** Volatility: how far the level of one active block strays from what was expected, beyond what F explains. */
function commitActive(row: Float64Array, at: number, sum: number, ticks: number): void {
  const reference = referenceOf(row, at, 1)
  if (reference > 0) {
    const expected = ticks * reference
    const fano = num(row, at + FANO)
    const step = Math.log((sum + 1) / (expected + 1))
    const shrunk = step < 0 ? 0.7 * step : step
    const strayed = Math.max(Math.min(shrunk * shrunk, 4) - fano / (expected + 1), -0.5)
    const size = Math.max(expected, sum)
    const weight = size / (size + 8 * fano)
    row[at + VOLATILITY_SUM] = num(row, at + VOLATILITY_SUM) * VOLATILITY_KEPT + weight * strayed
    row[at + VOLATILITY_WEIGHT] = num(row, at + VOLATILITY_WEIGHT) * VOLATILITY_KEPT + weight
    addBlockDispersion(row, at, sum, expected, 1 - weight)
  }
  const weight = Math.min(LEVEL_WEIGHT_MAX, num(row, at + LEVEL_WEIGHT) + 1)
  row[at + LEVEL_WEIGHT] = weight
  row[at + LEVEL] = num(row, at + LEVEL) + (sum / ticks - num(row, at + LEVEL)) / weight
  row[at + ACTIVE_BLOCKS] = num(row, at + ACTIVE_BLOCKS) + 1
}

/** The larger of the last hour's level and (so much of) the long-term level of active blocks: what it does when it works. */
function referenceOf(row: Float64Array, at: number, longTerm: number): number {
  const ticks = num(row, at + HOUR_TICKS)
  return Math.max(ticks > 0 ? num(row, at + HOUR_SUM) / ticks : 0, longTerm * num(row, at + LEVEL))
}

/** How many times the level the envelope is at least: from how far the level was seen to stray from block to block. */
function marginOf(row: Float64Array, at: number, constants: CountConstants): number {
  const variance = (num(row, at + VOLATILITY_SUM) + 6 * 0.15 * 0.15) / (num(row, at + VOLATILITY_WEIGHT) + 6)
  const volatility = Math.max(0.05, Math.sqrt(Math.max(0, variance)))
  return Math.max(constants.margin, Math.exp(constants.perVolatility * volatility))
}

/** Fixes what follows from what was learned, for the block that begins. `recalled`: the level that this time of day recalls. */
function settleNorm(
  row: Float64Array,
  at: number,
  recalled: number,
  tick: number,
  calendar: Calendar,
  constants: CountConstants,
): void {
  const ticks = num(row, at + HOUR_TICKS)
  const mean = ticks > 0 ? num(row, at + HOUR_SUM) / ticks : 0
  const sd = ticks > 0 ? Math.sqrt(num(row, at + HOUR_SUM) + 0.5) / ticks : 0
  const margin = marginOf(row, at, constants)
  const level = margin * referenceOf(row, at, constants.longTerm)
  const envelope = Math.max(BOUND_LEAST, level + constants.perDeviation * sd)
  // A level that the envelope holds anyway is no peak: taken for one, it would hide half as much again on every day after the first.
  const bound = recalled > envelope ? Math.max(envelope, constants.perPeak * recalled) : envelope
  const active = num(row, at + ACTIVE_BLOCKS) + (num(row, at + SUM + WAITING) > 0 ? 1 : 0)
  const old = (tick - num(row, at + FIRST)) * calendar.tickMs >= ARM_MS
  const { plain, excess, phi } = dispersionOf(row, at, mean, constants)
  row[at + MARGIN] = margin
  row[at + MEAN] = mean
  row[at + BOUND] = bound
  row[at + RAISED] = bound / envelope
  row[at + SHAPE] = bound / (excess + phi * bound)
  row[at + ARMED] = ticks > 0 && old && num(row, at + SEEN) >= ARM_CALLS && active >= ARM_BLOCKS ? 1 : 0
  row[at + FANO] = Math.max(1.3, plain)
}
