import type { Position, StreamRecord } from '#src/stream/stream.ts'
import type { Intent } from './intent.ts'
import type { Row, Shape } from './row.ts'

/** The rows of one range in one partition of one table: one insert. */
export interface Part {
  readonly shape: Shape
  readonly partition: string
  readonly lines: readonly string[]
  /** The record that each line was made of. */
  readonly positions: readonly Position[]
}

interface OpenPart extends Part {
  readonly lines: string[]
  readonly positions: Position[]
}

/** Consecutive records of one source that are stored, and told as stored, together. */
export class Range {
  readonly first: Position
  /** The last position; for a range that an earlier owner had begun, the one it was announced with. */
  last: Position
  readonly stamp: number
  /** What an earlier owner announced; `null` for a range of our own. */
  readonly begun: Intent | null
  readonly unreadable: { readonly position: Position; readonly reason: string }[] = []
  records = 0
  /** Rows of the largest part. */
  rows = 0
  characters = 0
  readonly #parts = new Map<string, OpenPart>()

  constructor(first: StreamRecord, begun: Intent | null) {
    this.first = begun?.first ?? first.position
    this.last = begun?.last ?? first.position
    this.stamp = begun?.stamp ?? first.appendedAt ?? 0
    this.begun = begun
  }

  get parts(): readonly Part[] {
    return [...this.#parts.values()]
  }

  add(record: StreamRecord, rows: readonly Row[] | { readonly refuse: string }): void {
    this.records++
    if (this.begun === null) this.last = record.position
    if ('refuse' in rows) {
      this.unreadable.push({ position: record.position, reason: rows.refuse })
      return
    }
    for (const { shape, partition, line } of rows) {
      const part = this.#part(shape, partition)
      part.lines.push(line)
      part.positions.push(record.position)
      this.characters += line.length
      this.rows = Math.max(this.rows, part.lines.length)
    }
  }

  #part(shape: Shape, partition: string): OpenPart {
    const key = `${shape.table}:${partition}`
    const known = this.#parts.get(key)
    if (known !== undefined) return known
    const part = { shape, partition, lines: [], positions: [] }
    this.#parts.set(key, part)
    return part
  }
}
