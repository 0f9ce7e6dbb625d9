import type { EpochMs } from '#src/call/call.ts'
import type { Claim, LaneName, Ledger } from './ledger.ts'
import type { Position, StreamEvents, StreamRecord } from './stream.ts'

/** A lane as its driver sees it: opened, advanced, dropped. Any rejection means: drop it, and open it again. */
export interface LaneRun {
  readonly name: LaneName
  readonly source: string
  open(): Promise<void>
  /** Throws what went wrong outside of a call: a drain's commit. */
  check(): void
  /** How many records are waiting to be read. */
  behind(): number
  /** Reads at most `limit` records; resolves when the lane can take more. */
  advance(limit: number): Promise<void>
  /** The source was read to its end and is quiet. */
  idle(at: EpochMs): Promise<void>
  /** Gives the lane up. Idempotent. */
  drop(): Promise<void>
}

/** Follows one lane through its input, and tells what is no longer there. */
export class Reader {
  readonly claim: Claim
  readonly #ledger: Ledger
  readonly #events: StreamEvents
  #position: Position

  constructor(ledger: Ledger, events: StreamEvents, claim: Claim) {
    this.#ledger = ledger
    this.#events = events
    this.claim = claim
    this.#position = claim.resume ?? ledger.first(claim.lane.topic, claim.lane.partition)
  }

  behind(): number {
    const { topic, partition } = this.claim.lane
    const from = Math.max(this.#position, this.#ledger.first(topic, partition))
    return Math.max(0, this.#ledger.end(topic, partition) - from)
  }

  next(limit: number): readonly StreamRecord[] {
    const { stage, topic, partition } = this.claim.lane
    const first = this.#ledger.first(topic, partition)
    if (first > this.#position) {
      const source = this.#ledger.sourceOf(topic, partition)
      this.#events.gap?.({ stage, source, from: this.#position, to: first })
      this.#position = first
    }
    const records = this.#ledger.read(topic, partition, this.#position, limit)
    const last = records.at(-1)
    if (last !== undefined) this.#position = last.position + 1
    return records
  }
}
