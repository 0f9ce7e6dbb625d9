import type { EpochMs } from './call.ts'

const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const
const DAYS_IN = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/**
 * The instant of a UTC date and time; NaN where one of the parts is out of its range (month 1 to 12, second 0 to 60: a
 * leap second counts as the next minute's first). Years 0 to 9999, Gregorian throughout.
 */
export function instantOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): EpochMs {
  // Written so that NaN, which compares false, fails too.
  if (!(month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 60 && year >= 0))
    return Number.NaN
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  if (day > DAYS_IN[month - 1]! + (leap && month === 2 ? 1 : 0)) return Number.NaN
  const before = year - 1
  const days =
    year * 365 +
    Math.floor(before / 4) -
    Math.floor(before / 100) +
    Math.floor(before / 400) +
    DAYS_BEFORE[month - 1]! +
    (leap && month > 2 ? 1 : 0) +
    day -
    719_528
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000
}

/** The number that `count` digits at `at` spell; NaN where one of them is not a digit. */
export function digitsAt(text: string, at: number, count: number): number {
  let value = 0
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/**
 * Reads `2026-11-22T09:30:00.123Z` and its kin (RFC 3339): an offset is required, `t`, `z` and a space for `T` are allowed,
 * fractions of any length are cut to milliseconds. NaN where it is anything else; `Date.parse` would also take `1` and `May`.
 */
export function parseRfc3339(text: string): EpochMs {
  const length = text.length
  if (length < 20 || length > 64 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return Number.NaN
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return Number.NaN
  const between = text.charCodeAt(10)
  if (between !== 84 && between !== 116 && between !== 32) return Number.NaN
  const seconds = instantOf(
    digitsAt(text, 0, 4),
    digitsAt(text, 5, 2),
    digitsAt(text, 8, 2),
    digitsAt(text, 11, 2),
    digitsAt(text, 14, 2),
    digitsAt(text, 17, 2),
  )
  let at = 19
  let millis = 0
  if (text.charCodeAt(at) === 46) {
    let weight = 100
    for (at++; at < length; at++) {
      const digit = text.charCodeAt(at) - 48
      if (!(digit >= 0 && digit <= 9)) break
      millis += digit * weight
      weight = weight > 1 ? weight / 10 : 0
    }
    if (at === 20) return Number.NaN
  }
  return seconds + millis - offsetAt(text, at)
}

/** The offset from UTC that ends the text at `at`, in milliseconds; NaN where there is none or something follows it. */
function offsetAt(text: string, at: number): number {
  const sign = text.charCodeAt(at)
  if (sign === 90 || sign === 122) return at + 1 === text.length ? 0 : Number.NaN
  if ((sign !== 43 && sign !== 45) || at + 6 !== text.length || text.charCodeAt(at + 3) !== 58) return Number.NaN
  const hours = digitsAt(text, at + 1, 2)
  const minutes = digitsAt(text, at + 4, 2)
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN
  return (sign === 45 ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
