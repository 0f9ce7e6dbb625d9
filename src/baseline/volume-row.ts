/** Where the numbers of a volume's baseline lie in its row. Sums, levels and limits are in bytes. */
export const VOLUME_WIDTH = 35

export const SEEN = 0
/** The window of five minutes that the row stands at, numbered since 1970, and what it has come to so far. */
export const WINDOW = 1
export const WINDOW_SUM = 2
/** The hour of that window: what it has come to, how many of its windows had bytes, and the largest of those that are over. */
export const HOUR_SUM = 3
export const HOUR_WINDOWS = 4
export const LARGEST = 5
/** What the 23 hours before came to; the most that 24 hours which ended today came to; and the same a day ago. */
export const REST = 6
export const TOP = 7
export const LATE_TOP = 8
/** The last hour that had bytes, and what it was held against; 0: nothing. */
export const LAST = 9
export const LAST_BOUND = 10
/** Learned: bytes, hours and windows with bytes, fading in days; bytes and hours, fading in hours. */
export const LEVEL_SUM = 11
export const LEVEL_HOURS = 12
export const LEVEL_WINDOWS = 13
export const RECENT_SUM = 14
export const RECENT_HOURS = 15
/** Bytes an hour that this hour is held against; and what is usual now for an hour, and for five minutes, that have any. */
export const LEVEL = 16
export const HOUR_MEAN = 17
export const WINDOW_MEAN = 18
/** Jumps of the hour before, which wait to be learned: of its largest window, and its own; -1: it had none. */
export const PENDING_WINDOW = 19
export const PENDING_HOUR = 20
/** Hours whose jumps were learned, as the histograms hold them. */
export const HOURS = 21
/** Tails (see volume-tail.ts), and from how many bytes on they may be evidence. */
export const WINDOW_LIMIT = 22
export const WINDOW_BEYOND = 23
export const WINDOW_EXCESS = 24
export const HOUR_LIMIT = 25
export const HOUR_BEYOND = 26
export const HOUR_SQUARES = 27
export const DAY_LIMIT = 28
export const DAY_BEYOND = 29
export const DAY_SQUARES = 30
export const DAY_MIDDLE = 31
/** Whole days behind it. */
export const DAYS = 32
/** How large an hour and 24 hours were of which an alert has told; the second fades. */
export const TOLD_HOUR = 33
export const TOLD_DAY = 34

export function num(row: Float64Array, at: number): number {
  return row[at] as number
}
