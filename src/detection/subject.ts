import type { Calendar } from '#src/baseline/blocks.ts'
import type { EntityRef } from '#src/baseline/entity.ts'
import type { Known } from '#src/baseline/kind.ts'
import type { Sampled } from '#src/sketch/sample.ts'
import type { Meter } from './budget.ts'
import type { Hearing } from './hearing.ts'
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

/** What the endpoints of a service show of one detector's anomaly, each in the episode that it has under way. */
export interface Members {
  /** How many there are, how many are odd by themselves (a thousand to one), and how many have an alert open. */
  readonly all: number
  readonly odd: number
  readonly alarmed: number
  /** How much more was observed than expected at the one where it is the most. */
  readonly most: number
  /** The worst severity of the alerts that belong to the service's. */
  readonly severity: number
  /** Those where it is the most, the most first, at most three: names, and shares of what is more at all of them. */
  readonly names: readonly { readonly name: string; readonly share: number }[]
}

/** What all entities of a shard and scope share while a tick is judged. */
export interface Setting {
  readonly plan: ScopePlan
  readonly calendar: Calendar
  readonly meters: readonly WatchMeters[]
  /** What the entity's peers say of a measure: the share that a ratio starts from, say. */
  readonly prior: (ref: EntityRef, slot: Slot, tick: number) => number
  /** What they know of a name; null where none of them has met it. */
  readonly known: (ref: EntityRef, slot: Slot, name: string) => Known | null
  /** The weight in the budget of what a name stands for. */
  readonly weightOf: (name: string) => number
  /** Open ticks are judged early: with the margin of the detector, and counting no tests. */
  readonly early: boolean
  /** In which ticks anything was heard, of whomever. */
  readonly hearing: Pick<Hearing, 'at'>
  /** From this tick on detectors that alarm in silence do not judge: the input has ended, and its end is not silence. */
  readonly silentUntil: number
  /** What the endpoints of a service show once they were judged up to this tick; null for other scopes, and for open ticks. */
  readonly members: (ref: EntityRef, watch: Watch, tick: number) => Members | null
  /** Told before the episode's numbers are cleared. */
  readonly report: (subject: Subject, watch: Watch, outcome: Outcome, tick: number) => void
}
