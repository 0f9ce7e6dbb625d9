import { BLOCKS_FROZEN, keptPerBlock } from './blocks.ts'
import type { CountConstants } from './count-constants.ts'
import {
  BLOCK_FANO_SUM,
  BLOCK_FANO_WEIGHT,
  BURSTS,
  DISPERSION,
  FANO,
  FANO_SUM,
  FANO_WEIGHT,
  num,
  PHI_SUM,
  PHI_WEIGHT,
  WAITING,
} from './count-row.ts'

/** No mean is taken to be less, in calls a tick. */
export const BOUND_LEAST = 0.02

const KEPT = keptPerBlock(60)
const BLOCK_KEPT = keptPerBlock(72)
/** One tick teaches no more than so many times what is known: that is what real cron clients need. */
const TICK_CAP = 400
/**
 * An episode that alarms is one event, however long it lasts: it teaches burstiness by its first block alone, and by no more than so many of the
 * largest ticks that there can be. A job's burst is no longer; an attack of hours would hide the next one for half a day.
 */
const EPISODE_BLOCKS = 1
export const EPISODE_TICKS = 4
/** After a level was accepted two blocks more were judged by the old one. */
const BLOCKS_LATE = 2
/** Independent calls are assumed, as strongly as so many small blocks would say it. */
const BLOCK_PRIOR_WEIGHT = 3
/** One block teaches no more than so many times what is known. */
const BLOCK_CAP = 60

/** How bursty a count is allowed to be: variance = mean + excess * mean + phi * mean^2. */
export interface Dispersion {
  readonly excess: number
  readonly phi: number
  /** The Fano factor as it was learned, without margins. */
  readonly plain: number
}

/** Adds what so many ticks of k say of the dispersion. */
export function addDispersion(row: Float64Array, at: number, k: number, mean: number, times: number): void {
  const excess = Math.min(((k - mean) * (k - mean)) / mean, TICK_CAP * num(row, at + FANO))
  const fanoWeight = Math.min(1, 30 * mean) * times
  row[at + FANO_SUM] = num(row, at + FANO_SUM) + excess * fanoWeight
  row[at + FANO_WEIGHT] = num(row, at + FANO_WEIGHT) + fanoWeight
  const phiWeight = Math.min(1, mean / 5) ** 2 * times
  const relative = ((k - mean) * (k - mean) - mean) / (mean * mean)
  row[at + PHI_SUM] = num(row, at + PHI_SUM) + Math.min(relative, TICK_CAP) * phiWeight
  row[at + PHI_WEIGHT] = num(row, at + PHI_WEIGHT) + phiWeight
}

/** Learns what the ticks of the block said that is committed; `run`: the how manieth frozen block in a row it is, 0: it is not frozen. */
export function learnDispersion(row: Float64Array, at: number, run: number, ticks: number): void {
  const tells = run <= EPISODE_BLOCKS || run > BLOCKS_FROZEN + BLOCKS_LATE
  const largest = run === 0 ? Number.POSITIVE_INFINITY : (EPISODE_TICKS * TICK_CAP) / ticks
  learn(row, at, FANO_SUM, tells, largest * num(row, at + FANO))
  learn(row, at, PHI_SUM, tells, largest)
}

/** A sum and its weight: of the block that waits they lie side by side, and so they do in what was learned. */
function learn(row: Float64Array, at: number, sum: number, tells: boolean, largest: number): void {
  const from = at + sum + WAITING
  const into = at + DISPERSION + sum - FANO_SUM
  const weight = tells ? num(row, from + 1) : 0
  row[into] = num(row, into) * KEPT + (weight === 0 ? 0 : Math.min(num(row, from), largest * weight))
  row[into + 1] = num(row, into + 1) * KEPT + weight
}

/**
 * Adds what a block with calls says: calls that come in stretches of minutes look independent from tick to tick, and are not. A negative
 * binomial with variance F * mu keeps its F when ticks are added up, so the F of blocks is one that ticks may be judged by. Learned
 * where blocks are small; in large ones the volatility of the level says it.
 */
export function addBlockDispersion(row: Float64Array, at: number, sum: number, expected: number, weight: number): void {
  const fano = blockFanoOf(row, at)
  const excess = Math.min(((sum - expected) * (sum - expected)) / expected, BLOCK_CAP * fano)
  row[at + BLOCK_FANO_SUM] = num(row, at + BLOCK_FANO_SUM) * BLOCK_KEPT + weight * excess
  row[at + BLOCK_FANO_WEIGHT] = num(row, at + BLOCK_FANO_WEIGHT) * BLOCK_KEPT + weight
}

function blockFanoOf(row: Float64Array, at: number): number {
  const sum = num(row, at + BLOCK_FANO_SUM) + BLOCK_PRIOR_WEIGHT
  return Math.max(1, sum / (num(row, at + BLOCK_FANO_WEIGHT) + BLOCK_PRIOR_WEIGHT))
}

/** The dispersion that the model allows, from what was learned. */
export function dispersionOf(row: Float64Array, at: number, mean: number, constants: CountConstants): Dispersion {
  const plain = (num(row, at + DISPERSION) + 40) / (num(row, at + DISPERSION + 1) + 20)
  const learnedPhi = (num(row, at + DISPERSION + 2) + 5 * 0.3) / (num(row, at + DISPERSION + 3) + 5)
  const phi = Math.max(0.03, constants.perPhi * learnedPhi)
  // A dispersion learned from few ticks with calls is an underestimate: the large clusters are rare. The second term is what chance
  // makes of a Poisson count's F.
  const unsure = 1 + constants.perDeviation / Math.sqrt(1 + num(row, at + BURSTS))
  const chance = Math.sqrt((2 + 1 / Math.max(mean, BOUND_LEAST)) / (num(row, at + DISPERSION + 1) + 20))
  const excess = constants.perFano * (Math.max(0.05, plain - 1) * unsure + chance)
  const blockUnsure = 1 + constants.perDeviation / Math.sqrt(1 + num(row, at + BLOCK_FANO_WEIGHT))
  const ofBlocks = constants.perBlockFano * (blockFanoOf(row, at) - 1) * blockUnsure
  return { excess: Math.max(excess, ofBlocks), phi, plain }
}
