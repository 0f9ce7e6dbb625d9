import type { EpochMs } from '#src/call/call.ts'
import type { Position } from '#src/stream/stream.ts'
import { type DeliveredBefore, deliveredBefore, type Progress, progressOf } from './note.ts'
import type { Told } from './record.ts'

/** One notice that is not yet delivered and recorded. */
export interface Notice {
  readonly position: Position
  readonly record: Told
  /** Attempts so far, since the lane was opened. */
  attempts: number
  /** Not to be tried before. */
  at: EpochMs
  /** `told`: the receiver has decided, only the row of the delivery log is missing; later notices of the alert may go. */
  state: 'waiting' | 'under way' | 'told'
  /** How many notices the receiver had taken when this one was first tried. */
  takenBefore: number
}

const NOTE_LIMIT = 3500

/** The undelivered notices of one lane, in order: what may be sent next, and what can be committed. */
export class Notices {
  readonly #open: Notice[] = []
  readonly #before: DeliveredBefore
  #end: Position | null

  constructor(resume: Position | null, note: string) {
    this.#before = deliveredBefore(resume, note)
    this.#end = resume
  }

  /** How many are held in memory. */
  get size(): number {
    return this.#open.length
  }

  /** A record that needs nothing more: it tells nothing, or cannot be read. */
  pass(position: Position): void {
    this.#end = position + 1
  }

  add(position: Position, record: Told): void {
    this.#end = position + 1
    if (this.#before(position)) return
    this.#open.push({ position, record, attempts: 0, at: 0, state: 'waiting', takenBefore: 0 })
  }

  /**
   * The oldest notice that is due and not behind an earlier one of its alert. As a probe of a receiver that is down, the one
   * that was tried least, due or not: else one notice that always fails would keep the receiver down for all others.
   */
  due(now: EpochMs, probing: boolean): Notice | null {
    let best: Notice | null = null
    for (const notice of this.#heads()) {
      if (!probing && notice.at <= now) return notice
      if (probing && (best === null || notice.attempts < best.attempts)) best = notice
    }
    return best
  }

  /** When the next notice is due; `null` where none waits that is first of its alert. */
  dueAt(probing: boolean): EpochMs | null {
    let earliest: EpochMs | null = null
    for (const { at } of this.#heads()) earliest = Math.min(earliest ?? at, probing ? 0 : at)
    return earliest
  }

  /** The receiver is back: what waits for its next attempt need not wait any longer. */
  hurry(): void {
    for (const notice of this.#open) if (notice.state === 'waiting') notice.at = 0
  }

  waiting(): readonly Notice[] {
    return this.#open.filter(({ state }) => state === 'waiting')
  }

  /** The notice is delivered (or never will be) and its row is durable. */
  remove(notice: Notice): void {
    const index = this.#open.indexOf(notice)
    if (index >= 0) this.#open.splice(index, 1)
  }

  /** What can be committed; `null` before anything was read. */
  progress(): Progress | null {
    if (this.#end === null) return null
    const undelivered = this.#open.map(({ position }) => position)
    return progressOf(undelivered, this.#end, NOTE_LIMIT)
  }

  /** Those that wait and are first of their alert. */
  *#heads(): Generator<Notice> {
    const alerts = new Set<string>()
    for (const notice of this.#open) {
      const { id } = notice.record.alert
      if (notice.state === 'told' || alerts.has(id)) continue
      alerts.add(id)
      if (notice.state === 'waiting') yield notice
    }
  }
}
