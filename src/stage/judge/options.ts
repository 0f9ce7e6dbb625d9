import type { AlertRecord } from '#src/alert/alert.ts'
import type { Calendar } from '#src/baseline/blocks.ts'
import type { EntityRef } from '#src/baseline/entity.ts'
import type { Counted, Scope } from '#src/baseline/measure.ts'
import type { ShardAccounts } from '#src/detection/ledger.ts'
import type { Plan } from '#src/detection/plan.ts'
import type { Spending } from './accounts.ts'

export interface JudgeOptions {
  readonly plan: Plan
  readonly calendar: Calendar
  readonly latenessMs: number
  readonly shards: number
  /** The weight of an entity in the budget: a whole number, above 1 for what is sensitive. */
  readonly weightOf: (ref: EntityRef) => number
  /** How many entities of a scope one shard keeps, and no more services than endpoints; the rest share one entity. */
  readonly entitiesPerShard: Readonly<Record<Counted, number>>
  /** How many tallies of open ticks one lane keeps; beyond it new entities' calls are counted for the shared one. */
  readonly openTallies: number
  /** Event time between two checkpoints. */
  readonly checkpointMs: number
  readonly observer?: JudgeObserver
}

/** What a lane tells its surroundings (metrics). Must not throw. */
export interface JudgeObserver {
  /** An alert record was appended. */
  told?(record: AlertRecord): void
  /** Once a step: what the lane holds. `closedBefore`: event time up to which ticks are settled, `null` before the first. */
  held?(state: {
    readonly partition: number
    readonly closedBefore: number | null
    readonly entities: Readonly<Record<Scope, number>>
    readonly openTallies: number
    readonly overflowed: number
    readonly evicted: number
    readonly lateAfterIdle: number
    readonly malformed: number
    /** By detector, since the first start. */
    readonly spending: Readonly<Record<string, Spending>>
    /** The budget by event-day; `null` where no tick has closed since it was last told. */
    readonly accounts: readonly ShardAccounts[] | null
  }): void
}
