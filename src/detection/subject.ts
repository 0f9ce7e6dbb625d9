import type { Calendar } from '#src/baseline/blocks.ts'
import type { EntityRef } from '#src/baseline/entity.ts'
import type { Sampled } from '#src/sketch/sample.ts'
import type { Meter } from './budget.ts'
import type { ScopePlan, Slot, Watch } from './plan.ts'
import type { Rows } from './rows.ts'

/** What changed about an entity's alert at a tick. */
export type Outcome = 'opened' | 'changed' | 'resolved'

/** Tests are counted for accumulated evidence and for single calls apart: each has its half of the budget. */
export interface WatchMeters {
  readonly run: Meter
  readonly single: Meter
}

/** One entity as `advance` needs it: settled, or a scratch copy. */
export interface Subject {
  readonly ref: EntityRef
  readonly rows: Rows
  readonly row: number
  /** Its weight in the budget; a whole number, 1 unless it is sensitive. */
  readonly weight: number
  /** The examples of the episode under way, for each watch of the scope. */
  readonly examples: (readonly Sampled[])[]
}

/** What all entities of a shard and scope share while a tick is judged. */
export interface Setting {
  readonly plan: ScopePlan
  readonly calendar: Calendar
  readonly meters: readonly WatchMeters[]
  /** The share that a ratio of this entity starts from: its parent's. */
  readonly prior: (ref: EntityRef, slot: Slot, tick: number) => number
  /** Open ticks are judged early: with the margin of the detector, and counting no tests. */
  readonly early: boolean
  /** Told before the episode's numbers are cleared. */
  readonly report: (subject: Subject, watch: Watch, outcome: Outcome, tick: number) => void
}
