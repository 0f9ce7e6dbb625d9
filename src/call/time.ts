import type { EpochMs } from './call.ts'

/** How far a call's time may be from the time at which its record was appended. Milliseconds. */
export interface TimeBounds {
  readonly futureMs: number
  readonly pastMs: number
}

/** 5 minutes ahead (clock skew), 30 days behind (a sender that was cut off). */
export const TIME_BOUNDS: TimeBounds = { futureMs: 5 * 60_000, pastMs: 30 * 86_400_000 }

/** No log line of an API is older: what is, comes from a clock that was never set. 2000-01-01T00:00:00Z. */
export const OLDEST_TIME: EpochMs = 946_684_800_000

/** The time that is used for a call; `fixed` where that is the append time instead of what was logged. */
export interface BelievedTime {
  readonly at: EpochMs
  readonly fixed: boolean
}

export interface TimeReject {
  readonly reject: 'time-out-of-range'
  readonly detail: string
}

/**
 * Decides which time a call is counted at. A function of the record alone (and of the run's start, for records that nobody
 * stamped), so that the same log is judged the same way however it is read: one line of 2099 must not make all that follows late.
 */
export function believeTime(
  ts: EpochMs,
  appendedAt: EpochMs | null,
  runStart: EpochMs,
  bounds: TimeBounds,
): BelievedTime | TimeReject {
  if (appendedAt !== null) {
    const near = ts <= appendedAt + bounds.futureMs && ts >= appendedAt - bounds.pastMs
    return near ? { at: ts, fixed: false } : { at: appendedAt, fixed: true }
  }
  if (ts >= OLDEST_TIME && ts <= runStart + bounds.futureMs) return { at: ts, fixed: false }
  const why = ts < OLDEST_TIME ? 'is before the year 2000' : 'is after the start of this run'
  return { reject: 'time-out-of-range', detail: `${spell(ts)} ${why}` }
}

/** The time in RFC 3339, or the bare number where it is beyond what a date can hold. */
function spell(ts: EpochMs): string {
  return Math.abs(ts) <= 8.64e15 ? new Date(ts).toISOString() : String(ts)
}
