import { type LaneRun, Reader } from './lane.ts'
import type { Claim, LaneName, Ledger } from './ledger.ts'
import { type Drain, type DrainLane, Fenced, type Position, type StreamEvents } from './stream.ts'

/** One lane of a drain on a ledger: takes one batch after the other, commits when it says so. */
export class DrainRun implements LaneRun {
  readonly name: LaneName
  readonly source: string
  readonly #ledger: Ledger
  readonly #events: StreamEvents
  readonly #drain: Drain
  readonly #wake: () => void
  /** Under which the lane may commit; `null` once it may no more. */
  #claim: Claim | null = null
  #reader: Reader | null = null
  #lane: DrainLane | null = null
  /** The take under way: also ended from outside, by a failed commit or by giving the lane up. */
  #turn: PromiseWithResolvers<void> | null = null
  readonly #commits = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | null = null

  /** `wake` is called when a commit failed: the driver, which may be waiting for records, should `check`. */
  constructor(ledger: Ledger, events: StreamEvents, drain: Drain, name: LaneName, wake: () => void) {
    this.#ledger = ledger
    this.#events = events
    this.#drain = drain
    this.#wake = wake
    this.name = name
    this.source = ledger.sourceOf(name.topic, name.partition)
  }

  async open(): Promise<void> {
    const claim = this.#ledger.claim(this.name, null)
    this.#claim = claim
    this.#failure = null
    this.#reader = new Reader(this.#ledger, this.#events, claim)
    this.#lane = await this.#drain.open({
      topic: this.name.topic,
      source: this.source,
      partition: this.name.partition,
      resume: claim.resume,
      note: claim.note,
      commit: (resume, note) => this.#commit(claim, resume, note),
    })
    this.#events.opened?.(this.name.stage, this.source, claim.resume)
  }

  check(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  behind(): number {
    return this.#reader?.behind() ?? 0
  }

  async advance(limit: number): Promise<void> {
    if (this.#lane === null || this.#reader === null)
      throw new Error(`lane ${this.name.stage} of ${this.source} is not open`)
    const records = this.#reader.next(limit)
    if (records.length === 0) return
    const started = performance.now()
    const turn = Promise.withResolvers<void>()
    this.#turn = turn
    this.#lane.take(records).then(turn.resolve, turn.reject)
    await turn.promise
    this.#turn = null
    this.#events.stepped?.(this.name.stage, this.source, records.length, performance.now() - started, 0)
  }

  /** Drains are told of records only. */
  async idle(): Promise<void> {}

  async drop(): Promise<void> {
    const [lane, claim] = [this.#lane, this.#claim]
    this.#lane = null
    this.#reader = null
    try {
      await lane?.close()
    } finally {
      // A commit that was asked for before is not left behind: the next owner would have it refused.
      await Promise.allSettled(this.#commits)
      if (this.#claim === claim) this.#claim = null
      this.#turn?.resolve()
    }
  }

  async #commit(claim: Claim, resume: Position, note: string): Promise<void> {
    if (this.#claim !== claim) throw new Fenced(`lane ${this.name.stage} of ${this.source} was given up`)
    const commit = this.#ledger.commit(claim, { appends: [], state: [], resume, note }, false)
    this.#commits.add(commit)
    try {
      await commit
    } catch (error) {
      if (this.#claim === claim) {
        this.#claim = null
        this.#failure = { error }
        this.#turn?.reject(error)
        this.#wake()
      }
      throw error
    } finally {
      this.#commits.delete(commit)
    }
  }
}
