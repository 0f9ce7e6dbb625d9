/** Where the numbers of a count's baseline lie in its row: `count.ts` and `bursts.ts` share them. */
export const COUNT_WIDTH = 67

export const FIRST = 0
export const SEEN = 1
/** The current block: its number, the winsorised and the raw sum, ticks with calls, dispersion, whether it is frozen. */
export const BLOCK = 2
export const SUM = 3
export const RAW = 4
export const TOUCHED = 5
export const STARTS = 6
export const AGAIN = 7
export const SIZE = 8
export const SIZE_SQUARED = 9
export const FANO_SUM = 10
export const FANO_WEIGHT = 11
export const PHI_SUM = 12
export const PHI_WEIGHT = 13
export const FROZEN = 14
/** What a block is, from SUM to FROZEN; the block that waits to be committed is as long. */
export const BLOCK_WIDTH = FROZEN - SUM + 1
export const PENDING = 15
export const PENDING_BLOCK = PENDING + BLOCK_WIDTH
export const PENDING_TICKS = PENDING_BLOCK + 1
/** Where a field of the current block lies in the one that waits. */
export const WAITING = PENDING - SUM
/** Learned: the decayed hour, the running mean of active blocks, volatility, dispersion. */
export const HOUR_SUM = 29
export const HOUR_TICKS = 30
export const LEVEL = 31
export const LEVEL_WEIGHT = 32
export const VOLATILITY_SUM = 33
export const VOLATILITY_WEIGHT = 34
/** FANO_SUM to PHI_WEIGHT once more, decayed. */
export const DISPERSION = 35
export const ACTIVE_BLOCKS = 39
export const FROZEN_RUN = 40
/** What follows from it, fixed for the current block. */
export const MEAN = 41
export const BOUND = 42
export const SHAPE = 43
export const ARMED = 44
export const FANO = 45
/** How many times the envelope was raised by a recurring peak: 1 where none did. */
export const RAISED = 46
/** Ticks of a first block that was too short to be one of its own: they count with the next. */
export const CARRIED = 47
/** The last accepted shift of the level: the block (0: none), from, to. */
export const SHIFT = 48
/** Bursts: TOUCHED to SIZE_SQUARED once more, decayed (without STARTS); starts by the hour and in blocks that had any; gain. */
export const BURSTS = 51
export const BURSTS_AGAIN = 52
export const BURSTS_SIZE = 53
export const BURSTS_SQUARED = 54
export const HOUR_STARTS = 55
export const HOUR_SILENT = 56
export const START_LEVEL = 57
export const START_WEIGHT = 58
export const GAIN = 59
export const GAIN_LEARNED = 60
/** The tick after the last one that had calls. */
export const AFTER = 61
/** How starts come: decayed number of blocks, and of the squares of their starts. */
export const BLOCKS = 62
export const STARTS_SQUARED = 63
/** How many times the level the envelope is, fixed for the current block. */
export const MARGIN = 64
/** The Fano factor of whole blocks that had calls, decayed. */
export const BLOCK_FANO_SUM = 65
export const BLOCK_FANO_WEIGHT = 66

export function num(row: Float64Array, at: number): number {
  return row[at] as number
}
