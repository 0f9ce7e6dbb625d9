import { BLOCKS_FROZEN, BLOCKS_WALKED, blockOf, type Calendar, keptPerBlock } from './blocks.ts'
import { HOUR_LATER, PEAKS_BINS, recalledLevel, rememberLevel } from './peaks.ts'
import {
  ARMED,
  BEYOND,
  BLOCK,
  BLOCK_WIDTH,
  BOUND,
  EXCESS,
  FIRST_BLOCK,
  FROZEN,
  FROZEN_RUN,
  HALF,
  IS_PENDING,
  LAST,
  LAST_BOUND,
  LEARNED,
  LEVEL_SUM,
  LEVEL_WINDOWS,
  LOG_EDGE,
  MEAN,
  num,
  PEAK,
  PENDING,
  RECENT_SUM,
  RECENT_WINDOWS,
  SEEN,
  STRAY_BLOCKS,
  STRAY_SUM,
  STRAY_TODAY,
  STRAY_YESTERDAY,
  SUM,
  VOLUME_WIDTH,
  WAITING,
} from './volume-row.ts'
import { learnWindow, settleTail, WINDOW_BINS } from './volume-tail.ts'

/**
 * The baseline of a volume: how many bytes come in a window of five minutes, aligned in event time, two to a block. Only windows in
 * which any came are learned and judged: a silent one says nothing.
 *
 * This is the slow clock. What is normal fades with a half-life of three days and not of an hour, so a trickle does not become its own
 * baseline; hours of the day are allowed for by a memory of peaks. In its first week an entity may have seen no weekday like this
 * one, and its level of the last hours counts as well: until then slow ramps are absorbed.
 */
const WINDOWS = 2
/** Bins of one volume: the histogram of windows and the memory of peaks. */
export const VOLUME_BINS = WINDOW_BINS + PEAKS_BINS

const LEVEL_KEPT = keptPerBlock(432)
const RECENT_KEPT = keptPerBlock(36)
const STRAY_KEPT = keptPerBlock(432)
const WEEK_BLOCKS = 1008
/** Four hours and more of windows that had bytes. */
const ARM_WINDOWS = 50
/** A volume that doubles (a deploy, a new customer) is no evidence. */
const MARGIN_LEAST = 2
/** Three standard deviations: only what is above is squared, which makes half of a variance. */
const PER_STRAY = 3 * Math.SQRT2
/** Standard deviations of a mean of windows that vary as much as their mean. */
const DEVIATIONS = 2.5
const PER_PEAK = 1.5
/** What is believed of how far blocks stray before any was seen: 15% up, worth six blocks. */
const STRAY_PRIOR = 6
const STRAY_SQUARED = 0.15 ** 2
/** A single block says at most that the level may stray by a factor of e^2. */
const STRAY_MOST = 4
/** One window is learned with so many times the bound at most. */
const WINSOR = 3
const DAY_MS = 86_400_000
/** What is left of the past once a shift is accepted, in windows: two hours. */
const SHIFTED_WINDOWS = 24
/** Levels of the memory of peaks are kept in this unit: it reaches from 20 kB to 72 GB a window. */
const PEAK_BYTES = 1_000_000
const BOUND_LEAST = 1000

/** What a volume is judged by. */
export interface VolumeNorm {
  /** Bytes in the window before this tick. */
  before: number
  /** Bytes a window that had any, at this time of the day, on average; and the most that the average may truly be. */
  mean: number
  bound: number
  /** The window before that had bytes, and its bound: its evidence is whole only now that it is over. 0: it was not tested. */
  last: number
  lastBound: number
  /** Windows that the histogram holds, how many lie beyond its edge, and by how much; see `Tail`. */
  learned: number
  beyond: number
  excess: number
  logEdge: number
  /** The histogram: `WINDOW_BINS` numbers from `histogramAt` on. Not to be written to, and not to be kept. */
  histogram: Uint16Array
  histogramAt: number
  armed: boolean
  seen: number
}

const NO_HISTOGRAM = new Uint16Array(WINDOW_BINS)

/** A norm to be filled: of a volume that knows nothing. */
export function newVolumeNorm(): VolumeNorm {
  const tail = { learned: 0, beyond: 0, excess: 0, logEdge: 0, histogram: NO_HISTOGRAM, histogramAt: 0 }
  return { before: 0, mean: 0, bound: BOUND_LEAST, last: 0, lastBound: 0, ...tail, armed: false, seen: 0 }
}

export function openVolume(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
): void {
  row.fill(0, at, at + VOLUME_WIDTH)
  bins.fill(0, binsAt, binsAt + VOLUME_BINS)
  row[at + FIRST_BLOCK] = blockOf(calendar, tick)
  row[at + BLOCK] = blockOf(calendar, tick)
  row[at + HALF] = halfOf(calendar, tick)
  row[at + BOUND] = BOUND_LEAST
}

/** Ends the window and commits the blocks that ended before this tick. `twice`: as for a count. */
export function rollVolume(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
  twice: boolean,
): void {
  const block = blockOf(calendar, tick)
  const half = halfOf(calendar, tick)
  const behind = block - num(row, at + BLOCK)
  if (behind < 0 || (behind === 0 && half <= num(row, at + HALF))) return
  endWindow(row, at)
  row[at + HALF] = half
  if (behind === 0) return
  const blockMs = calendar.ticksPerBlock * calendar.tickMs
  const walked = Math.min(behind, BLOCKS_WALKED)
  for (let i = 0; i < walked; i += 1) {
    commitPending(row, at, bins, binsAt, blockMs)
    row.copyWithin(at + PENDING, at + BLOCK, at + BLOCK + BLOCK_WIDTH)
    row[at + IS_PENDING] = 1
    row.fill(0, at + SUM, at + SUM + WINDOWS)
    row[at + FROZEN] = 0
    row[at + BLOCK] = i === walked - 1 ? block : num(row, at + BLOCK) + 1
  }
  settle(row, at, bins, binsAt, blockMs, twice)
}

/** Counts one tick's bytes and calls. */
export function observeVolume(row: Float64Array, at: number, bytes: number, calls: number): void {
  const sum = at + SUM + num(row, at + HALF)
  row[sum] = num(row, sum) + bytes
  row[at + SEEN] = num(row, at + SEEN) + calls
}

export function freezeVolume(row: Float64Array, at: number): void {
  row[at + FROZEN] = 1
}

/** What the window that the row stands at is judged by. */
export function normOfVolume(row: Float64Array, at: number, bins: Uint16Array, binsAt: number, into: VolumeNorm): void {
  into.before = num(row, at + SUM + num(row, at + HALF))
  into.mean = num(row, at + MEAN)
  into.bound = num(row, at + BOUND)
  into.last = num(row, at + LAST)
  into.lastBound = num(row, at + LAST_BOUND)
  into.learned = num(row, at + LEARNED)
  into.beyond = num(row, at + BEYOND)
  into.excess = num(row, at + EXCESS)
  into.logEdge = num(row, at + LOG_EDGE)
  into.histogram = bins
  into.histogramAt = binsAt
  into.armed = row[at + ARMED] === 1
  into.seen = num(row, at + SEEN)
}

/** What the window would come to with so many bytes more, where that can be evidence, as of the settled ticks; else 0. */
export function risingVolume(row: Float64Array, at: number, bytes: number): number {
  const sum = num(row, at + SUM + num(row, at + HALF)) + bytes
  return row[at + ARMED] === 1 && sum > num(row, at + BOUND) ? sum : 0
}

function halfOf({ ticksPerBlock }: Calendar, tick: number): number {
  const within = tick - Math.floor(tick / ticksPerBlock) * ticksPerBlock
  return 2 * within < ticksPerBlock ? 0 : 1
}

/** Keeps what the window came to: the bets on it are settled when the next one begins. */
function endWindow(row: Float64Array, at: number): void {
  const sum = num(row, at + SUM + num(row, at + HALF))
  if (sum === 0) return
  row[at + LAST] = sum
  row[at + LAST_BOUND] = row[at + ARMED] === 1 ? num(row, at + BOUND) : 0
}

function commitPending(row: Float64Array, at: number, bins: Uint16Array, binsAt: number, blockMs: number): void {
  fade(row, at + LEVEL_SUM, LEVEL_KEPT)
  fade(row, at + RECENT_SUM, RECENT_KEPT)
  fade(row, at + STRAY_SUM, STRAY_KEPT)
  if (row[at + IS_PENDING] !== 1) return
  let windows = 0
  let bytes = 0
  for (let half = 0; half < WINDOWS; half += 1) {
    const sum = num(row, at + SUM + WAITING + half)
    if (sum > 0) windows += 1
    bytes += sum
  }
  if (num(row, at + BLOCK + WAITING) % Math.round(DAY_MS / blockMs) === 0) learnStrays(row, at)
  const mean = num(row, at + MEAN + WAITING)
  const level = windows === 0 ? 0 : bytes / windows
  const start = num(row, at + BLOCK + WAITING) * blockMs
  // As it was, frozen or not: a backup that alarms in its first night must not in its second.
  rememberLevel(bins, binsAt + WINDOW_BINS, start, level / PEAK_BYTES, mean / PEAK_BYTES)
  if (windows === 0) return
  observeStray(row, at, level)
  const run = row[at + FROZEN + WAITING] === 1 ? num(row, at + FROZEN_RUN) + 1 : 0
  row[at + FROZEN_RUN] = run
  if (run > 0 && run <= BLOCKS_FROZEN) return
  if (run === BLOCKS_FROZEN + 1) acceptShift(row, at)
  for (let half = 0; half < WINDOWS; half += 1) learn(row, at, bins, binsAt, num(row, at + SUM + WAITING + half))
}

/** How far a block's level is above the usual one, where no recurring peak explains it. Frozen or not: what strays has to be known as that. */
function observeStray(row: Float64Array, at: number, level: number): void {
  const windows = num(row, at + LEVEL_WINDOWS)
  if (windows === 0) return
  const isKnown = level <= PER_PEAK * num(row, at + PEAK + WAITING)
  const stray = isKnown ? 0 : Math.max(0, Math.log((level * windows) / num(row, at + LEVEL_SUM)))
  row[at + STRAY_TODAY] = num(row, at + STRAY_TODAY) + Math.min(stray * stray, STRAY_MOST)
  row[at + STRAY_TODAY + 1] = num(row, at + STRAY_TODAY + 1) + 1
}

/** At the turn of a day the strays of the day before yesterday are learned: a trickle of some hours must not excuse itself. */
function learnStrays(row: Float64Array, at: number): void {
  for (const part of [0, 1]) {
    row[at + STRAY_SUM + part] = num(row, at + STRAY_SUM + part) + num(row, at + STRAY_YESTERDAY + part)
    row[at + STRAY_YESTERDAY + part] = num(row, at + STRAY_TODAY + part)
    row[at + STRAY_TODAY + part] = 0
  }
}

function learn(row: Float64Array, at: number, bins: Uint16Array, binsAt: number, sum: number): void {
  if (sum === 0) return
  const most = row[at + ARMED] === 1 ? WINSOR * num(row, at + BOUND + WAITING) : sum
  for (const part of [LEVEL_SUM, RECENT_SUM]) {
    row[at + part] = num(row, at + part) + Math.min(sum, most)
    row[at + part + 1] = num(row, at + part + 1) + 1
  }
  row[at + LEARNED] = learnWindow(bins, binsAt, num(row, at + LEARNED), sum)
}

/** What looked odd for two hours is the new normal: little is left of the weight of what was before. */
function acceptShift(row: Float64Array, at: number): void {
  const windows = num(row, at + LEVEL_WINDOWS)
  if (windows > SHIFTED_WINDOWS) fade(row, at + LEVEL_SUM, SHIFTED_WINDOWS / windows)
}

/** What the block is judged by. */
function settle(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  blockMs: number,
  twice: boolean,
): void {
  const block = num(row, at + BLOCK)
  const windows = num(row, at + LEVEL_WINDOWS)
  const level = windows > 0 ? num(row, at + LEVEL_SUM) / windows : 0
  const hours = num(row, at + RECENT_WINDOWS)
  const isYoung = block - num(row, at + FIRST_BLOCK) < WEEK_BLOCKS
  const reference = isYoung && hours > 0 ? Math.max(level, num(row, at + RECENT_SUM) / hours) : level
  const peak = recalledLevel(bins, binsAt + WINDOW_BINS, block * blockMs, twice, HOUR_LATER) * PEAK_BYTES
  const stray = Math.sqrt(
    (num(row, at + STRAY_SUM) + STRAY_PRIOR * STRAY_SQUARED) / (num(row, at + STRAY_BLOCKS) + STRAY_PRIOR),
  )
  const margin =
    Math.max(MARGIN_LEAST, Math.exp(PER_STRAY * stray)) * (1 + DEVIATIONS / Math.sqrt(Math.max(1, windows)))
  row[at + MEAN] = Math.max(reference, peak)
  row[at + PEAK] = peak
  row[at + BOUND] = Math.max(BOUND_LEAST, margin * reference, PER_PEAK * peak)
  row[at + ARMED] = num(row, at + LEARNED) >= ARM_WINDOWS && windows > 0 ? 1 : 0
  settleTail(row, at, bins, binsAt)
}

/** Lets a sum and its weight, which lie side by side, fade together. */
function fade(row: Float64Array, at: number, kept: number): void {
  row[at] = num(row, at) * kept
  row[at + 1] = num(row, at + 1) * kept
}
