import { type Claim, checkStep, type LaneName, type Ledger, Spread } from '../ledger.ts'
import type { CommitProbe } from '../probe.ts'
import { Fenced, type Position, type Step, type StreamRecord, type Topic } from '../stream.ts'
import type { MemoryStorage } from './storage.ts'

/** A ledger in memory. Everything of a commit happens between two turns of the event loop. */
export class MemoryLedger implements Ledger {
  readonly #storage: MemoryStorage
  readonly #probe: CommitProbe | null
  readonly #now: () => number
  readonly #spread = new Spread()

  constructor(storage: MemoryStorage, probe: CommitProbe | null, now: () => number) {
    this.#storage = storage
    this.#probe = probe
    this.#now = now
  }

  partitionsOf(topic: Topic): number {
    return this.#storage.partitions(topic).length
  }

  sourceOf(topic: Topic, partition: number): string {
    return this.#storage.partition(topic, partition).source
  }

  register(lane: LaneName): void {
    this.#storage.lane(lane)
  }

  claim(lane: LaneName, state: Topic | null): Claim {
    const entry = this.#storage.lane(lane)
    entry.epoch += 1
    const kept = state === null ? new Map<string, Uint8Array>() : new Map(this.#storage.state(state, lane.partition))
    return { lane, stateTopic: state, epoch: entry.epoch, resume: entry.resume, note: entry.note, state: kept }
  }

  first(topic: Topic, partition: number): Position {
    return this.#storage.partition(topic, partition).first
  }

  end(topic: Topic, partition: number): Position {
    const { first, records } = this.#storage.partition(topic, partition)
    return first + records.length
  }

  read(topic: Topic, partition: number, from: Position, limit: number): readonly StreamRecord[] {
    const { first, records } = this.#storage.partition(topic, partition)
    return records.slice(from - first, from - first + limit)
  }

  async commit(claim: Claim, step: Step): Promise<void> {
    checkStep(this, claim, step)
    const { stage, topic, partition } = claim.lane
    const { source } = this.#storage.partition(topic, partition)
    if (this.#probe !== null) await this.#probe.before?.(stage, source)
    this.#apply(claim, step)
    if (this.#probe !== null) await this.#probe.after?.(stage, source)
  }

  #apply(claim: Claim, step: Step): void {
    const { lane } = claim
    const entry = this.#storage.lane(lane)
    if (entry.epoch !== claim.epoch)
      throw new Fenced(`lane ${lane.stage} of ${lane.topic}/${lane.partition} has a newer owner`)
    const at = this.#now()
    for (const { topic, partition, key, value } of step.appends) {
      const to = partition ?? this.#spread.choose(key, this.partitionsOf(topic))
      this.#storage.append(topic, to, key, value, at)
    }
    if (claim.stateTopic !== null) {
      const state = this.#storage.state(claim.stateTopic, lane.partition)
      for (const { key, value } of step.state) {
        if (value === null) state.delete(key)
        else state.set(key, value)
      }
    }
    entry.resume = step.resume
    entry.note = step.note
    this.#storage.trim(this.#storage.partition(lane.topic, lane.partition))
    if (step.appends.length > 0) {
      this.#storage.limit()
      this.#storage.announce()
    }
  }
}
