import type { Position, Step, StreamRecord, Topic } from './stream.ts'

/** One lane of one stage: the input partition that it reads. */
export interface LaneName {
  readonly stage: string
  readonly topic: Topic
  readonly partition: number
}

/** The ownership of a lane, with what the previous owner committed. */
export interface Claim {
  readonly lane: LaneName
  readonly stateTopic: Topic | null
  /** Grows with every claim: a commit under an older epoch is refused. */
  readonly epoch: number
  readonly resume: Position | null
  readonly note: string
  readonly state: ReadonlyMap<string, Uint8Array>
}

/** The part of a stream that keeps things; `memory` and `sqlite` each have one, and run the same lanes on it. */
export interface Ledger {
  partitionsOf(topic: Topic): number
  sourceOf(topic: Topic, partition: number): string
  /** From now on nothing that this lane still needs is deleted. */
  register(lane: LaneName): void
  /** Makes the caller the owner of the lane: whoever had it before is refused from here on. */
  claim(lane: LaneName, state: Topic | null): Claim
  /** The oldest position that is still there; `end` when nothing is. */
  first(topic: Topic, partition: number): Position
  /** The position that the next record will get. */
  end(topic: Topic, partition: number): Position
  /** At least one record where there is one, at most `limit`, from `from` on. */
  read(topic: Topic, partition: number, from: Position, limit: number): readonly StreamRecord[]
  /**
   * Everything of the step becomes visible together, or nothing. `more`: the lane has more to do, so do not let it wait.
   * Rejects with `Fenced` when the claim is not the newest.
   */
  commit(claim: Claim, step: Step, more: boolean): Promise<void>
}

/** Topics of which the last record of each key is kept for ever, whatever readers have passed. */
export const COMPACTED: ReadonlySet<Topic> = new Set(['baselines', 'operations'])

/** More than this is refused: the same limit as in Kafka's offset metadata. */
const NOTE_BYTES = 3_500

/** Throws where a step cannot be committed by any stream. */
export function checkStep(ledger: Ledger, claim: Claim, step: Step): void {
  if (step.state.length > 0 && claim.stateTopic === null) throw new TypeError(`${claim.lane.stage} has no state topic`)
  if (!Number.isSafeInteger(step.resume) || step.resume < 0) throw new RangeError(`resume position ${step.resume}`)
  if (step.note.length * 3 > NOTE_BYTES && Buffer.byteLength(step.note) > NOTE_BYTES) {
    throw new RangeError(`a note of ${Buffer.byteLength(step.note)} bytes; at most ${NOTE_BYTES}`)
  }
  for (const append of step.appends) checkPartition(ledger, append.topic, append.partition)
}

/** Throws where a named partition does not exist. */
export function checkPartition(ledger: Ledger, topic: Topic, partition: number | null): void {
  if (partition === null) return
  const partitions = ledger.partitionsOf(topic)
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) {
    throw new RangeError(`partition ${partition} of ${topic}, which has ${partitions}`)
  }
}

/** Chooses partitions for records that name none: by key, else in turn. */
export class Spread {
  #turn = 0

  choose(key: string | null, partitions: number): number {
    if (partitions === 1) return 0
    if (key === null) {
      this.#turn = (this.#turn + 1) % partitions
      return this.#turn
    }
    let hash = 0x811c9dc5
    for (let index = 0; index < key.length; index += 1) {
      hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
    }
    return (hash >>> 0) % partitions
  }
}
