import type { Calendar } from './blocks.ts'
import { PAST_BINS } from './volume-days.ts'
import {
  beginHour,
  endHour,
  hourBoundOf,
  isArmed,
  NO_LEVEL,
  PAST,
  WINDOWS_AN_HOUR,
  withoutLargest,
} from './volume-learning.ts'
import {
  DAY_BEYOND,
  DAY_LIMIT,
  DAY_MIDDLE,
  DAY_SQUARES,
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
  LEVEL,
  num,
  PENDING_WINDOW,
  REST,
  SEEN,
  TOLD_DAY,
  TOLD_HOUR,
  TOP,
  VOLUME_WIDTH,
  WINDOW,
  WINDOW_BEYOND,
  WINDOW_EXCESS,
  WINDOW_LIMIT,
  WINDOW_MEAN,
  WINDOW_SUM,
} from './volume-row.ts'
import type { VolumeTails } from './volume-tail.ts'

/**
 * The baseline of a volume: how many bytes come in five minutes, in an hour and in 24 hours, aligned in event time. Silence says nothing.
 *
 * Volumes wander: for hours and days they are several times what they were, and the ticks of one such mood are one witness and not many. So
 * nothing is added up over time. Five minutes and hours are held against the level that the entity has now, and what is learned is how far
 * an hour jumps above that (volume-jumps.ts). 24 hours are held against the most that came in 24 hours on each of the last days
 * (volume-days.ts): the slow clock, which follows no level, and to which a trickle is visible.
 */
const WINDOW_MS = 300_000
/** Two histograms of jumps, and hours and days of the past. */
export const VOLUME_BINS = PAST + PAST_BINS
/** How many silent hours are walked through one by one: five weeks, of which nothing is left then. */
const HOURS_WALKED = 840
/** From twice the usual on five minutes say that an episode goes on. */
const BOUND = 2

/** What a volume is judged by. */
export interface VolumeNorm extends VolumeTails {
  /** Bytes before this tick: of its five minutes, of its hour, of the largest five minutes of the hour that are over, of the 23 hours before. */
  window: number
  hour: number
  largest: number
  rest: number
  /** The most that 24 hours came to which ended today, before this tick; 0: nothing came today. */
  top: number
  /** Usual bytes of an hour that has any; from how many on five minutes say that an episode goes on, and an hour is counted to it. */
  mean: number
  bound: number
  hourBound: number
  /** The hour before that had bytes, and its bound: what it says is whole only now that it is over. 0: it was not tested. */
  last: number
  lastBound: number
  /** How large an hour and 24 hours were that an alert has told of already. */
  toldHour: number
  toldDay: number
  armed: boolean
  seen: number
}

const NO_JUMPS = new Uint16Array(VOLUME_BINS)
const NO_LIMIT = Number.MAX_VALUE

/** A norm to be filled: of a volume that knows nothing. */
export function newVolumeNorm(): VolumeNorm {
  const limits = { windowLimit: NO_LIMIT, hourLimit: NO_LIMIT, dayLimit: NO_LIMIT }
  const jumps = { level: 0, hours: 0, windowsBeyond: 0, windowExcess: 0, hoursBeyond: 0, hourSquares: 0 }
  const days = { daysBeyond: 0, daySquares: 0, dayMiddle: 0, jumps: NO_JUMPS, jumpsAt: 0 }
  const now = {
    window: 0,
    hour: 0,
    largest: 0,
    rest: 0,
    top: 0,
    mean: 0,
    bound: 1,
    hourBound: 1,
    last: 0,
    lastBound: 0,
    toldHour: 0,
    toldDay: 0,
  }
  return { ...limits, ...jumps, ...days, ...now, armed: false, seen: 0 }
}

export function openVolume(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
): void {
  row.fill(0, at, at + VOLUME_WIDTH)
  bins.fill(0, binsAt, binsAt + VOLUME_BINS)
  row[at + WINDOW] = windowOf(calendar, tick)
  row[at + LEVEL] = NO_LEVEL
  row[at + PENDING_WINDOW] = -1
  for (const limit of [WINDOW_LIMIT, HOUR_LIMIT, DAY_LIMIT]) row[at + limit] = NO_LIMIT
}

/** Ends the window, the hours and the days that ended before this tick. `twice`: what recurs must have been seen on two days. */
export function rollVolume(
  row: Float64Array,
  at: number,
  bins: Uint16Array,
  binsAt: number,
  tick: number,
  calendar: Calendar,
  twice: boolean,
): void {
  const window = windowOf(calendar, tick)
  const before = num(row, at + WINDOW)
  if (window <= before) return
  endWindow(row, at)
  row[at + WINDOW] = window
  const hour = hourOf(window)
  const ended = hourOf(before)
  if (hour === ended) return
  endHour(row, at, bins, binsAt, ended)
  for (let silent = Math.max(ended + 1, hour - HOURS_WALKED); silent < hour; silent += 1) {
    endHour(row, at, bins, binsAt, silent)
  }
  beginHour(row, at, bins, binsAt, hour, twice)
}

/** Counts one tick's bytes and calls. */
export function observeVolume(row: Float64Array, at: number, bytes: number, calls: number): void {
  row[at + SEEN] = num(row, at + SEEN) + calls
  if (bytes === 0) return
  row[at + WINDOW_SUM] = num(row, at + WINDOW_SUM) + bytes
  row[at + HOUR_SUM] = num(row, at + HOUR_SUM) + bytes
  row[at + TOP] = Math.max(num(row, at + TOP), num(row, at + REST) + hourSoFar(row, at))
}

/** An alert is open: what the hour and the 24 hours have come to is told, and not to be told again. */
export function tellVolume(row: Float64Array, at: number): void {
  row[at + TOLD_HOUR] = Math.max(num(row, at + TOLD_HOUR), hourSoFar(row, at))
  row[at + TOLD_DAY] = Math.max(num(row, at + TOLD_DAY), num(row, at + TOP))
}

/** What the tick that the row stands at is judged by. */
export function normOfVolume(row: Float64Array, at: number, bins: Uint16Array, binsAt: number, into: VolumeNorm): void {
  into.window = num(row, at + WINDOW_SUM)
  into.hour = num(row, at + HOUR_SUM)
  into.largest = num(row, at + LARGEST)
  into.rest = num(row, at + REST)
  into.top = num(row, at + TOP)
  into.mean = num(row, at + HOUR_MEAN)
  into.bound = Math.max(1, BOUND * num(row, at + WINDOW_MEAN))
  into.hourBound = hourBoundOf(row, at)
  into.last = num(row, at + LAST)
  into.lastBound = num(row, at + LAST_BOUND)
  into.level = num(row, at + LEVEL)
  into.windowLimit = num(row, at + WINDOW_LIMIT)
  into.hourLimit = num(row, at + HOUR_LIMIT)
  into.dayLimit = num(row, at + DAY_LIMIT)
  into.toldHour = num(row, at + TOLD_HOUR)
  into.toldDay = num(row, at + TOLD_DAY)
  into.hours = num(row, at + HOURS)
  into.windowsBeyond = num(row, at + WINDOW_BEYOND)
  into.windowExcess = num(row, at + WINDOW_EXCESS)
  into.hoursBeyond = num(row, at + HOUR_BEYOND)
  into.hourSquares = num(row, at + HOUR_SQUARES)
  into.daysBeyond = num(row, at + DAY_BEYOND)
  into.daySquares = num(row, at + DAY_SQUARES)
  into.dayMiddle = num(row, at + DAY_MIDDLE)
  into.jumps = bins
  into.jumpsAt = binsAt
  into.armed = isArmed(row, at)
  into.seen = num(row, at + SEEN)
}

/** What five minutes, the hour or 24 hours come to with so many bytes more, where that can be evidence, as of the settled ticks; else 0. */
export function risingVolume(row: Float64Array, at: number, bytes: number): number {
  const window = num(row, at + WINDOW_SUM) + bytes
  if (window > num(row, at + WINDOW_LIMIT)) return window
  const hour = num(row, at + HOUR_SUM) + bytes
  if (hour > num(row, at + HOUR_LIMIT)) return hour
  const day = num(row, at + REST) + hour
  return day > num(row, at + DAY_LIMIT) ? day : 0
}

function endWindow(row: Float64Array, at: number): void {
  const sum = num(row, at + WINDOW_SUM)
  if (sum === 0) return
  row[at + LARGEST] = Math.max(num(row, at + LARGEST), sum)
  row[at + HOUR_WINDOWS] = num(row, at + HOUR_WINDOWS) + 1
  row[at + WINDOW_SUM] = 0
}

function hourSoFar(row: Float64Array, at: number): number {
  const largest = Math.max(num(row, at + LARGEST), num(row, at + WINDOW_SUM))
  return withoutLargest(num(row, at + HOUR_SUM), largest, num(row, at + WINDOW_LIMIT))
}

function windowOf({ tickMs }: Calendar, tick: number): number {
  return Math.floor((tick * tickMs) / WINDOW_MS)
}

function hourOf(window: number): number {
  return Math.floor(window / WINDOWS_AN_HOUR)
}
