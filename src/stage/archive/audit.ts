import type { Store } from '#src/store/store.ts'
import type { Position } from '#src/stream/stream.ts'
import { answerOf, type Patience } from './patience.ts'
import type { Part, Range } from './range.ts'
import type { Shape } from './row.ts'

/**
 * The parts of a range without the rows that are stored already. For a range that was announced by another version or with
 * another configuration: its days, and with them its tokens, may be cut differently now. Waits while the engine is away.
 */
export async function leaveOutStored(
  store: Store,
  patience: Patience,
  source: string,
  range: Range,
): Promise<readonly Part[]> {
  const stored = new Map<string, ReadonlySet<Position>>()
  const parts: Part[] = []
  for (const part of range.parts) {
    const { shape, partition, lines, positions } = part
    const there =
      stored.get(shape.table) ??
      (await patience.until(shape.table, () => answerOf(() => positionsOf(store, source, shape, range))))
    stored.set(shape.table, there)
    const missing = positions.flatMap((position, index) => (there.has(position) ? [] : [index]))
    if (missing.length === 0) continue
    parts.push({
      shape,
      partition,
      lines: missing.map((index) => lines[index] as string),
      positions: missing.map((index) => positions[index] as Position),
    })
  }
  return parts
}

async function positionsOf(
  store: Store,
  source: string,
  { table, recordSource, recordPosition }: Shape,
  { first, last }: Range,
): Promise<ReadonlySet<Position>> {
  // one row, however many positions: a limit on rows must not stop the archive
  const sql = `SELECT groupUniqArray(${recordPosition}) AS positions FROM ${table}
WHERE ${recordSource} = {source:String} AND ${recordPosition} BETWEEN {first:UInt64} AND {last:UInt64}`
  const rows = await store.query<{ readonly positions: readonly Position[] }>(sql, { source, first, last })
  return new Set(rows[0]?.positions)
}
