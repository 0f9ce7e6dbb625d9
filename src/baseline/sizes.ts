import { logFloorOf, SIZE_BINS } from '#src/sketch/logbins.ts'
import { BLOCKS_FROZEN, BLOCKS_WALKED, blockOf, type Calendar } from './blocks.ts'

/**
 * The baseline of sizes: a log histogram and the tail that follows from it. The upper tail beyond the point that the largest 2%
 * (at least ten) exceed is a Pareto with Gamma-predictive shape, so that the uncertainty of a short history is in the p-value
 * (Hill 1975 for the estimator).
 */
export const SIZES_WIDTH = 13
/** Histograms a sizes baseline keeps: learned, the block that waits, the current block. */
export const SIZES_BINS = 3 * SIZE_BINS

const FIRST = 0
const SEEN = 1
const BLOCK = 2
const FROZEN = 3
const PENDING = 4
const PENDING_FROZEN = 5
const FROZEN_RUN = 6
const LEARNED = 7
const BEYOND = 8
const EXCESS = 9
const LOG_EDGE = 10
const ARMED = 11
const ODD_BIN = 12

const ARM_CALLS = 50
const BEYOND_LEAST = 10
const BEYOND_SHARE = 0.02
/** No evidence from sizes below three times the edge: a deploy that makes everything somewhat larger is no outlier. */
const ODD_FACTOR = Math.log(3)
/** The least relative spread of the tail, so that an endpoint of constant size does not make every other size impossible. */
const EXCESS_LEAST = 0.05
const LEARNED_MAX = 65_535

/** What sizes are judged by. */
export interface SizesNorm {
  /** Sizes that the histogram holds. */
  learned: number
  /** How many of them lie beyond the edge. */
  beyond: number
  /** Sum of their log excesses over the edge. */
  excess: number
  /** Natural logarithm of the edge in bytes. */
  logEdge: number
  armed: boolean
  /** The first bin that can be evidence. */
  oddBin: number
  seen: number
}

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
  row[at + FIRST] = tick
  row[at + BLOCK] = blockOf(calendar, tick)
  row[at + ODD_BIN] = SIZE_BINS
}

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
  // After two silent blocks there is nothing left to commit: sizes do not fade with time.
  const walked = Math.min(behind, 3, BLOCKS_WALKED)
  for (let i = 0; i < walked; i += 1) {
    commitPending(row, at, bins, binsAt)
    bins.copyWithin(binsAt + SIZE_BINS, binsAt + 2 * SIZE_BINS, binsAt + 3 * SIZE_BINS)
    bins.fill(0, binsAt + 2 * SIZE_BINS, binsAt + 3 * SIZE_BINS)
    row[at + PENDING] = 1
    row[at + PENDING_FROZEN] = num(row, at + FROZEN)
    row[at + FROZEN] = 0
  }
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

export function normOfSizes(row: Float64Array, at: number, into: SizesNorm): void {
  into.learned = num(row, at + LEARNED)
  into.beyond = num(row, at + BEYOND)
  into.excess = num(row, at + EXCESS)
  into.logEdge = num(row, at + LOG_EDGE)
  into.armed = row[at + ARMED] === 1
  into.oddBin = num(row, at + ODD_BIN)
  into.seen = num(row, at + SEEN)
}

/** The first bin that can be evidence, as of the block that the row stands at. */
export function oddBinOf(row: Float64Array, at: number): number {
  return num(row, at + ODD_BIN)
}

/** Natural logarithm of the probability that a call is in this bin or beyond; 0 below the edge (no evidence either way). */
export function logTail(norm: SizesNorm, bin: number): number {
  const y = logFloorOf(bin) - norm.logEdge
  if (y <= 0) return 0
  return Math.log((norm.beyond + 1) / (norm.learned + 1)) - (norm.beyond + 4) * Math.log1p(y / (norm.excess + 1))
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
  while (learned > LEARNED_MAX) {
    learned = 0
    for (let bin = 0; bin < SIZE_BINS; bin += 1) {
      // Halving forgets old sizes, exactly and without a clock.
      bins[binsAt + bin] = (bins[binsAt + bin] as number) >> 1
      learned += bins[binsAt + bin] as number
    }
  }
}

function settleNorm(row: Float64Array, at: number, bins: Uint16Array, binsAt: number): void {
  let learned = 0
  for (let bin = 0; bin < SIZE_BINS; bin += 1) learned += bins[binsAt + bin] as number
  const wanted = Math.max(BEYOND_LEAST, Math.ceil(BEYOND_SHARE * learned))
  let beyond = 0
  let edge = SIZE_BINS
  while (edge > 0 && beyond < wanted) {
    edge -= 1
    beyond += bins[binsAt + edge] as number
  }
  const logEdge = logFloorOf(edge)
  let excess = 0
  for (let bin = edge; bin < SIZE_BINS; bin += 1) {
    excess += (bins[binsAt + bin] as number) * (logFloorOf(bin + 1) - logEdge)
  }
  row[at + LEARNED] = learned
  row[at + BEYOND] = beyond
  row[at + EXCESS] = Math.max(excess, EXCESS_LEAST * beyond)
  row[at + LOG_EDGE] = logEdge
  row[at + ARMED] = learned >= ARM_CALLS ? 1 : 0
  row[at + ODD_BIN] = learned >= ARM_CALLS ? firstOddBin(logEdge) : SIZE_BINS
}

function firstOddBin(logEdge: number): number {
  let bin = 1
  while (bin < SIZE_BINS && logFloorOf(bin) < logEdge + ODD_FACTOR) bin += 1
  return bin
}

function num(row: Float64Array, at: number): number {
  return row[at] as number
}
