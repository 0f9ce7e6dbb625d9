import { binOf, SIZE_BINS } from '#src/sketch/logbins.ts'
import { findTail, logTail, newTail } from './tail.ts'
import type { VolumeNorm } from './volume.ts'
import { BEYOND, EXCESS, LEARNED, LOG_EDGE, num } from './volume-row.ts'

/**
 * The histogram of a volume's windows and its upper tail. An entity has one window in five minutes at most, so its histogram is coarse:
 * two bins of `logbins.ts` make one, 128 bytes together.
 */
export const WINDOW_BINS = SIZE_BINS / 2

/** No evidence from windows within three times the tail's edge: what holds a somewhat higher level is for the average to say. */
const ODD_FACTOR = Math.log(3)
/** Windows of four weeks; then half of them are forgotten. */
const LEARNED_MOST = 8064

const fine = new Uint16Array(SIZE_BINS)
const tail = newTail('upper')

/** Adds a window to the histogram. Returns how many it holds then. */
export function learnWindow(bins: Uint16Array, at: number, learned: number, bytes: number): number {
  const bin = at + coarseBinOf(bytes)
  bins[bin] = (bins[bin] as number) + 1
  return learned < LEARNED_MOST ? learned + 1 : halve(bins, at)
}

/** Halves how many windows are at or above any bin, rounding down: the largest single ones go first. Returns what is left. */
function halve(bins: Uint16Array, at: number): number {
  let odd = 0
  let left = 0
  for (let bin = WINDOW_BINS - 1; bin >= 0; bin -= 1) {
    const sum = (bins[at + bin] as number) + odd
    odd = sum % 2
    bins[at + bin] = (sum - odd) / 2
    left += (sum - odd) / 2
  }
  return left
}

/** Finds the tail. Windows count for the larger of their two fine bins, so that the tail is never taken for thinner than it is. */
export function settleTail(row: Float64Array, at: number, bins: Uint16Array, binsAt: number): void {
  for (let bin = 0; bin < WINDOW_BINS; bin += 1) fine[2 * bin + 1] = bins[binsAt + bin] as number
  findTail(fine, 0, num(row, at + LEARNED), 'upper', tail)
  row[at + BEYOND] = tail.beyond
  row[at + EXCESS] = tail.excess
  row[at + LOG_EDGE] = tail.logEdge
}

/**
 * Natural logarithm of the probability that a window comes to so many bytes or more; 0 up to three times the tail's edge. Never less than what
 * the windows say that came to as much.
 */
export function logExceedance(norm: VolumeNorm, bytes: number): number {
  tail.beyond = norm.beyond
  tail.excess = norm.excess
  tail.logEdge = norm.logEdge
  if (Math.log(bytes) < norm.logEdge + ODD_FACTOR) return 0
  const bin = coarseBinOf(bytes)
  let there = 0
  for (let one = bin; one < WINDOW_BINS; one += 1) there += norm.histogram[norm.histogramAt + one] as number
  return logTail(tail, 2 * bin, 'upper', norm.learned, there)
}

function coarseBinOf(bytes: number): number {
  return Math.floor(binOf(bytes) / 2)
}
