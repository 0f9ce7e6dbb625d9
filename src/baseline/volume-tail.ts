import { DAY_SQUARE } from './volume-days.ts'
import { JUMP_BINS, jumpsAsLarge } from './volume-jumps.ts'

/**
 * How improbable it is that five minutes, an hour or 24 hours come to so many bytes: natural logarithms, 0 where it is no evidence. Each is
 * about the largest of its span (an hour, an hour, a day), whatever hangs together within it, so it is to be tested once in that span and
 * not to be multiplied.
 */
export interface VolumeTails {
  /** Bytes an hour that jumps are counted from. */
  level: number
  /** From how many bytes on there may be evidence. */
  windowLimit: number
  hourLimit: number
  dayLimit: number
  /** Hours that were learned; of their jumps how many lie in the tails, by how much, and the squares of that. */
  hours: number
  windowsBeyond: number
  windowExcess: number
  hoursBeyond: number
  hourSquares: number
  /** Days in the upper half of those that were learned; the squares of by how much they exceed the middle one, and its logarithm. */
  daysBeyond: number
  daySquares: number
  dayMiddle: number
  /** Where the histograms of jumps lie. Not to be written to, and not to be kept. */
  jumps: Uint16Array
  jumpsAt: number
}

/**
 * No evidence from five minutes within three times the tail's edge, nor from an hour within 2.2 times, nor from 24 hours within 2.2 times the
 * largest that were learned: a release that doubles all sizes must not be told.
 */
export const WINDOW_ODD = Math.log(3)
export const HOUR_ODD = Math.log(2.2)
export const DAY_ODD = Math.log(2.2)

/** What is known of a tail beforehand, in jumps or days beyond its edge: their excess, their squares. */
const WINDOW_PRIOR = 4
const WINDOW_PRIOR_EXCESS = 0.5
const HOUR_PRIOR = 4
const HOUR_PRIOR_SQUARE = 0.15 ** 2
const DAY_PRIOR = 2
/** Until a whole day, and a whole week, of hours is learned, nobody knows how an hour may jump in the others. */
const FIRST_DAY_EXCESS = 0.5
const FIRST_DAY_SQUARE = 0.3 ** 2
const FIRST_WEEK_SQUARE = 0.15 ** 2
const DAY_HOURS = 24
const WEEK_HOURS = 168

/**
 * The largest five minutes of an hour. Beyond the edge sizes fall by a power, as sizes of calls do, with an unknown exponent:
 * (k + 1) / (n + 1) (1 + y / (S + 1/2))^-(k + 4), as in tail.ts. Never less than what the jumps say that were as large.
 */
export function logWindow(tails: VolumeTails, bytes: number): number {
  if (bytes <= tails.windowLimit) return 0
  const { hours, windowsBeyond: k, windowExcess } = tails
  const y = Math.log(bytes / tails.windowLimit) + WINDOW_ODD
  const excess = windowExcess + WINDOW_PRIOR_EXCESS + (hours < DAY_HOURS ? FIRST_DAY_EXCESS : 0)
  const model = Math.log((k + 1) / (hours + 1)) - (k + WINDOW_PRIOR) * Math.log1p(y / excess)
  return Math.max(model, logSeen(tails, 0, Math.log((12 * bytes) / tails.level)))
}

/** An hour, without what its largest five minutes have too much. Beyond the edge a half-normal law of unknown width: see `logHalfNormal`. */
export function logHour(tails: VolumeTails, bytes: number): number {
  if (bytes <= tails.hourLimit) return 0
  const { hours, hoursBeyond: k, hourSquares } = tails
  const y = Math.log(bytes / tails.hourLimit) + HOUR_ODD
  const young = hours < DAY_HOURS ? FIRST_DAY_SQUARE : hours < WEEK_HOURS ? FIRST_WEEK_SQUARE : 0
  const squares = (hourSquares + HOUR_PRIOR * (HOUR_PRIOR_SQUARE + young)) * (1 + 2 / hours)
  const model = Math.log((k + 1) / (hours + 1)) + logHalfNormal(y, squares, k + HOUR_PRIOR)
  return Math.max(model, logSeen(tails, JUMP_BINS, Math.log(bytes / tails.level)))
}

/** The largest 24 hours of a day, against the upper half of the days: twice the learned bytes of the largest are no evidence. */
export function logDay(tails: VolumeTails, bytes: number): number {
  if (bytes <= tails.dayLimit) return 0
  const { daysBeyond: k, daySquares, dayMiddle } = tails
  const squares = (daySquares + DAY_PRIOR * DAY_SQUARE) * (1 + 1 / Math.max(1, k))
  return Math.log(0.5) + logHalfNormal(Math.log(bytes) - dayMiddle, squares, k + DAY_PRIOR)
}

/**
 * The probability of y or more under a half-normal law of which k draws had this sum of squares: (1 + y^2 / Q)^-(k / 2). That is the Gaussian
 * bound e^(-y^2 / 2 s^2) averaged over what the draws leave open of s (a chi-square of k degrees), so the uncertainty of a short history
 * is in the probability itself; and it falls slower than any power of the bytes, of which y is a logarithm.
 */
function logHalfNormal(y: number, squares: number, k: number): number {
  return (-k / 2) * Math.log1p((y * y) / squares)
}

function logSeen({ hours, jumps, jumpsAt }: VolumeTails, histogram: number, jump: number): number {
  const there = jumpsAsLarge(jumps, jumpsAt + histogram, jump)
  return there === 0 ? Number.NEGATIVE_INFINITY : Math.log((there + 1) / (hours + 1))
}
