import type { EpochMs } from '#src/call/call.ts'
import { COMPACTED, type LaneName } from '../ledger.ts'
import type { Position, StreamRecord, Topic } from '../stream.ts'

export interface StorageOptions {
  /** How many partitions each topic has; 1 where none is named. */
  readonly partitions?: Partial<Record<Topic, number>>
  /** The name of the source that a partition is; `topic/partition` unless given. */
  readonly source?: (topic: Topic, partition: number) => string
  /** Topics whose records nobody wants: accepted and forgotten. None unless given. */
  readonly discard?: readonly Topic[]
  /** Keys and values of all topics together; beyond it the oldest records go, and readers are told of the gap. No limit unless given. */
  readonly retentionBytes?: number
  /** How many records stay behind the slowest reader, so that a resume position can go back. 1,024 unless given. */
  readonly slackRecords?: number
}

/** What is known of one lane, whoever owns it. */
export interface LaneEntry {
  epoch: number
  resume: Position | null
  note: string
}

/** One partition of one topic: the records that are still there, and its readers. */
export interface Partition {
  readonly source: string
  readonly compacted: boolean
  first: Position
  records: StreamRecord[]
  readonly lanes: Map<string, LaneEntry>
}

/** Everything that a memory stream keeps. Two streams on one storage are two processes on one broker. */
export class MemoryStorage {
  readonly #options: StorageOptions
  readonly #slack: number
  readonly #limit: number
  readonly #topics = new Map<Topic, Partition[]>()
  readonly #states = new Map<string, Map<string, Uint8Array>>()
  readonly #watchers = new Set<() => void>()
  readonly #discard: ReadonlySet<Topic>
  #bytes = 0

  constructor(options: StorageOptions = {}) {
    this.#options = options
    this.#slack = options.slackRecords ?? 1_024
    this.#limit = options.retentionBytes ?? Number.POSITIVE_INFINITY
    this.#discard = new Set(options.discard)
  }

  partitions(topic: Topic): Partition[] {
    let partitions = this.#topics.get(topic)
    if (partitions === undefined) {
      const length = this.#options.partitions?.[topic] ?? 1
      const source = this.#options.source ?? ((of, partition) => `${of}/${partition}`)
      partitions = Array.from({ length }, (_, partition) => ({
        source: source(topic, partition),
        compacted: COMPACTED.has(topic),
        first: 0,
        records: [],
        lanes: new Map(),
      }))
      this.#topics.set(topic, partitions)
    }
    return partitions
  }

  partition(topic: Topic, partition: number): Partition {
    const found = this.partitions(topic)[partition]
    if (found === undefined) throw new RangeError(`partition ${partition} of ${topic}`)
    return found
  }

  lane({ stage, topic, partition }: LaneName): LaneEntry {
    const { lanes } = this.partition(topic, partition)
    let entry = lanes.get(stage)
    if (entry === undefined) {
      entry = { epoch: 0, resume: null, note: '' }
      lanes.set(stage, entry)
    }
    return entry
  }

  state(topic: Topic, partition: number): Map<string, Uint8Array> {
    const name = `${topic}/${partition}`
    let state = this.#states.get(name)
    if (state === undefined) {
      state = new Map()
      this.#states.set(name, state)
    }
    return state
  }

  append(topic: Topic, partition: number, key: string | null, value: Uint8Array, at: EpochMs | null): void {
    if (this.#discard.has(topic)) return
    const to = this.partition(topic, partition)
    const position = to.first + to.records.length
    to.records.push({ source: to.source, position, appendedAt: at, key, value, headers: null })
    this.#bytes += weight(key, value)
  }

  /** Forgets what every reader of the partition has passed. Cheap to call often: it waits until that is a good part. */
  trim(partition: Partition): void {
    if (partition.lanes.size === 0 || partition.compacted) return
    let passed = Number.POSITIVE_INFINITY
    for (const { resume } of partition.lanes.values()) passed = Math.min(passed, resume ?? 0)
    const spare = passed - this.#slack - partition.first
    if (spare > 0 && spare >= this.#slack && spare * 2 >= partition.records.length) this.#forget(partition, spare)
  }

  /** Forgets the oldest records, whoever still needs them, until the size limit is kept. */
  limit(): void {
    while (this.#bytes > this.#limit) {
      const oldest = [...this.#topics.values()]
        .flat()
        .filter(({ records, compacted }) => records.length > 0 && !compacted)
        .sort((one, other) => (one.records[0]!.appendedAt ?? 0) - (other.records[0]!.appendedAt ?? 0))[0]
      if (oldest === undefined) return
      this.#forget(oldest, Math.max(1, oldest.records.length >> 4))
    }
  }

  /** Calls back after new records became visible; answers how to end that. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  announce(): void {
    for (const watcher of this.#watchers) watcher()
  }

  #forget(partition: Partition, count: number): void {
    for (const { key, value } of partition.records.slice(0, count)) this.#bytes -= weight(key, value)
    partition.records = partition.records.slice(count)
    partition.first += count
  }
}

function weight(key: string | null, value: Uint8Array): number {
  return value.length + (key?.length ?? 0)
}
