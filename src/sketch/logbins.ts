/**
 * Logarithmic size bins: a DDSketch with fixed dense bins (Masson, Rim, Lee 2019, section 2). Bin 0 holds 0 bytes, bin b >= 1
 * holds [GROWTH^(b-1), GROWTH^b). Counting into bins merges exactly, in any order.
 */
export const SIZE_BINS = 128

/** Ratio of one bin's edges: sizes are known to within 20%, and 128 bins reach beyond 11 GB. */
export const BIN_GROWTH = 1.2

const LOG_GROWTH = Math.log(BIN_GROWTH)

/** The bin of a size in bytes: 0 to SIZE_BINS - 1. Anything below 1 byte is in bin 0, anything beyond the last edge in the last. */
export function binOf(bytes: number): number {
  if (!(bytes >= 1)) return 0
  const bin = Math.floor(Math.log(bytes) / LOG_GROWTH) + 1
  return bin < SIZE_BINS ? bin : SIZE_BINS - 1
}

/** The natural logarithm of a bin's lower edge in bytes; bin 0 counts as 1 byte. */
export function logFloorOf(bin: number): number {
  return bin <= 1 ? 0 : (bin - 1) * LOG_GROWTH
}

/** The smallest whole number of bytes that no bin before this one holds; 0 for bin 0 and for what is before it. */
export function leastOf(bin: number): number {
  return bin <= 0 ? 0 : Math.ceil(Math.exp(logFloorOf(bin)))
}

/** The largest whole number of bytes that no bin after this one holds; -1 for what is before bin 0. */
export function mostOf(bin: number): number {
  return leastOf(bin + 1) - 1
}
