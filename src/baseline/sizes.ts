import { halveBins } from '#src/sketch/halving.ts'
import { SIZE_BINS } from '#src/sketch/logbins.ts'
import { BLOCKS_FROZEN, blockOf, type Calendar } from './blocks.ts'
import { findTail, isBeyond, learnedBeyond, logTail, newTail, type Side, type Tail } from './tail.ts'

/**
 * The baseline of sizes: a log histogram and the two tails that follow from it. State is a row of numbers and three histograms at an
 * offset, so that a scratch copy is one `set` and a checkpoint is the row.
 */
export const SIZES_WIDTH = 21
/** Histograms a sizes baseline keeps: learned, the block that waits, the current block. */
export const SIZES_BINS = 3 * SIZE_BINS

const SEEN = 0
const BLOCK = 1
const FROZEN = 2
const PENDING = 3
const PENDING_FROZEN = 4
const FROZEN_RUN = 5
const LEARNED = 6
/** The block in which the histogram was last halved for its age, and how often it was halved at all. */
const FADED = 7
const HALVED = 8
/** Two tails, as `Tail` orders its numbers. */
const UPPER = 9
const LOWER = 15

const ARM_CALLS = 50
const LEARNED_MAX = 65_535
/**
 * Half of what is learned is forgotten in a week: what comes every week is remembered, and the largest size of one bad day is gone
 * after two or three, however few calls the entity has.
 */
const FADE_BLOCKS = 1008
/** After so many halvings there is nothing left. */
const FADES_MOST = 17
/** Blocks after which nothing waits to be learned any more. */
const BLOCKS_WAITING = 3

/** What sizes are judged by. */
export interface SizesNorm {
  /** Sizes that the histogram holds. */
  learned: number
  armed: boolean
  seen: number
  readonly upper: Tail
  readonly lower: Tail
  /** The learned histogram: `SIZE_BINS` numbers from `histogramAt` on. Not to be written to, and not to be kept. */
  histogram: Uint16Array
  histogramAt: number
}

const NO_HISTOGRAM = new Uint16Array(SIZE_BINS)

export function newSizesNorm(): SizesNorm {
  return {
    learned: 0,
    armed: false,
    seen: 0,
    upper: newTail('upper'),
    lower: newTail('lower'),
    histogram: NO_HISTOGRAM,
    histogramAt: 0,
  }
}

const scratch: Readonly<Record<Side, Tail>> = { upper: newTail('upper'), lower: newTail('lower') }

export function openSizes(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
): void {
  row.fill(0, at, at + SIZES_WIDTH)
  bins.fill(0, binsAt, binsAt + SIZES_BINS)
  row[at + BLOCK] = blockOf(calendar, tick)
  row[at + FADED] = blockOf(calendar, tick)
  settleNorm(row, at, bins, binsAt)
}

/** Commits the blocks that ended before this tick, and forgets what is old. */
export function rollSizes(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
): void {
  const block = blockOf(calendar, tick)
  const behind = block - num(row, at + BLOCK)
  if (behind <= 0) return
  const walked = Math.min(behind, BLOCKS_WAITING)
  for (let i = 1; i <= walked; i += 1) {
    commitPending(row, at, bins, binsAt)
    bins.copyWithin(binsAt + SIZE_BINS, binsAt + 2 * SIZE_BINS, binsAt + 3 * SIZE_BINS)
    bins.fill(0, binsAt + 2 * SIZE_BINS, binsAt + 3 * SIZE_BINS)
    row[at + PENDING] = 1
    row[at + PENDING_FROZEN] = num(row, at + FROZEN)
    row[at + FROZEN] = 0
    fade(row, at, bins, binsAt, num(row, at + BLOCK) + i)
  }
  fade(row, at, bins, binsAt, block)
  row[at + BLOCK] = block
  settleNorm(row, at, bins, binsAt)
}

/** Counts one tick's sizes: bin, count, bin, count, … */
export function observeSizes(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  pairs: readonly number[],
): void {
  const current = binsAt + 2 * SIZE_BINS
  for (let i = 0; i < pairs.length; i += 2) {
    const bin = pairs[i] as number
    const count = pairs[i + 1] as number
    row[at + SEEN] = num(row, at + SEEN) + count
    bins[current + bin] = Math.min(LEARNED_MAX, (bins[current + bin] as number) + count)
  }
}

export function freezeSizes(row: Float64Array, at: number): void {
  row[at + FROZEN] = 1
}

export function normOfSizes(row: Float64Array, at: number, bins: Uint16Array, binsAt: number, into: SizesNorm): void {
  into.learned = num(row, at + LEARNED)
  into.armed = isArmed(row, at)
  into.seen = num(row, at + SEEN)
  readTail(row, at + UPPER, into.upper)
  readTail(row, at + LOWER, into.lower)
  into.histogram = bins
  into.histogramAt = binsAt
}

/** Whether a size in this bin can be evidence, as of the block that the row stands at. */
export function isOddBin(row: Float64Array, at: number, bin: number): boolean {
  if (!isArmed(row, at)) return false
  return bin >= num(row, at + UPPER + ODD_BIN) || bin <= num(row, at + LOWER + ODD_BIN)
}

/** How many learned sizes lie in this bin or beyond it. */
export function learnedFrom(norm: SizesNorm, bin: number, side: Side): number {
  return learnedBeyond(norm.histogram, norm.histogramAt, bin, side)
}

/** Natural logarithm of the probability of a size in this bin or beyond it; 0 where it is no evidence: before the first odd bin, or in none. */
export function logProbability(norm: SizesNorm, bin: number, side: Side): number {
  const tail = norm[side]
  if (bin < 0 || bin >= SIZE_BINS || !isBeyond(side, bin, tail.oddBin)) return 0
  return logTail(tail, bin, side, norm.learned, learnedFrom(norm, bin, side))
}

function commitPending(row: Float64Array, at: number, bins: Uint16Array, binsAt: number): void {
  if (row[at + PENDING] !== 1) return
  const run = row[at + PENDING_FROZEN] === 1 ? num(row, at + FROZEN_RUN) + 1 : 0
  row[at + FROZEN_RUN] = run
  if (run > 0 && run <= BLOCKS_FROZEN) return
  let learned = 0
  for (let bin = 0; bin < SIZE_BINS; bin += 1) {
    const sum = (bins[binsAt + bin] as number) + (bins[binsAt + SIZE_BINS + bin] as number)
    bins[binsAt + bin] = Math.min(LEARNED_MAX, sum)
    learned += bins[binsAt + bin] as number
  }
  while (learned > LEARNED_MAX) learned = halve(row, at, bins, binsAt)
}

/** Halves what is learned for every week that has passed until this block. */
function fade(row: Float64Array, at: number, bins: Uint16Array, binsAt: number, block: number): void {
  const due = Math.floor((block - num(row, at + FADED)) / FADE_BLOCKS)
  if (due <= 0) return
  for (let i = 0; i < Math.min(due, FADES_MOST); i += 1) halve(row, at, bins, binsAt)
  row[at + FADED] = num(row, at + FADED) + due * FADE_BLOCKS
}

/** Forgets half of the sizes; rounded up once and down the next time. Returns what is left. */
function halve(row: Float64Array, at: number, bins: Uint16Array, binsAt: number): number {
  const halved = num(row, at + HALVED)
  row[at + HALVED] = halved + 1
  return halveBins(bins, binsAt, SIZE_BINS, halved % 2 === 0)
}

function settleNorm(row: Float64Array, at: number, bins: Uint16Array, binsAt: number): void {
  let learned = 0
  for (let bin = 0; bin < SIZE_BINS; bin += 1) learned += bins[binsAt + bin] as number
  row[at + LEARNED] = learned
  for (const side of ['upper', 'lower'] as const) {
    findTail(bins, binsAt, learned, side, scratch[side])
    writeTail(row, at + (side === 'upper' ? UPPER : LOWER), scratch[side])
  }
}

function isArmed(row: Float64Array, at: number): boolean {
  return num(row, at + LEARNED) >= ARM_CALLS
}

/** Where a tail's numbers lie in its part of the row. */
const ODD_BIN = 4

function writeTail(row: Float64Array, at: number, tail: Tail): void {
  row[at] = tail.beyond
  row[at + 1] = tail.excess
  row[at + 2] = tail.logEdge
  row[at + 3] = tail.edgeBin
  row[at + ODD_BIN] = tail.oddBin
  row[at + 5] = tail.lastBin
}

function readTail(row: Float64Array, at: number, tail: Tail): void {
  tail.beyond = num(row, at)
  tail.excess = num(row, at + 1)
  tail.logEdge = num(row, at + 2)
  tail.edgeBin = num(row, at + 3)
  tail.oddBin = num(row, at + ODD_BIN)
  tail.lastBin = num(row, at + 5)
}

function num(row: Float64Array, at: number): number {
  return row[at] as number
}
