import type { EpochMs } from '#src/call/call.ts'
import type { Table } from '#src/store/store.ts'
import type { StreamRecord } from '#src/stream/stream.ts'

/** Raised with every change of what a record's rows hold or which columns they name. */
export const ROWS_VERSION = 3

/** A table as the archive fills it. */
export interface Shape {
  readonly table: Table
  readonly columns: readonly string[]
  /** The columns that name the record which a row was made of. */
  readonly recordSource: string
  readonly recordPosition: string
}

/** One row, ready to be sent. */
export interface Row {
  readonly shape: Shape
  /** The partition of the table that it belongs to; an insert keeps to one. */
  readonly partition: string
  /** A JSON array and a line end. */
  readonly line: string
}

/** The rows of one record (none where there is nothing to keep), or why it cannot be read. */
export type RowsOf = (record: StreamRecord) => readonly Row[] | { readonly refuse: string }

export type Value = string | number | boolean | null | readonly string[]

/** For tables that are not partitioned. */
export const WHOLE = 'all'

export function rowOf(shape: Shape, partition: string, values: readonly Value[]): Row {
  return { shape, partition, line: `${JSON.stringify(values)}\n` }
}

/** What `DateTime64` can hold, in milliseconds: 1970 to 2299 (earlier years exist there, and in no log). */
const LATEST = 10_413_791_999_999

/** As the engine reads it: seconds with three decimals. A time that it cannot hold is missing. */
export function timeOf(ms: EpochMs | null): string | null {
  return ms === null || !(ms >= 0 && ms <= LATEST) ? null : (ms / 1000).toFixed(3)
}

/** The same for whole seconds. */
export function secondsOf(seconds: number | null): string | null {
  return seconds === null || !(seconds >= 0 && seconds * 1000 <= LATEST) ? null : seconds.toFixed(0)
}

/** What `UInt64` can hold and a double can say. */
export function wholeOf(value: number | null): number | null {
  return value === null || !(value >= 0) ? null : Math.min(Math.round(value), Number.MAX_SAFE_INTEGER)
}

const DAY_MS = 86_400_000
let lastDay = Number.NaN
let lastDayText = ''

/** The day in UTC: the partition of tables that are kept by day. Nearly always the same as for the row before. */
export function dayOf(ms: EpochMs): string {
  const day = Math.floor(ms / DAY_MS)
  if (day !== lastDay) {
    lastDayText = new Date(day * DAY_MS).toISOString().slice(0, 10)
    lastDay = day
  }
  return lastDayText
}
