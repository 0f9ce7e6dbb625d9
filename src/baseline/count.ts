import { BLOCKS_FROZEN, BLOCKS_WALKED, blockOf, type Calendar, keptPerBlock } from './blocks.ts'

/**
 * The baseline of a count: how many a tick are normal, how uncertain that is, and how bursty the entity is. State is a row of
 * numbers at an offset, so that a scratch copy is one `set` and a checkpoint is the row.
 *
 * The model is negative binomial with variance F*mu + phi*mu^2: F (Fano factor) carries the clustering of calls at low rates,
 * phi the wander at high ones. The mean is a conservative envelope: e is an e-value for every true mean below `bound` and every
 * true variance below the model's (Shin, Ramdas and Rinaldo 2023, e-detectors; the envelope is our own).
 */
export const COUNT_WIDTH = 35

const FIRST = 0
const SEEN = 1
const BLOCK = 2
const SUM = 3
const TOUCHED = 4
const FANO_SUM = 5
const FANO_WEIGHT = 6
const PHI_SUM = 7
const PHI_WEIGHT = 8
const FROZEN = 9
/** The block that waits to be committed: its ticks (0: none), sums and whether it is frozen. */
const PENDING_TICKS = 10
const PENDING_SUM = 11
const PENDING_FROZEN = 12
/** And its dispersion sums: FANO_SUM to PHI_WEIGHT once more (13 to 16). */
const PENDING_DISPERSION = 13
/** Learned: the decayed hour, the running mean of active blocks, volatility, dispersion. */
const HOUR_SUM = 17
const HOUR_TICKS = 18
const LEVEL = 19
const LEVEL_WEIGHT = 20
const VOLATILITY_SUM = 21
const VOLATILITY_WEIGHT = 22
const FANO_LEARNED = 23
const FANO_LEARNED_WEIGHT = 24
const PHI_LEARNED = 25
const PHI_LEARNED_WEIGHT = 26
const ACTIVE_BLOCKS = 27
const FROZEN_RUN = 28
/** What follows from it, fixed for the current block. */
const MEAN = 29
const BOUND = 30
const SHAPE = 31
const ARMED = 32
const FANO = 33
/** Ticks of a first block that was too short to be one of its own: they count with the next. */
const CARRIED = 34

const HOUR_KEPT = keptPerBlock(6)
const VOLATILITY_KEPT = keptPerBlock(72)
const DISPERSION_KEPT = keptPerBlock(60)
const LEVEL_WEIGHT_MAX = 48
const ARM_CALLS = 30
const ARM_MS = 1_200_000
const ARM_BLOCKS = 3
const BOUND_LEAST = 0.02

/** What a count is judged by, per tick. */
export interface CountNorm {
  /** Calls a tick. */
  mean: number
  /** The most that the mean may truly be: the null's mean. */
  bound: number
  /** The null's shape r: variance = mu + mu^2 / r at mu = bound. */
  shape: number
  /** Whether the baseline is warm enough to judge: 30 calls, 20 minutes, 3 active blocks. */
  armed: boolean
  /** Calls that the baseline rests on. */
  seen: number
}

/** Starts a baseline at the tick at which its entity was admitted. */
export function openCount(row: Float64Array, at: number, tick: number, calendar: Calendar): void {
  row.fill(0, at, at + COUNT_WIDTH)
  row[at + FIRST] = tick
  row[at + BLOCK] = blockOf(calendar, tick)
  settleNorm(row, at, tick, calendar)
}

/** Commits the blocks that ended before this tick. Must be called before `judge` and `observe` of the tick. */
export function rollCount(row: Float64Array, at: number, tick: number, calendar: Calendar): void {
  const block = blockOf(calendar, tick)
  const behind = block - num(row, at + BLOCK)
  if (behind <= 0) return
  const walked = Math.min(behind, BLOCKS_WALKED)
  for (let i = 0; i < walked; i += 1) {
    commitPending(row, at)
    endBlock(row, at, calendar)
    row[at + BLOCK] = i === walked - 1 ? block : num(row, at + BLOCK) + 1
    settleNorm(row, at, num(row, at + BLOCK) * calendar.ticksPerBlock, calendar)
  }
}

/** Counts one tick in which something was counted; silent ticks are added up at the end of the block. */
export function observeCount(row: Float64Array, at: number, k: number): void {
  if (k === 0) return
  const armed = row[at + ARMED] === 1
  row[at + SEEN] = num(row, at + SEEN) + k
  // Winsorised: one monstrous tick must not lift the level that judges its successors.
  row[at + SUM] = num(row, at + SUM) + (armed ? Math.min(k, 3 * num(row, at + BOUND) + 5) : k)
  row[at + TOUCHED] = num(row, at + TOUCHED) + 1
  const mean = num(row, at + MEAN)
  if (mean > 0) addDispersion(row, at, k, mean, 1)
}

/** Keeps the current block's level (not its dispersion) out of what is learned: the entity is near an alarm or in one. */
export function freezeCount(row: Float64Array, at: number): void {
  row[at + FROZEN] = 1
}

export function normOfCount(row: Float64Array, at: number, into: CountNorm): void {
  into.mean = num(row, at + MEAN)
  into.bound = num(row, at + BOUND)
  into.shape = num(row, at + SHAPE)
  into.armed = row[at + ARMED] === 1
  into.seen = num(row, at + SEEN)
}

/** The most that may be expected in a tick of the block that the row stands at. Up to it a count is no evidence for more. */
export function boundOfCount(row: Float64Array, at: number): number {
  return num(row, at + BOUND)
}

function addDispersion(row: Float64Array, at: number, k: number, mean: number, times: number): void {
  // The cap is what keeps one attack from teaching burstiness for good; 400 F is the value that real cron clients need.
  const excess = Math.min(((k - mean) * (k - mean)) / mean, 400 * num(row, at + FANO))
  const fanoWeight = Math.min(1, 30 * mean) * times
  row[at + FANO_SUM] = num(row, at + FANO_SUM) + excess * fanoWeight
  row[at + FANO_WEIGHT] = num(row, at + FANO_WEIGHT) + fanoWeight
  const phiWeight = Math.min(1, mean / 5) ** 2 * times
  const relative = ((k - mean) * (k - mean) - mean) / (mean * mean)
  row[at + PHI_SUM] = num(row, at + PHI_SUM) + Math.min(relative, 400) * phiWeight
  row[at + PHI_WEIGHT] = num(row, at + PHI_WEIGHT) + phiWeight
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
  row[at + PENDING_TICKS] = ticks
  row[at + PENDING_SUM] = num(row, at + SUM)
  row[at + PENDING_FROZEN] = num(row, at + FROZEN)
  row.copyWithin(at + PENDING_DISPERSION, at + FANO_SUM, at + PHI_WEIGHT + 1)
  row.fill(0, at + SUM, at + FROZEN + 1)
}

function commitPending(row: Float64Array, at: number): void {
  const ticks = num(row, at + PENDING_TICKS)
  if (ticks === 0) return
  const sum = num(row, at + PENDING_SUM)
  const run = row[at + PENDING_FROZEN] === 1 ? num(row, at + FROZEN_RUN) + 1 : 0
  row[at + FROZEN_RUN] = run
  if (run === 0 || run > BLOCKS_FROZEN) {
    if (sum > 0) commitActive(row, at, sum, ticks)
    row[at + HOUR_SUM] = num(row, at + HOUR_SUM) * HOUR_KEPT + sum
    row[at + HOUR_TICKS] = num(row, at + HOUR_TICKS) * HOUR_KEPT + ticks
  }
  for (let i = 0; i < 4; i += 1) {
    const learned = at + FANO_LEARNED + i
    row[learned] = num(row, learned) * DISPERSION_KEPT + num(row, at + PENDING_DISPERSION + i)
  }
}

/** Volatility: how far the level of one active block strays from what was expected, beyond what F explains. */
function commitActive(row: Float64Array, at: number, sum: number, ticks: number): void {
  const reference = referenceOf(row, at)
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
  }
  const weight = Math.min(LEVEL_WEIGHT_MAX, num(row, at + LEVEL_WEIGHT) + 1)
  row[at + LEVEL_WEIGHT] = weight
  row[at + LEVEL] = num(row, at + LEVEL) + (sum / ticks - num(row, at + LEVEL)) / weight
  row[at + ACTIVE_BLOCKS] = num(row, at + ACTIVE_BLOCKS) + 1
}

function referenceOf(row: Float64Array, at: number): number {
  const ticks = num(row, at + HOUR_TICKS)
  return Math.max(ticks > 0 ? num(row, at + HOUR_SUM) / ticks : 0, num(row, at + LEVEL))
}

function settleNorm(row: Float64Array, at: number, tick: number, calendar: Calendar): void {
  const ticks = num(row, at + HOUR_TICKS)
  const mean = ticks > 0 ? num(row, at + HOUR_SUM) / ticks : 0
  const sd = ticks > 0 ? Math.sqrt(num(row, at + HOUR_SUM) + 0.5) / ticks : 0
  const fano = Math.max(1.3, (num(row, at + FANO_LEARNED) + 40) / (num(row, at + FANO_LEARNED_WEIGHT) + 20))
  const phi = Math.max(0.03, (1.5 * (num(row, at + PHI_LEARNED) + 5 * 0.3)) / (num(row, at + PHI_LEARNED_WEIGHT) + 5))
  const variance = (num(row, at + VOLATILITY_SUM) + 6 * 0.15 * 0.15) / (num(row, at + VOLATILITY_WEIGHT) + 6)
  const volatility = Math.max(0.05, Math.sqrt(Math.max(0, variance)))
  const bound = Math.max(BOUND_LEAST, Math.max(1.3, Math.exp(3 * volatility)) * referenceOf(row, at) + 2.5 * sd)
  const active = num(row, at + ACTIVE_BLOCKS) + (num(row, at + PENDING_SUM) > 0 ? 1 : 0)
  const old = (tick - num(row, at + FIRST)) * calendar.tickMs >= ARM_MS
  row[at + MEAN] = mean
  row[at + BOUND] = bound
  row[at + SHAPE] = bound / (1.5 * Math.max(0.3, fano - 1) + phi * bound)
  row[at + ARMED] = ticks > 0 && old && num(row, at + SEEN) >= ARM_CALLS && active >= ARM_BLOCKS ? 1 : 0
  row[at + FANO] = fano
}

function num(row: Float64Array, at: number): number {
  return row[at] as number
}
