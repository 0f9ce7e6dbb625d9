/** Where the numbers of a volume's baseline lie in its row. Sums are in bytes, levels in bytes a window. */
export const VOLUME_WIDTH = 37

export const FIRST_BLOCK = 0
export const SEEN = 1
/** The block and window that the row stands at, and the sums of the block's two windows so far. */
export const BLOCK = 2
export const HALF = 3
export const SUM = 4
export const FROZEN = 6
/** What the block is judged by, fixed from its start to its end. */
export const MEAN = 7
export const BOUND = 8
/** What the memory of peaks recalls for it. */
export const PEAK = 9
/** A block is the numbers from BLOCK on; the one that waits to be learned is as long. */
export const BLOCK_WIDTH = PEAK - BLOCK + 1
export const PENDING = 10
/** Where a number of the current block lies in the one that waits. */
export const WAITING = PENDING - BLOCK
export const IS_PENDING = 18
/** The last window that had bytes and was tested: its sum, and what it was held against. */
export const LAST = 19
export const LAST_BOUND = 20
export const FROZEN_RUN = 21
/** Learned: sums and numbers of windows with bytes, fading in days and in hours; how far blocks strayed upwards. */
export const LEVEL_SUM = 22
export const LEVEL_WINDOWS = 23
export const RECENT_SUM = 24
export const RECENT_WINDOWS = 25
export const STRAY_SUM = 26
export const STRAY_BLOCKS = 27
/** Strays of today and of yesterday, which are not learned yet: a sum and a number each. */
export const STRAY_TODAY = 33
export const STRAY_YESTERDAY = 35
/** The histogram's total, and the tail that follows from it. */
export const LEARNED = 28
export const BEYOND = 29
export const EXCESS = 30
export const LOG_EDGE = 31
export const ARMED = 32

export function num(row: Float64Array, at: number): number {
  return row[at] as number
}
