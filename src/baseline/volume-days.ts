/**
 * What a volume remembers of hours and days: the bytes of each of the last 49 hours, and of each of the last five weeks' days the most that
 * came within 24 hours. A number of bytes is held in 16 bits, by its logarithm, to within 0.06%.
 */
const HOURS_KEPT = 49
const DAYS_KEPT = 35
export const PAST_BINS = HOURS_KEPT + DAYS_KEPT

/** Codes to a nat: the last one is beyond 10^15 bytes. */
const CODES = 1750
const DAY_HOURS = 24
/** How much days differ before anything is known of them: by 20%, squared in logarithms. */
export const DAY_SQUARE = 0.2 ** 2

/** The upper half of the days' logarithms. */
export interface DayTail {
  /** The median; how many lie beyond it, as if they were independent; and the sum of the squares of by how much. */
  middle: number
  beyond: number
  squares: number
  /** Natural logarithm of the largest. */
  largest: number
}

export function newDayTail(): DayTail {
  return { middle: 0, beyond: 0, squares: 0, largest: 0 }
}

/** Keeps what an hour came to; hours are numbered since 1970 and kept one after the other. */
export function keepHour(bins: Uint16Array, at: number, hour: number, bytes: number): void {
  bins[at + (hour % HOURS_KEPT)] = codeOf(bytes)
}

/** Bytes of the hours `from` to `to` before this one, both counted, 1: the last; at most 49. */
export function sumOfHours(bins: Uint16Array, at: number, hour: number, from: number, to: number): number {
  let sum = 0
  for (let back = from; back <= to; back += 1) sum += bytesOf(bins[at + ((hour - back) % HOURS_KEPT)] as number)
  return sum
}

/** The most that came in an hour at this time of the day, an hour early or late, so many days ago: 1 or 2. */
export function sameHour(bins: Uint16Array, at: number, hour: number, days: number): number {
  let most = 0
  for (let back = DAY_HOURS * days - 1; back <= DAY_HOURS * days + 1; back += 1) {
    most = Math.max(most, bins[at + ((hour - back) % HOURS_KEPT)] as number)
  }
  return bytesOf(most)
}

/** Keeps the most that came within 24 hours of a day, 0: nothing came. */
export function keepDay(bins: Uint16Array, at: number, bytes: number): void {
  const from = at + HOURS_KEPT
  bins.copyWithin(from + 1, from, from + DAYS_KEPT - 1)
  bins[from] = codeOf(bytes)
}

const logs = new Float64Array(DAYS_KEPT)
const sorted = new Float64Array(DAYS_KEPT)

/**
 * Finds the tail of the days on which anything came. Returns how many there are; fewer than `least` have no tail. Days that hang together
 * count as fewer: n (1 - r) / (1 + r) for a correlation r between a day and the next (Bayley and Hammersley 1946).
 */
export function findDayTail(bins: Uint16Array, at: number, least: number, into: DayTail): number {
  let days = 0
  for (let i = DAYS_KEPT - 1; i >= 0; i -= 1) {
    const code = bins[at + HOURS_KEPT + i] as number
    if (code === 0) continue
    logs[days] = code / CODES
    days += 1
  }
  if (days < least) return days
  sorted.set(logs)
  const inOrder = sorted.subarray(0, days).sort()
  const beyond = Math.floor(days / 2)
  const middle = inOrder[days - 1 - beyond] as number
  let squares = 0
  for (let i = days - beyond; i < days; i += 1) squares += ((inOrder[i] as number) - middle) ** 2
  const r = Math.max(0, correlation(days))
  const part = (1 - r) / (1 + r)
  into.middle = middle
  into.beyond = part * beyond
  into.squares = part * squares
  into.largest = inOrder[days - 1] as number
  return days
}

/**
 * Of each day with the next one, as `logs` holds them. What is small beside `DAY_SQUARE`, which is allowed for anyway, is taken for chance:
 * days that are nearly the same, and grow a little, are no single witness.
 */
function correlation(days: number): number {
  let mean = 0
  for (let i = 0; i < days; i += 1) mean += (logs[i] as number) / days
  let [own, next] = [days * DAY_SQUARE, 0]
  for (let i = 0; i < days; i += 1) {
    const off = (logs[i] as number) - mean
    own += off * off
    if (i > 0) next += off * ((logs[i - 1] as number) - mean)
  }
  return next / own
}

function codeOf(bytes: number): number {
  return bytes < 1 ? 0 : Math.min(65_535, Math.max(1, Math.round(CODES * Math.log(bytes))))
}

function bytesOf(code: number): number {
  return code === 0 ? 0 : Math.exp(code / CODES)
}
