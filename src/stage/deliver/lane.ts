import type { DrainLane, DrainOpening, StreamRecord } from '#src/stream/stream.ts'
import { Commits } from './commits.ts'
import type { Courier } from './courier.ts'
import type { DeliverLimits } from './limits.ts'
import { type Notice, Notices } from './notices.ts'
import { readAlertRecord } from './record.ts'
import { type Attempted, type DeliveryRow, producedOf, rowOf } from './row.ts'
import { Rows } from './rows.ts'
import { type DeliverEvents, pause, type Surroundings } from './surroundings.ts'

/** How long a sink may ignore that its attempt was aborted, and rows may take to become durable, when a lane closes. */
const LAST_MS = 2000

/** One partition of the alerts topic on its way to one sink. What to send when is the courier's. */
export class Lane implements DrainLane {
  readonly notices: Notices
  readonly #opening: DrainOpening
  readonly #courier: Courier
  readonly #surroundings: Surroundings
  readonly #limits: DeliverLimits
  readonly #events: DeliverEvents
  readonly #sink: string
  readonly #rows: Rows
  readonly #commits: Commits
  /** Aborts the attempts under way. */
  readonly #attempts = new AbortController()
  /** Ends the waits of rows and commits. */
  readonly #waits = new AbortController()
  readonly #rowsEnd = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  #closed = false
  #room: PromiseWithResolvers<void> | null = null

  constructor(
    opening: DrainOpening,
    courier: Courier,
    surroundings: Surroundings,
    limits: DeliverLimits,
    sink: string,
    events: DeliverEvents,
  ) {
    this.#opening = opening
    this.#courier = courier
    this.#surroundings = surroundings
    this.#limits = limits
    this.#sink = sink
    this.#events = events
    this.notices = new Notices(opening.resume, opening.note)
    this.#rows = new Rows(surroundings, this.#rowsEnd.signal, (reason) =>
      events.held?.(sink, opening.source, 'rows', reason),
    )
    this.#commits = new Commits(
      opening,
      surroundings,
      limits.commitEveryMs,
      this.#waits.signal,
      () => this.notices.progress(),
      (failure) => this.#commitFailed(failure),
    )
  }

  /** Whether an attempt may start now, as far as this lane goes. */
  get open(): boolean {
    return !this.#closed && this.#commits.failure === null && this.#rows.size < this.#limits.rows
  }

  get signal(): AbortSignal {
    return this.#attempts.signal
  }

  async take(records: readonly StreamRecord[]): Promise<void> {
    for (const { position, value } of records) {
      this.#mustServe()
      const reading = readAlertRecord(value)
      if (reading.kind === 'told') {
        while (this.notices.size >= this.#limits.undelivered) await this.#roomForMore()
        this.notices.add(position, reading.record)
        continue
      }
      if (reading.kind === 'bad') this.#events.bad?.(this.#sink, this.#opening.source, position, reading.reason)
      this.notices.pass(position)
    }
    this.#commits.soon()
    this.#courier.wake()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#room?.reject(new Error('The lane is closed'))
    this.#room = null
    this.#courier.leave(this)
    if (this.#commits.failure === null) await this.#within(this.#limits.closeMs, this.#quiet())
    this.#attempts.abort()
    await this.#within(LAST_MS, this.#quiet())
    await this.#within(LAST_MS, this.#rows.settled())
    this.#rowsEnd.abort()
    this.#waits.abort()
    await this.#commits.last()
  }

  /** Keeps an attempt in sight until it has ended. It must not reject. */
  track(attempt: Promise<void>): void {
    this.#underWay.add(attempt)
    void attempt.then(() => this.#underWay.delete(attempt))
  }

  /** Writes an attempt into the delivery log; with a notice that needs nothing more, that notice is then done with. */
  record(notice: Notice, attempted: Attempted, done: boolean): void {
    const row: DeliveryRow = rowOf(this.#sink, notice.record, attempted)
    this.#events.attempted?.(row)
    if (done) notice.state = 'told'
    this.#rows.add(producedOf(row), () => {
      if (done) this.#done(notice)
      else this.#courier.wake()
    })
  }

  #done(notice: Notice): void {
    this.notices.remove(notice)
    this.#room?.resolve()
    this.#room = null
    this.#commits.soon()
    this.#courier.wake()
  }

  async #quiet(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  async #within(ms: number, work: Promise<void>): Promise<void> {
    const enough = new AbortController()
    await Promise.race([work, pause(this.#surroundings, ms, enough.signal)])
    enough.abort()
  }

  #roomForMore(): Promise<void> {
    this.#mustServe()
    this.#commits.soon()
    this.#courier.wake()
    // Waking may have made room already, where the sink is off.
    if (this.notices.size < this.#limits.undelivered) return Promise.resolve()
    this.#room ??= Promise.withResolvers<void>()
    return this.#room.promise
  }

  #mustServe(): void {
    if (this.#closed) throw new Error('The lane is closed')
    if (this.#commits.failure !== null) throw this.#commits.failure
  }

  #commitFailed(failure: Error): void {
    this.#attempts.abort()
    this.#events.held?.(this.#sink, this.#opening.source, 'commit', failure.message.slice(0, 500))
    this.#room?.reject(failure)
    this.#room = null
  }
}
