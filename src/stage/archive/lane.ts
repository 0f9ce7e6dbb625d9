import type { DrainLane, DrainOpening, StreamRecord } from '#src/stream/stream.ts'
import { leaveOutStored } from './audit.ts'
import { insertPart } from './insert.ts'
import { decodeIntent, encodeIntent, type Intent, tokenOf } from './intent.ts'
import { type ArchiveOptions, RANGE_LIMITS, type RangeLimits } from './options.ts'
import { Abandoned, Patience } from './patience.ts'
import { Range } from './range.ts'
import { ROWS_VERSION, type RowsOf } from './row.ts'

/**
 * Gathers records into ranges and stores each exactly once: the range is announced (committed as an intent at the old position),
 * then inserted under tokens that name it, then passed. One range is inserted at a time, one may wait for it, one is open; when
 * there are more records than that, `take` does not resolve.
 */
export class ArchiveLane implements DrainLane {
  readonly #opening: DrainOpening
  readonly #options: ArchiveOptions
  readonly #rowsOf: RowsOf
  readonly #configuration: string
  readonly #limits: RangeLimits
  readonly #patience: Patience
  readonly #stop = new AbortController()
  /** What an earlier owner announced and nobody has passed yet. */
  #begun: Intent | null
  #open: Range | null = null
  #callOff: () => void = () => undefined
  /** Its wait is over, but another range is still under way. */
  #due = false
  #underWay = 0
  #latest: Range | null = null
  #flight: Promise<void> = Promise.resolve()
  #failure: Error | null = null
  #seen = -1

  constructor(opening: DrainOpening, options: ArchiveOptions, rowsOf: RowsOf, configuration: string) {
    this.#opening = opening
    this.#options = options
    this.#rowsOf = rowsOf
    this.#configuration = configuration
    this.#limits = { ...RANGE_LIMITS, ...options.limits }
    this.#patience = new Patience(options, this.#stop.signal)
    this.#begun = decodeIntent(opening.note)
  }

  async take(records: readonly StreamRecord[]): Promise<void> {
    for (const record of records) {
      this.#assertSound()
      // what was announced may have lost its last records to retention
      if (this.#begun !== null && record.position > this.#begun.last) await this.#cut()
      this.#add(record)
      if (this.#isFull(record)) await this.#cut()
    }
    this.#assertSound()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#callOff()
    try {
      await this.#flight
    } catch {
      // the lane goes, and its failure with it: take() has told it, or the next owner starts from the last commit
    }
  }

  #assertSound(): void {
    if (this.#stop.signal.aborted) throw new Abandoned()
    if (this.#failure !== null) throw this.#failure
  }

  #add(record: StreamRecord): void {
    if (record.position <= this.#seen) {
      throw new Error(`${record.source}: position ${record.position} came after ${this.#seen}`)
    }
    this.#seen = record.position
    if (this.#open === null) {
      this.#open = new Range(record, this.#begun)
      if (this.#begun === null) this.#callOff = this.#options.after(this.#limits.waitMs, () => this.#waitIsOver())
    }
    this.#open.add(record, this.#rowsOf(record))
  }

  #isFull(record: StreamRecord): boolean {
    const range = this.#open
    if (range === null) return false
    // a range that was begun is cut where it was cut before, whatever the limits are now
    if (range.begun !== null) return record.position >= range.begun.last
    const { records, characters } = this.#limits
    return range.records >= records || range.rows >= records || range.characters >= characters
  }

  #waitIsOver(): void {
    if (this.#underWay > 0) this.#due = true
    else this.#cut().catch((error: unknown) => this.#fail(error))
  }

  /** Sends the open range on its way; resolves once the one before it has landed. */
  async #cut(): Promise<void> {
    const range = this.#open
    this.#open = null
    this.#begun = null
    this.#due = false
    this.#callOff()
    if (range === null) return
    const before = this.#flight
    this.#underWay++
    this.#latest = range
    this.#flight = this.#fly(range, before)
    this.#flight.then(
      () => this.#landed(),
      (error: unknown) => this.#fail(error),
    )
    await before
  }

  #landed(): void {
    this.#underWay--
    if (this.#due && this.#underWay === 0 && !this.#stop.signal.aborted) this.#waitIsOver()
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error))
    this.#callOff()
  }

  async #fly(range: Range, before: Promise<void>): Promise<void> {
    await before
    if (this.#stop.signal.aborted) throw new Abandoned()
    if (range.parts.length > 0) await this.#store(range)
    for (const { position, reason } of range.unreadable) {
      await this.#patience.refuse({ table: null, source: this.#opening.source, position }, reason)
    }
    // the announcement of the range that waits passes this one too
    if (this.#latest === range) await this.#opening.commit(range.last + 1, '')
  }

  async #store(range: Range): Promise<void> {
    const { source } = this.#opening
    const { first, last, stamp, begun } = range
    const configuration = this.#configuration
    const mixed = begun !== null && (begun.mixed || !isAlike(begun, configuration))
    const intent = { first, last, stamp, version: ROWS_VERSION, configuration, mixed }
    // a rejection ends the flight here: somebody else may own the source, so nothing is inserted
    if (begun === null || mixed) await this.#opening.commit(first, encodeIntent(intent))
    const parts = mixed ? await leaveOutStored(this.#options.store, this.#patience, source, range) : range.parts
    for (const part of parts) {
      const token = tokenOf(part.shape.table, source, intent, part.partition)
      await insertPart(this.#options, this.#patience, source, part, token)
    }
  }
}

/** Whether its owner made the same rows of the same records as we do. */
function isAlike(begun: Intent, configuration: string): boolean {
  return begun.version === ROWS_VERSION && begun.configuration === configuration
}
