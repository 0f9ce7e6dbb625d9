import { keptPerBlock } from './blocks.ts'
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
} from './count-row.ts'

/** No mean is taken to be less, in calls a tick. */
export const BOUND_LEAST = 0.02

const BLOCK_KEPT = keptPerBlock(72)
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
