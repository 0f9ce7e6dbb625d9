import type { EpochMs } from '#src/call/call.ts'
import { type LaneRun, Reader } from './lane.ts'
import type { LaneName, Ledger } from './ledger.ts'
import type { Lane, Step, StreamEvents, Transform } from './stream.ts'

/** One lane of a transform on a ledger: one step, one commit. */
export class TransformRun implements LaneRun {
  readonly name: LaneName
  readonly source: string
  readonly #ledger: Ledger
  readonly #events: StreamEvents
  readonly #transform: Transform
  #open: { readonly reader: Reader; readonly lane: Lane } | null = null

  constructor(ledger: Ledger, events: StreamEvents, transform: Transform, partition: number) {
    this.#ledger = ledger
    this.#events = events
    this.#transform = transform
    this.name = { stage: transform.stage, topic: transform.input, partition }
    this.source = ledger.sourceOf(transform.input, partition)
  }

  async open(): Promise<void> {
    const claim = this.#ledger.claim(this.name, this.#transform.state)
    const lane = this.#transform.open({
      source: this.source,
      partition: this.name.partition,
      partitions: this.#ledger.partitionsOf(this.name.topic),
      partitionsOf: (topic) => this.#ledger.partitionsOf(topic),
      resume: claim.resume,
      note: claim.note,
      state: claim.state,
    })
    this.#open = { reader: new Reader(this.#ledger, this.#events, claim), lane }
    this.#events.opened?.(this.name.stage, this.source, claim.resume)
  }

  /** Everything that a transform does happens inside a call. */
  check(): void {}

  behind(): number {
    return this.#open?.reader.behind() ?? 0
  }

  async advance(limit: number): Promise<void> {
    if (this.#open === null) throw new Error(`lane ${this.name.stage} of ${this.source} is not open`)
    const { reader, lane } = this.#open
    const records = reader.next(limit)
    if (records.length === 0) return
    const started = performance.now()
    const step = lane.step(records)
    if (step !== null) await this.#commit(reader, step, records.length, started)
    else this.#events.stepped?.(this.name.stage, this.source, records.length, performance.now() - started, 0)
  }

  async idle(at: EpochMs): Promise<void> {
    if (this.#open === null) throw new Error(`lane ${this.name.stage} of ${this.source} is not open`)
    const { reader, lane } = this.#open
    const started = performance.now()
    const step = lane.idle(at)
    if (step !== null) await this.#commit(reader, step, 0, started)
  }

  async drop(): Promise<void> {
    this.#open = null
  }

  async #commit(reader: Reader, step: Step, records: number, started: number): Promise<void> {
    const stepped = performance.now()
    await this.#ledger.commit(reader.claim, step, reader.behind() > 0)
    this.#events.stepped?.(this.name.stage, this.source, records, stepped - started, performance.now() - stepped)
  }
}
