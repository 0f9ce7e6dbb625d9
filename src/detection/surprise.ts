/**
 * Accumulates evidence over ticks: a Shiryaev-Roberts mixture with the alert budget in the restart weight. For every alternative
 * m: log R_m <- l_m + logaddexp(log R_m, ln w). While the baseline holds, R minus the sum of the weights is a supermartingale, so
 * the expected number of alarms at R >= 1 is at most the sum of the weights, over any horizon and any dependence between
 * entities (Shin, Ramdas and Rinaldo 2023, e-detectors; the weight in place of the threshold is our own).
 */

/** How many alternatives a detector may have. */
export const ALTERNATIVES = 5
/** Numbers that a detector counts over an episode: [0] observed, [1] among, [2] expected, [3] the most expected; the rest is its own. */
export const SUMS = 8
/** Numbers of which the largest of an episode is kept. */
export const PEAKS = 5

/**
 * Twins that check the calibration in production: accumulators of so many times the weight, reset at each crossing. While the
 * baseline holds they cross at most so many times as often as alarms are allowed: often enough to be counted every day.
 */
export const TWINS = [100, 1000] as const

/** Numbers of an open alert, from `OPENED` to `SEVERITY`. */
const ALERT = 11

/** Offsets within an accumulator's row. Ticks are the tick's number, or the number of the tick after it where an end is meant. */
export const LOG_R = 0
export const CUSUM = LOG_R + ALTERNATIVES
/** In the place of the last before it, while an alert is open: 1 where it belongs to the alert of its service. */
export const ATTACHED = CUSUM - 1
/** In the same place, while an alert is open: the nats of each measure that carries evidence, at most one an alternative. */
export const PART = LOG_R + ALTERNATIVES
export const SUM = 2 * ALTERNATIVES
export const PEAK = SUM + SUMS
export const START = PEAK + PEAKS
export const OPEN = START + 1
export const CALM_SINCE = START + 2
/** From here on, while an alert is open: what it is. */
export const OPENED = START + 3
export const DETECTED = OPENED + 1
export const LAST = OPENED + 2
export const CALM = OPENED + 3
export const VERSION = OPENED + 4
export const UPDATED = OPENED + 5
export const NATS = OPENED + 6
export const NEEDED = OPENED + 7
export const SINGLE = OPENED + 8
export const RESOLVED = OPENED + 9
/** In the same place while it is open: the end of the last tick at which silence was told of its entity, so that it could not resolve. */
export const HELD = OPENED + 9
export const SEVERITY = OPENED + 10
/**
 * In the same place, while none is open: the twins, `ALTERNATIVES` numbers each (see twins.ts). An open alert tests nothing, so it has
 * no twins, and they cost no memory: an entity has a row of these for each detector, and there may be a million entities.
 */
export const TWIN = START + 3

export const ACCUMULATOR_WIDTH = OPENED + Math.max(ALERT, TWINS.length * ALTERNATIVES)

/** What a detector says of one tick of one entity. One object is used again for all; `judge` fills it. */
export interface Evidence {
  /** ln of the e-value of each alternative. */
  readonly logE: Float64Array
  /** ln of the p-value of the most surprising single call; 0 where there is none. */
  logSingle: number
  /** What `logSingle` was before this tick, where the same thing was tested in part then: it is one test, and crosses once. */
  logSingleBefore: number
  /** The alternative that this call speaks for: its evidence is told of the same measure. */
  singleOf: number
  /** Calls that were tested one by one. */
  singles: number
  /** This tick's part of a test: 1, 0 where it goes on with one that an earlier tick began, or the probability that anything was to be counted, where silence is tested too. */
  weight: number
  /** ln of the e-value against "still as odd as it was". */
  calm: number
  /** By how much the open episode exceeds its bound so far; given by the engine, at least 1. */
  strength: number
  /** Which of the detector's samples shows this tick's odd calls, and the largest rank that is an odd call's. */
  sample: number
  rankMost: number
  readonly sums: Float64Array
  readonly peaks: Float64Array
}

export function newEvidence(): Evidence {
  return {
    logE: new Float64Array(ALTERNATIVES),
    logSingle: 0,
    logSingleBefore: 0,
    singleOf: 0,
    singles: 0,
    weight: 1,
    calm: 0,
    strength: 1,
    sample: 0,
    rankMost: Number.POSITIVE_INFINITY,
    sums: new Float64Array(SUMS),
    peaks: new Float64Array(PEAKS),
  }
}

export function clearEvidence(evidence: Evidence): void {
  evidence.logE.fill(0)
  evidence.logSingle = 0
  evidence.logSingleBefore = 0
  evidence.singleOf = 0
  evidence.singles = 0
  evidence.weight = 1
  evidence.calm = 0
  evidence.sample = 0
  evidence.rankMost = Number.POSITIVE_INFINITY
  evidence.sums.fill(0)
  evidence.peaks.fill(0)
}

/** Takes the probability of one call, which speaks for an alternative, if it is the most surprising one of its tick. */
export function hearSingle(evidence: Evidence, logP: number, alternative: number): void {
  if (logP >= evidence.logSingle) return
  evidence.logSingle = logP
  evidence.singleOf = alternative
}

/** Adds the numbers of a tick, or of so many alike, to the episode's. */
export function addNumbers(row: Float64Array, at: number, evidence: Evidence, ticks = 1): void {
  for (let i = 0; i < SUMS; i += 1) {
    row[at + SUM + i] = (row[at + SUM + i] as number) + ticks * (evidence.sums[i] as number)
  }
  for (let i = 0; i < PEAKS; i += 1) {
    row[at + PEAK + i] = Math.max(row[at + PEAK + i] as number, evidence.peaks[i] as number)
  }
}

/** The largest ln e-value of one tick. */
export function bestOf(evidence: Evidence, alternatives: number): number {
  let most = Number.NEGATIVE_INFINITY
  for (let m = 0; m < alternatives; m += 1) most = Math.max(most, evidence.logE[m] as number)
  return most
}

/** Starts an accumulator at the tick at which its entity was admitted. */
export function openAccumulator(row: Float64Array, at: number, tick: number): void {
  row.fill(0, at, at + ACCUMULATOR_WIDTH)
  row[at + CALM_SINCE] = tick
  row[at + START] = tick
  dropEvidence(row, at)
}

/** Forgets the evidence so far, the twins' too unless an alert is open. Free: R is never raised by it. */
export function dropEvidence(row: Float64Array, at: number): void {
  row.fill(Number.NEGATIVE_INFINITY, at + LOG_R, at + LOG_R + ALTERNATIVES)
  row.fill(0, at + CUSUM, at + CUSUM + ALTERNATIVES)
  if (row[at + OPEN] === 0) row.fill(Number.NEGATIVE_INFINITY, at + TWIN, at + TWIN + TWINS.length * ALTERNATIVES)
}

/** Forgets the episode's numbers: nothing odd is under way. */
export function forget(row: Float64Array, at: number, tick: number): void {
  row.fill(0, at + CUSUM, at + START)
  row[at + START] = tick
}

/**
 * Takes `ticks` ticks of the same evidence (more than one only for silence). `logWeight` is the
 * restart weight of one such tick. Returns whether anything odd is under way afterwards.
 */
export function accumulate(
  row: Float64Array,
  at: number,
  alternatives: number,
  logE: Float64Array,
  logWeight: number,
  ticks: number,
): boolean {
  let odd = false
  for (let m = 0; m < alternatives; m += 1) {
    const l = logE[m] as number
    const logR = row[at + LOG_R + m] as number
    row[at + LOG_R + m] = ticks === 1 ? l + logAddExp(logR, logWeight) : silence(logR, logWeight, l, ticks)
    const cusum = Math.max(0, (row[at + CUSUM + m] as number) + l * ticks)
    row[at + CUSUM + m] = cusum
    if (cusum > 0) odd = true
  }
  return odd
}

/** ln of the mixture R where that is 0 or more, at which an alarm is due; below 0 an upper bound of it. */
export function logMixture(row: Float64Array, at: number, alternatives: number): number {
  let most = Number.NEGATIVE_INFINITY
  for (let m = 0; m < alternatives; m += 1) most = Math.max(most, row[at + LOG_R + m] as number)
  // The mixture is no more than its largest part: far below 0 nobody needs it exactly.
  if (most < 0) return most
  let sum = 0
  for (let m = 0; m < alternatives; m += 1) sum += Math.exp((row[at + LOG_R + m] as number) - most)
  return most + Math.log(sum / alternatives)
}

/** Nats of the likelihood ratio of the best alternative since the episode began. */
export function bestNats(row: Float64Array, at: number, alternatives: number): number {
  let most = 0
  for (let m = 0; m < alternatives; m += 1) most = Math.max(most, row[at + CUSUM + m] as number)
  return most
}

export function logAddExp(a: number, b: number): number {
  const most = Math.max(a, b)
  return most === Number.NEGATIVE_INFINITY ? most : most + Math.log1p(Math.exp(Math.min(a, b) - most))
}

/** z silent ticks in closed form: R <- e^z R + w e (1 - e^z) / (1 - e). */
function silence(logR: number, logWeight: number, l: number, ticks: number): number {
  const z = ticks * l
  if (l === 0) return logAddExp(logR, logWeight + Math.log(ticks))
  // Of e^z - 1 only the logarithm is small enough to be written down where silence is evidence for the anomaly.
  const sum = l < 0 ? Math.log(Math.expm1(z) / Math.expm1(l)) : z - l + Math.log(Math.expm1(-z) / Math.expm1(-l))
  return logAddExp(logR + z, logWeight + l + sum)
}
