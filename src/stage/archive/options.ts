import type { EpochMs } from '#src/call/call.ts'
import type { Format } from '#src/call/format.ts'
import type { TimeBounds } from '#src/call/time.ts'
import type { Store, Table } from '#src/store/store.ts'
import type { Position } from '#src/stream/stream.ts'

/** When a range of records is cut and inserted, whichever is first. */
export interface RangeLimits {
  /** Records of one range, and rows for one table (a record may make several, and is never torn); 1 to 50,000, and 50,000 unless given. */
  readonly records: number
  /** Characters of its rows; 32 Mi unless given. A lane holds three ranges at most: open, waiting, being inserted. */
  readonly characters: number
  /** Milliseconds after its first record; 1,000 unless given. */
  readonly waitMs: number
}

/** How an engine that is away is asked again: the wait doubles from the first to the longest. */
export interface Retry {
  readonly firstMs: number
  readonly longestMs: number
}

export const RANGE_LIMITS: RangeLimits = { records: 50_000, characters: 32 * 1024 * 1024, waitMs: 1_000 }
export const RETRY: Retry = { firstMs: 200, longestMs: 10_000 }

/** A record, or one row made of it, that will never be in the store. */
export interface Refused {
  /** `null`: the record could not be read at all. */
  readonly table: Table | null
  readonly source: string
  readonly position: Position
}

/** What the archive tells its surroundings (metrics, logs). Must not throw. */
export interface ArchiveEvents {
  stored?(table: Table, rows: number, ms: number): void
  /** An insert was not taken (`null`: a refusal could not be told); it will be tried again. `attempt` counts from 1. */
  waiting?(table: Table | null, reason: string, attempt: number): void
}

export interface ArchiveOptions {
  readonly store: Store
  /** What the calls topic carries. */
  readonly format: Format
  readonly bounds: TimeBounds
  /** Bytes of the largest record that is read; as for collect, which dead-letters what is larger. */
  readonly recordBytes?: number
  /** The time that records without an append time are held against. */
  readonly runStart: EpochMs
  /** Names everything else that a row depends on besides its record (route table, redaction); at most 100 characters. */
  readonly configuration: string
  readonly limits?: Partial<RangeLimits>
  readonly retry?: Partial<Retry>
  /** Calls back after so many milliseconds, once; returns how to call it off. */
  readonly after: (ms: number, run: () => void) => () => void
  /** Milliseconds, for the events only. */
  readonly now: () => number
  /** At least once for each, and tried again where it rejects: what it does with them should last. */
  readonly onRefused: (refused: Refused, reason: string) => void | Promise<void>
  readonly events?: ArchiveEvents
}
