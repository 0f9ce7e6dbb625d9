import { halveBins } from '#src/sketch/halving.ts'

/**
 * Jumps of a volume: the natural logarithm of how many times its level something came to. Two histograms, of hours and of the largest
 * five minutes of each hour. What hangs together within an hour is one jump, and slow wandering is in the level and no jump at all:
 * so hours are nearly independent of each other, and those that were learned say how probable the next one is.
 */
export const JUMP_BINS = 48

/** Bin 0: the level or less. Bin b begins at WIDTH (e^(b STEP) - 1): 3% steps near the level, 25% at twenty times, and 5,000 times at its end. */
const WIDTH = 0.5
const STEP = 0.0625
/** Hours of nine weeks: jobs of the month's end are remembered. Then half of them are forgotten. */
const LEARNED_MOST = 1512
/** The tail is the outermost ten jumps: the law of large ones is not that of the bulk. */
const BEYOND_MOST = 10

/** The outermost jumps of a histogram. */
export interface JumpTail {
  /** Where it begins, how many lie beyond, and the sums of by how much and of the squares of that, each at the far end of its bin. */
  edge: number
  beyond: number
  excess: number
  squares: number
}

export function newJumpTail(): JumpTail {
  return { edge: 0, beyond: 0, excess: 0, squares: 0 }
}

/**
 * Learns one hour: the jump of its largest five minutes and its own, in the two histograms from `at` on. Returns how many each holds then.
 * `up` says whether what is halved is rounded up: by turns, so that a single large jump fades as the others do.
 */
export function learnJumps(
  bins: Uint16Array,
  at: number,
  learned: number,
  window: number,
  hour: number,
  up: boolean,
): number {
  const first = at + binOfJump(window)
  const second = at + JUMP_BINS + binOfJump(hour)
  bins[first] = (bins[first] as number) + 1
  bins[second] = (bins[second] as number) + 1
  if (learned < LEARNED_MOST) return learned + 1
  halveBins(bins, at + JUMP_BINS, JUMP_BINS, up)
  return halveBins(bins, at, JUMP_BINS, up)
}

/** Ten jumps, half of them where there are fewer than twenty, and none that is no jump: what stays at its level has no tail yet. */
export function findJumpTail(bins: Uint16Array, at: number, learned: number, into: JumpTail): void {
  const wanted = Math.min(BEYOND_MOST, Math.ceil(learned / 2))
  let bin = JUMP_BINS
  let beyond = 0
  while (bin > 1 && beyond < wanted) {
    bin -= 1
    beyond += bins[at + bin] as number
  }
  const edge = startOf(bin)
  let [excess, squares] = [0, 0]
  for (let one = bin; one < JUMP_BINS; one += 1) {
    const y = startOf(one + 1) - edge
    excess += (bins[at + one] as number) * y
    squares += (bins[at + one] as number) * y * y
  }
  into.edge = edge
  into.beyond = beyond
  into.excess = excess
  into.squares = squares
}

/** How many learned jumps are as large as this, by their bins. */
export function jumpsAsLarge(bins: Uint16Array, at: number, jump: number): number {
  let sum = 0
  for (let bin = binOfJump(jump); bin < JUMP_BINS; bin += 1) sum += bins[at + bin] as number
  return sum
}

function binOfJump(jump: number): number {
  return jump <= 0 ? 0 : Math.min(JUMP_BINS - 1, Math.floor(Math.log1p(jump / WIDTH) / STEP))
}

function startOf(bin: number): number {
  return WIDTH * Math.expm1(bin * STEP)
}
