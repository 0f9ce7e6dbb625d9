import { keptPerBlock } from './blocks.ts'
import type { CountConstants } from './count-constants.ts'
import {
  AFTER,
  AGAIN,
  BLOCKS,
  BURSTS,
  BURSTS_AGAIN,
  BURSTS_SIZE,
  BURSTS_SQUARED,
  DISPERSION,
  FANO,
  FROZEN,
  GAIN,
  GAIN_LEARNED,
  HOUR_SILENT,
  HOUR_STARTS,
  MARGIN,
  MEAN,
  num,
  RAISED,
  SIZE,
  SIZE_SQUARED,
  START_LEVEL,
  START_WEIGHT,
  STARTS,
  STARTS_SQUARED,
  TOUCHED,
  WAITING,
} from './count-row.ts'
import { EPISODE_TICKS } from './dispersion.ts'
import { logRising } from './rising.ts'

/**
 * The law of bursts, for entities that are silent for minutes and then make a hundred calls at once: a tick has calls with one
 * probability after a silent tick and with another after one that had some, and how many is negative binomial. A single
 * negative binomial has to call such bursts a huge dispersion, which it learns slowly and which hides what is unusual among bursts.
 * All of it is learned one block late, also while the level is frozen: not learning bursts would make each of them an alarm for ever. Only which
 * law is meant is said by no more than a few ticks of a frozen block: to an attack of hours any law of bursts is the better one.
 */
export interface BurstNorm {
  /** Whether this law predicts the entity so much better that it is judged by it. */
  applies: boolean
  /** The most probability of calls in a tick after a silent tick, and after one that had calls. */
  start: number
  again: number
  /** The most calls that a tick with calls has on average, and the shape of their law: variance size + size^2 / shape. */
  size: number
  shape: number
  /** Whether the tick before had calls. */
  wasActive: boolean
  /** Whether bursts come one by one: only then is their number evidence. Those of a person come in sessions. */
  apart: boolean
}

const HOUR_KEPT = keptPerBlock(6)
const KEPT = keptPerBlock(60)
const START_WEIGHT_MAX = 48
/** A burst larger than so many times the usual one teaches no more than that. */
const SIZE_MOST = 20
/** What one tick may say for or against the law, in nats: one monstrous tick decides nothing. */
const GAIN_MOST = 20
/** Prior of the relative variance of sizes, and how many ticks with calls it is worth. */
const PHI_PRIOR = 0.3
const PHI_WEIGHT_PRIOR = 5
const PHI_LEAST = 0.03
const APART_MOST = 1.2

/** Counts one tick with calls. Must come before `MEAN` changes. */
export function observeBurst(row: Float64Array, at: number, tick: number, k: number): void {
  const again = num(row, at + AFTER) === tick
  row[at + AFTER] = tick + 1
  addGain(row, at, k, again)
  const size = burstSize(row, at)
  const capped = size > 0 ? Math.min(k, SIZE_MOST * (size + 1)) : k
  const field = at + (again ? AGAIN : STARTS)
  row[field] = num(row, field) + 1
  row[at + SIZE] = num(row, at + SIZE) + capped
  row[at + SIZE_SQUARED] = num(row, at + SIZE_SQUARED) + capped * capped
}

/** Takes the silent ticks of a block that ends into the comparison of the two laws. */
export function endBursts(row: Float64Array, at: number, quiet: number): void {
  const mean = num(row, at + MEAN)
  if (mean > 0 && num(row, at + BURSTS) > 0) {
    // Each run of ticks with calls ends with one silent tick.
    const stops = Math.min(quiet, num(row, at + STARTS))
    const each = -logZero(mean, plainShape(row, at, mean))
    const silent =
      stops * Math.log1p(-againOf(row, at)) + (quiet - stops) * Math.log1p(-startOf(row, at)) + quiet * each
    row[at + GAIN] = num(row, at + GAIN) + Math.max(-GAIN_MOST, Math.min(GAIN_MOST, silent))
  }
  // Not a block late: which law is meant must be known when the baseline arms. What the law says is a block late.
  const most = row[at + FROZEN] === 1 ? EPISODE_TICKS * GAIN_MOST : Number.POSITIVE_INFINITY
  row[at + GAIN_LEARNED] = num(row, at + GAIN_LEARNED) * KEPT + Math.min(num(row, at + GAIN), most)
  row[at + GAIN] = 0
}

/** Commits the block that waits. */
export function commitBursts(row: Float64Array, at: number, ticks: number): void {
  const active = num(row, at + TOUCHED + WAITING)
  const starts = num(row, at + STARTS + WAITING)
  row[at + BURSTS] = num(row, at + BURSTS) * KEPT + active
  row[at + BURSTS_AGAIN] = num(row, at + BURSTS_AGAIN) * KEPT + num(row, at + AGAIN + WAITING)
  row[at + BURSTS_SIZE] = num(row, at + BURSTS_SIZE) * KEPT + num(row, at + SIZE + WAITING)
  row[at + BURSTS_SQUARED] = num(row, at + BURSTS_SQUARED) * KEPT + num(row, at + SIZE_SQUARED + WAITING)
  row[at + BLOCKS] = num(row, at + BLOCKS) * KEPT + 1
  row[at + STARTS_SQUARED] = num(row, at + STARTS_SQUARED) * KEPT + starts * starts
  const silent = Math.max(1, ticks - active + starts)
  row[at + HOUR_STARTS] = num(row, at + HOUR_STARTS) * HOUR_KEPT + starts
  row[at + HOUR_SILENT] = num(row, at + HOUR_SILENT) * HOUR_KEPT + silent
  if (starts === 0) return
  const weight = Math.min(START_WEIGHT_MAX, num(row, at + START_WEIGHT) + 1)
  row[at + START_WEIGHT] = weight
  row[at + START_LEVEL] = num(row, at + START_LEVEL) + (starts / silent - num(row, at + START_LEVEL)) / weight
}

/** The conservative law of bursts; it has the envelope's margin over the level of the count. */
export function normOfBursts(
  row: Float64Array,
  at: number,
  tick: number,
  constants: CountConstants,
  into: BurstNorm,
): void {
  const active = num(row, at + BURSTS)
  const gain = num(row, at + GAIN_LEARNED)
  into.wasActive = num(row, at + AFTER) === tick
  into.applies = active > 0 && gain > constants.gain && gain > constants.gainPerBurst * active
  if (!into.applies) return
  const raised = num(row, at + RAISED)
  const margin = num(row, at + MARGIN)
  const silent = Math.max(1, num(row, at + HOUR_SILENT))
  const often = Math.max(num(row, at + HOUR_STARTS) / silent, num(row, at + START_LEVEL))
  const oftenSd = Math.sqrt(num(row, at + HOUR_STARTS) + 0.5) / silent
  into.start = Math.min(0.9, raised * (margin * often + constants.perDeviation * oftenSd))
  const again = againOf(row, at)
  const againSd = Math.sqrt((again * (1 - again)) / (active + 2))
  into.again = Math.max(into.start, Math.min(0.95, margin * again + constants.perDeviation * againSd))
  const size = burstSize(row, at)
  const phi = constants.perPhi * phiOf(row, at, size)
  const sizeSd = Math.sqrt((size + phi * size * size) / (active + 1))
  into.size = raised * (margin * size + constants.perDeviation * sizeSd)
  into.shape = 1 / phi
  into.apart = clusteringOf(row, at) <= APART_MOST
}

function addGain(row: Float64Array, at: number, k: number, wasActive: boolean): void {
  const mean = num(row, at + MEAN)
  const size = burstSize(row, at)
  if (!(mean > 0 && size > 0)) return
  const shape = 1 / phiOf(row, at, size)
  const probability = wasActive ? againOf(row, at) : startOf(row, at)
  const bursts = Math.log(probability) + logMass(k, size, shape) - Math.log(-Math.expm1(logZero(size, shape)))
  const plain = logMass(k, mean, plainShape(row, at, mean))
  row[at + GAIN] = num(row, at + GAIN) + Math.max(-GAIN_MOST, Math.min(GAIN_MOST, bursts - plain))
}

function startOf(row: Float64Array, at: number): number {
  return (num(row, at + HOUR_STARTS) + 0.5) / (num(row, at + HOUR_SILENT) + 30)
}

function againOf(row: Float64Array, at: number): number {
  return (num(row, at + BURSTS_AGAIN) + 0.5) / (num(row, at + BURSTS) + 1)
}

/** Variance over mean of the starts in a block; 1 where they are independent, less where they keep to a clock. */
function clusteringOf(row: Float64Array, at: number): number {
  const blocks = num(row, at + BLOCKS)
  const mean = (num(row, at + BURSTS) - num(row, at + BURSTS_AGAIN)) / blocks
  return (num(row, at + STARTS_SQUARED) / blocks - mean * mean) / mean
}

/** Calls in a tick that has any, on average. */
export function burstSize(row: Float64Array, at: number): number {
  const active = num(row, at + BURSTS)
  return active > 0 ? num(row, at + BURSTS_SIZE) / active : 0
}

function phiOf(row: Float64Array, at: number, size: number): number {
  const active = num(row, at + BURSTS)
  const relative = (num(row, at + BURSTS_SQUARED) / active - size * size - size) / (size * size)
  const learned = (active * Math.max(0, relative) + PHI_WEIGHT_PRIOR * PHI_PRIOR) / (active + PHI_WEIGHT_PRIOR)
  return Math.max(PHI_LEAST, learned)
}

/** The shape of the single negative binomial as it would predict, without margins. */
function plainShape(row: Float64Array, at: number, mean: number): number {
  const phi = (num(row, at + DISPERSION + 2) + 1.5) / (num(row, at + DISPERSION + 3) + 5)
  return mean / (Math.max(0.3, num(row, at + FANO) - 1) + Math.max(PHI_LEAST, phi) * mean)
}

/** ln P(0). */
function logZero(mu: number, r: number): number {
  return -r * Math.log1p(mu / r)
}

/** ln P(k) but for k!, which both laws share. */
function logMass(k: number, mu: number, r: number): number {
  return logRising(r, k) + logZero(mu, r) + k * Math.log(mu / (mu + r))
}
