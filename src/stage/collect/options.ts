import type { Counted, Layout } from '#src/baseline/measure.ts'
import type { EpochMs } from '#src/call/call.ts'
import type { Format } from '#src/call/format.ts'
import type { TimeBounds } from '#src/call/time.ts'

/** What became of one record, for metrics. */
export type Fate = 'call' | 'skipped' | 'late' | 'duplicate' | 'rejected'

export interface CollectOptions {
  readonly format: Format
  readonly layouts: Readonly<Record<Counted, Layout>>
  readonly tickMs: number
  /** How far behind the latest call of its source a call may be and still be judged. */
  readonly latenessMs: number
  readonly bounds: TimeBounds
  /** What stands in for the append time where nobody stamped the records. */
  readonly runStart: EpochMs
  readonly shards: number
  /** How many request ids of one tick and source are remembered; beyond it duplicates of that tick go unnoticed, and are counted. */
  readonly requestIdsPerTick: number
  readonly recordBytes: number
  /** Told after every step. Must not throw. */
  readonly counted?: (counts: StepCounts) => void
}

/** What one step of collect did with its records, for metrics and reports. */
export interface StepCounts {
  readonly source: string
  readonly fates: ReadonlyMap<Fate, number>
  /** Rejected records by reason. */
  readonly reasons: ReadonlyMap<string, number>
  /** Request ids that were not remembered, for want of room. */
  readonly forgotten: number
  /** Event time of the earliest and the latest call; `null` where there was none. */
  readonly first: EpochMs | null
  readonly last: EpochMs | null
}
