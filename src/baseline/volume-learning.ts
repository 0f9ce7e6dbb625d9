import { findDayTail, keepDay, keepHour, newDayTail, sameHour, sumOfHours } from './volume-days.ts'
import { findJumpTail, JUMP_BINS, learnJumps, newJumpTail } from './volume-jumps.ts'
import {
  DAY_BEYOND,
  DAY_LIMIT,
  DAY_MIDDLE,
  DAY_SQUARES,
  DAYS,
  HOUR_BEYOND,
  HOUR_LIMIT,
  HOUR_MEAN,
  HOUR_SQUARES,
  HOUR_SUM,
  HOUR_WINDOWS,
  HOURS,
  LARGEST,
  LAST,
  LAST_BOUND,
  LATE_TOP,
  LEVEL,
  LEVEL_HOURS,
  LEVEL_SUM,
  LEVEL_WINDOWS,
  num,
  PENDING_HOUR,
  PENDING_WINDOW,
  RECENT_HOURS,
  RECENT_SUM,
  REST,
  TOLD_DAY,
  TOLD_HOUR,
  TOP,
  WINDOW_BEYOND,
  WINDOW_EXCESS,
  WINDOW_LIMIT,
  WINDOW_MEAN,
} from './volume-row.ts'
import { DAY_ODD, HOUR_ODD, WINDOW_ODD } from './volume-tail.ts'

/** What a volume learns when an hour or a day is over. */
export const WINDOWS_AN_HOUR = 12
const DAY_HOURS = 24
/** Where hours and days of the past lie among the bins, after the two histograms of jumps. */
export const PAST = 2 * JUMP_BINS

/** What is left of a learned sum after an hour: half after three days, and after two hours. */
const LEVEL_KEPT = 2 ** (-1 / 72)
const RECENT_KEPT = 2 ** (-1 / 2)
/** Less weight than an hour has that is eight hours old says nothing of now. */
const RECENT_LEAST = 1 / 16
/** Hours with bytes whose jumps were learned, and days behind it of which so many had bytes, until they are tested. */
const ARM_HOURS = 6
const ARM_DAYS = 7
const ARM_DAYS_ACTIVE = 4
/** How much of what was told of 24 hours is known a day later; from the third day on it is learned. */
const TOLD_KEPT = 0.8
/** The level in the hour of admission: that hour is not a whole one, and says nothing of how much comes in an hour. */
export const NO_LEVEL = -1

const windowTail = newJumpTail()
const hourTail = newJumpTail()
const dayTail = newDayTail()

export function isArmed(row: Float64Array, at: number): boolean {
  return num(row, at + HOURS) >= ARM_HOURS && num(row, at + LEVEL) > 0
}

/**
 * An hour of `hour` bytes without what its largest five minutes have more than is usual for the largest five minutes of hours: a single huge
 * answer is for `logWindow` to judge.
 */
export function withoutLargest(hour: number, largest: number, windowLimit: number): number {
  return hour - Math.max(0, largest - windowLimit / Math.exp(WINDOW_ODD))
}

/** From how many bytes on an hour begins an episode: half as much again as is usual. */
export function hourBoundOf(row: Float64Array, at: number): number {
  return Math.max(1, 1.5 * num(row, at + HOUR_MEAN))
}

/** Learns the hour before this one, keeps this one for the next to be held against, and begins the next. */
export function endHour(row: Float64Array, at: number, bins: Uint16Array, binsAt: number, hour: number): void {
  if (num(row, at + HOUR_SUM) > 0) {
    row[at + LAST] = num(row, at + HOUR_SUM)
    row[at + LAST_BOUND] = isArmed(row, at) ? hourBoundOf(row, at) : 0
  }
  learnPending(row, at, bins, binsAt, hour)
  const bytes = withoutLargest(num(row, at + HOUR_SUM), num(row, at + LARGEST), num(row, at + WINDOW_LIMIT))
  const level = num(row, at + LEVEL)
  if (bytes > 0 && level > 0) {
    row[at + PENDING_WINDOW] = Math.max(0, Math.log((WINDOWS_AN_HOUR * num(row, at + LARGEST)) / level))
    row[at + PENDING_HOUR] = Math.max(0, Math.log(bytes / level))
  }
  keepHour(bins, binsAt + PAST, hour, bytes)
  for (const sum of [LEVEL_SUM, LEVEL_HOURS, LEVEL_WINDOWS]) row[at + sum] = num(row, at + sum) * LEVEL_KEPT
  for (const sum of [RECENT_SUM, RECENT_HOURS]) row[at + sum] = num(row, at + sum) * RECENT_KEPT
  // What is odd draws the level as far as what is just not odd: an export must not hide the next, and a new level is reached all the same.
  if (bytes > 0 && level !== NO_LEVEL) learnLevel(row, at, Math.min(bytes, num(row, at + HOUR_LIMIT)))
  if (level === NO_LEVEL) row[at + LEVEL] = 0
  for (const sum of [HOUR_SUM, HOUR_WINDOWS, LARGEST, TOLD_HOUR]) row[at + sum] = 0
  const late = sumOfHours(bins, binsAt + PAST, hour + 1, DAY_HOURS + 1, 2 * DAY_HOURS)
  row[at + LATE_TOP] = Math.max(num(row, at + LATE_TOP), late)
  if ((hour + 1) % DAY_HOURS === 0) endDay(row, at, bins, binsAt)
}

/** Finds what the hour that begins is judged by. `twice`: what recurs must have been seen on two days. */
export function beginHour(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  hour: number,
  twice: boolean,
): void {
  row[at + REST] = sumOfHours(bins, binsAt + PAST, hour, 1, DAY_HOURS - 1)
  const hours = num(row, at + LEVEL_HOURS)
  if (hours === 0) return
  const usual = num(row, at + LEVEL_SUM) / hours
  const recentHours = num(row, at + RECENT_HOURS)
  const recent = recentHours >= RECENT_LEAST ? num(row, at + RECENT_SUM) / recentHours : 0
  const yesterday = sameHour(bins, binsAt + PAST, hour, 1)
  const recurring = twice ? Math.min(yesterday, sameHour(bins, binsAt + PAST, hour, 2)) : yesterday
  const level = Math.max(usual, recent, recurring)
  row[at + LEVEL] = level
  row[at + HOUR_MEAN] = Math.max(usual, recurring)
  row[at + WINDOW_MEAN] = Math.max(num(row, at + LEVEL_SUM) / num(row, at + LEVEL_WINDOWS), recurring / WINDOWS_AN_HOUR)
  const learned = num(row, at + HOURS)
  if (learned < ARM_HOURS) return
  findJumpTail(bins, binsAt, learned, windowTail)
  findJumpTail(bins, binsAt + JUMP_BINS, learned, hourTail)
  row[at + WINDOW_LIMIT] = (level / WINDOWS_AN_HOUR) * Math.exp(windowTail.edge + WINDOW_ODD)
  row[at + WINDOW_BEYOND] = windowTail.beyond
  row[at + WINDOW_EXCESS] = windowTail.excess
  row[at + HOUR_LIMIT] = level * Math.exp(hourTail.edge + HOUR_ODD)
  row[at + HOUR_BEYOND] = hourTail.beyond
  row[at + HOUR_SQUARES] = hourTail.squares
}

function learnPending(row: Float64Array, at: number, bins: Uint16Array, binsAt: number, hour: number): void {
  const window = num(row, at + PENDING_WINDOW)
  if (window < 0) return
  const learned = num(row, at + HOURS)
  row[at + HOURS] = learnJumps(bins, binsAt, learned, window, num(row, at + PENDING_HOUR), hour % 2 === 0)
  row[at + PENDING_WINDOW] = -1
}

function learnLevel(row: Float64Array, at: number, bytes: number): void {
  row[at + LEVEL_SUM] = num(row, at + LEVEL_SUM) + bytes
  row[at + LEVEL_HOURS] = num(row, at + LEVEL_HOURS) + 1
  row[at + LEVEL_WINDOWS] = num(row, at + LEVEL_WINDOWS) + num(row, at + HOUR_WINDOWS)
  row[at + RECENT_SUM] = num(row, at + RECENT_SUM) + bytes
  row[at + RECENT_HOURS] = num(row, at + RECENT_HOURS) + 1
}

/** What is learned of a day are the 24 hours that ended a day before: those in which a trickle of a day is must not excuse it. */
function endDay(row: Float64Array, at: number, bins: Uint16Array, binsAt: number): void {
  keepDay(bins, binsAt + PAST, num(row, at + LATE_TOP))
  row[at + DAYS] = num(row, at + DAYS) + 1
  row[at + TOP] = 0
  row[at + LATE_TOP] = 0
  row[at + TOLD_DAY] = num(row, at + TOLD_DAY) * TOLD_KEPT
  const days = findDayTail(bins, binsAt + PAST, ARM_DAYS_ACTIVE, dayTail)
  if (num(row, at + DAYS) < ARM_DAYS || days < ARM_DAYS_ACTIVE) {
    row[at + DAY_LIMIT] = Number.MAX_VALUE
    return
  }
  row[at + DAY_LIMIT] = Math.exp(dayTail.largest + DAY_ODD)
  row[at + DAY_BEYOND] = dayTail.beyond
  row[at + DAY_SQUARES] = dayTail.squares
  row[at + DAY_MIDDLE] = dayTail.middle
}
