import type { EpochMs } from '#src/call/call.ts'

/** The topics by their logical names; an implementation maps them to physical ones (`api-calls`, `tidemark.tallies`, …). */
export type Topic =
  | 'calls'
  | 'tallies'
  | 'dead-letters'
  | 'alerts'
  | 'baselines'
  | 'baseline-rows'
  | 'deliveries'
  | 'operations'

/** Ordered within one source; gaps are allowed. Opaque otherwise. */
export type Position = number

/** One record as read. */
export interface StreamRecord {
  /** One partition of one topic, or one file. Opaque: compare only. Stable over restarts. */
  readonly source: string
  readonly position: Position
  /** When the stream took the record; `null` where nobody knows (a file). */
  readonly appendedAt: EpochMs | null
  readonly key: string | null
  /** Callers must not keep it or write to it after the step: it may be a slice of a large buffer. */
  readonly value: Uint8Array
  readonly headers: Readonly<Record<string, string>> | null
}

/** One record to be written. `partition` is `null` where the stream may choose (by key, else in turn). */
export interface Append {
  readonly topic: Topic
  readonly partition: number | null
  readonly key: string | null
  readonly value: Uint8Array
}

/** One entry of a lane's state (a record of the compacted state topic). `null` deletes the key. */
export interface StateWrite {
  readonly key: string
  readonly value: Uint8Array | null
}

/** What one step of a transform hands to the stream: all of it becomes visible together, or none. */
export interface Step {
  readonly appends: readonly Append[]
  readonly state: readonly StateWrite[]
  /** Where the next owner starts to read: the resume position. May be older than what was read, and may go back. */
  readonly resume: Position
  /** Travels with the resume position; at most 3,500 bytes. */
  readonly note: string
}

/** What a lane is told when it is opened, after its previous owner has been fenced. */
export interface Opening {
  readonly source: string
  /** Which partition of the input this lane reads: 0 to partitions - 1. */
  readonly partition: number
  /** How many partitions the input has: for collect, the number of sources. */
  readonly partitions: number
  /** How many partitions a topic that this stage writes has. */
  partitionsOf(topic: Topic): number
  /** The committed resume position; `null` where nothing was ever committed. Records are delivered from here on. */
  readonly resume: Position | null
  /** The note that was committed with it; empty where there is none. */
  readonly note: string
  /** The last committed state, each key once. Empty for stages without a state topic. */
  readonly state: ReadonlyMap<string, Uint8Array>
}

/** One input of a transform with its state. Pure: no clock, no randomness, no I/O. Dropped at any failure, and opened again. */
export interface Lane {
  /**
   * Called with at least one record, in the order of their positions. One step is one commit; `null` where there is nothing to
   * commit: reading goes on, and the next owner starts at the last committed resume position and reads these records again.
   */
  step(records: readonly StreamRecord[]): Step | null
  /**
   * Called when the source has been read to its end and has been quiet for `idleAfterMs`; `at` is the stream's time
   * (or `Infinity` at the end of a finite input). Called again while the silence lasts. `null`: nothing to commit.
   */
  idle(at: EpochMs): Step | null
}

/** A pure stage: batch in, appends out, committed atomically with the position. */
export interface Transform {
  /** Names the consumer group and the transactional ids: `collect`, `judge`. */
  readonly stage: string
  readonly input: Topic
  readonly outputs: readonly Topic[]
  /** Compacted; its partition i holds the state of the lane of input partition i. */
  readonly state: Topic | null
  /** A step is due after so many records or so long after the first of them, whichever is first. */
  readonly batch: BatchLimits
  readonly idleAfterMs: number
  open(opening: Opening): Lane
}

export interface BatchLimits {
  readonly records: number
  readonly waitMs: number
}

/** One input of a drain. At least once; what it does outside must be idempotent by key. */
export interface DrainLane {
  /** Resolves when the lane can take more: that is the back-pressure. A rejection drops the lane, which is opened again. */
  take(records: readonly StreamRecord[]): Promise<void>
  /** No more records come; finish or abandon what is under way. Called once, also after a failure. */
  close(): Promise<void>
}

/** What a drain's lane is told when it is opened. */
export interface DrainOpening {
  /** Which of the drain's inputs this lane reads. */
  readonly topic: Topic
  readonly source: string
  readonly partition: number
  readonly resume: Position | null
  readonly note: string
  /**
   * Commits where the next owner starts to read, with a note. Rejects when this lane is no longer the owner (or the commit's
   * fate is unknown): the lane must then do nothing more outside.
   */
  commit(resume: Position, note: string): Promise<void>
}

/** A stage with a side effect outside. */
export interface Drain {
  /** Names the consumer group: `archive`, `deliver.<sink>`. */
  readonly stage: string
  readonly inputs: readonly Topic[]
  readonly batch: BatchLimits
  open(opening: DrainOpening): Promise<DrainLane>
}

/** Records that the stream no longer has: told, never skipped in silence. */
export interface Gap {
  readonly stage: string
  readonly source: string
  /** The first position that is missing. */
  readonly from: Position
  /** The first position that is there again. */
  readonly to: Position
}

/** How far one lane is behind its input, measured from the read position (not the resume position). */
export interface Lag {
  readonly stage: string
  readonly source: string
  readonly records: number
}

/** What a running stage tells its surroundings (metrics, logs). Must not throw. */
export interface StreamEvents {
  opened?(stage: string, source: string, resume: Position | null): void
  stepped?(stage: string, source: string, records: number, stepMs: number, commitMs: number): void
  /** A lane failed here; it will be opened again. */
  dropped?(stage: string, source: string, reason: string): void
  /** A lane that another member has by now was refused what it had under way: it is done there. Nothing is wrong. */
  lost?(stage: string, source: string, reason: string): void
  gap?(gap: Gap): void
  /** Nothing will mend itself (bad credentials, a missing topic): the process should say so and end. */
  fatal?(error: Error): void
}

/** A stage that runs. */
export interface Running {
  /** Finishes the step under way, commits it, leaves. Idempotent. */
  stop(): Promise<void>
}

/** A record to be produced from outside the stages (HTTP ingest, deliveries, demo traffic). */
export interface Produced {
  readonly key: string | null
  readonly value: Uint8Array
  readonly partition?: number
}

/**
 * The durable, partitioned log between stages. Three implementations pass one contract suite: kafka, sqlite, memory.
 * Promises: appends, state and position become visible together or not at all; readers see only committed records, in
 * order per lane; a lane has one owner, and an older owner's commit is refused; restore gives the last committed state,
 * then records from the resume position; opening twice changes nothing; retention never passes the slowest reader
 * below its size limit, and beyond it a gap is told.
 */
export interface Stream {
  /** Creates what is missing where that is allowed; explains what is wrong otherwise. Must be called once, first. */
  prepare(): Promise<void>
  transform(transform: Transform): Promise<Running>
  drain(drain: Drain): Promise<Running>
  /** Resolves once all records are durable. */
  append(topic: Topic, records: readonly Produced[]): Promise<void>
  lag(): readonly Lag[]
  close(): Promise<void>
}

/** A commit that was refused because the lane has a newer owner. */
export class Fenced extends Error {
  override readonly name = 'Fenced'
}
