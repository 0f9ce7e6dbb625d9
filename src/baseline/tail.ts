import { logFloorOf, SIZE_BINS } from '#src/sketch/logbins.ts'

/**
 * One tail of a histogram of sizes, and the probability of what lies in it. Beyond the edge log sizes are exponential with a rate of
 * which Gamma(4, 1) is known beforehand and the learned exceedances the rest (Hill 1975 for the estimator): the uncertainty of a
 * short history is in the probability itself.
 */
export interface Tail {
  /** How many learned sizes lie beyond the edge. */
  beyond: number
  /** Sum of their log excesses over the edge, each taken at the far end of its bin. */
  excess: number
  /** Natural logarithm of the edge in bytes. */
  logEdge: number
  /** The bin next to the edge, beyond it. Beyond the last bin where the bulk lies in that. */
  edgeBin: number
  /** The first bin that can be evidence, and all beyond it; `SIZE_BINS` (upper) or -1 (lower) for none. */
  oddBin: number
  /** The outermost bin that holds anything; `SIZE_BINS` (upper) or -1 (lower) where nothing is learned. */
  lastBin: number
}

export type Side = 'upper' | 'lower'

const BEYOND_LEAST = 10
const BEYOND_SHARE = 0.02
/** No evidence from sizes within three times the edge: a deploy that makes everything somewhat larger is no outlier. */
const ODD_FACTOR = Math.log(3)
/** What is known of the rate beforehand, as exceedances and as their excess: 4 and 1, sizes that fall as x^-4 or so. */
const PRIOR_BEYOND = 4
const PRIOR_EXCESS = 1

export function newTail(side: Side): Tail {
  const none = noBin(side)
  return { beyond: 0, excess: 0, logEdge: 0, edgeBin: none, oddBin: none, lastBin: none }
}

/**
 * Finds the tail of a histogram: the outermost 2%, at least ten. Where that takes in the bulk, because many sizes are equal, twice as
 * many or more would lie beyond the edge, and would speak for sizes of which they know nothing: the tail then begins after them, with
 * as few exceedances as there are (perhaps none), whose uncertainty is accounted for.
 */
export function findTail(bins: Uint16Array, at: number, learned: number, side: Side, into: Tail): void {
  const outwards = side === 'upper' ? 1 : -1
  const wanted = Math.max(BEYOND_LEAST, Math.ceil(BEYOND_SHARE * learned))
  let bin = side === 'upper' ? SIZE_BINS : -1
  let beyond = 0
  into.lastBin = bin
  for (let left = SIZE_BINS; left > 0 && beyond < wanted; left -= 1) {
    bin -= outwards
    const count = bins[at + bin] as number
    if (beyond === 0 && count > 0) into.lastBin = bin
    beyond += count
  }
  if (beyond > 2 * wanted) {
    beyond -= bins[at + bin] as number
    bin += outwards
  }
  const logEdge = nearEnd(bin, side)
  let excess = 0
  for (let one = bin; one >= 0 && one < SIZE_BINS; one += outwards) {
    excess += (bins[at + one] as number) * outwards * (nearEnd(one + outwards, side) - logEdge)
  }
  into.beyond = beyond
  into.excess = excess
  into.logEdge = logEdge
  into.edgeBin = bin
  into.oddBin = firstOdd(bin, logEdge, side)
}

/** Whether a bin lies at `from` or beyond it. */
export function isBeyond(side: Side, bin: number, from: number): boolean {
  return side === 'upper' ? bin >= from : bin <= from
}

/** How many learned sizes lie in this bin or beyond it. */
export function learnedBeyond(bins: Uint16Array, at: number, bin: number, side: Side): number {
  const outwards = side === 'upper' ? 1 : -1
  let sum = 0
  for (let one = bin; one >= 0 && one < SIZE_BINS; one += outwards) sum += bins[at + one] as number
  return sum
}

/**
 * Natural logarithm of the probability that a size lies in this bin or beyond it; 0 up to the edge (no evidence either way). With k
 * of N learned sizes beyond the edge by S in all, and y more than the edge: (k + 1) / (N + 1) * (1 + y / (S + 1))^-(k + 4). Never less
 * than what the learned sizes in and beyond the bin say themselves, where there are any: that is exact for every law of sizes, and
 * makes a new mode ordinary as soon as it is learned.
 */
export function logTail(tail: Tail, bin: number, side: Side, learned: number, learnedThere: number): number {
  const y = side === 'upper' ? nearEnd(bin, side) - tail.logEdge : tail.logEdge - nearEnd(bin, side)
  if (y <= 0) return 0
  const edge = Math.log((tail.beyond + 1) / (learned + 1))
  const model = edge - (tail.beyond + PRIOR_BEYOND) * Math.log1p(y / (tail.excess + PRIOR_EXCESS))
  return learnedThere === 0 ? model : Math.max(model, Math.log((learnedThere + 1) / (learned + 1)))
}

/** The end of a bin that is nearer to the bulk, as a logarithm: what is in the bin is at least so far out. */
function nearEnd(bin: number, side: Side): number {
  return logFloorOf(side === 'upper' ? bin : bin + 1)
}

function firstOdd(edgeBin: number, logEdge: number, side: Side): number {
  const outwards = side === 'upper' ? 1 : -1
  for (let bin = edgeBin; bin >= 0 && bin < SIZE_BINS; bin += outwards) {
    if (outwards * (nearEnd(bin, side) - logEdge) >= ODD_FACTOR) return bin
  }
  return noBin(side)
}

function noBin(side: Side): number {
  return side === 'upper' ? SIZE_BINS : -1
}
