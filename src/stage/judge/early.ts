import type { Place } from '#src/baseline/kind.ts'
import { byScope, type Scope } from '#src/baseline/measure.ts'
import type { Tally } from '#src/baseline/tally.ts'
import type { Plan, ScopePlan, Slot, Watch } from '#src/detection/plan.ts'
import { newPlace, Rows } from '#src/detection/rows.ts'
import type { Setting, Subject } from '#src/detection/subject.ts'
import { OPEN, PEAKS, SUM, SUMS } from '#src/detection/surprise.ts'
import { admit, advance } from '#src/detection/watch.ts'
import type { Entity } from './shard.ts'

/** Told when an open tick crosses; `subject` is the scratch copy that shows the episode. */
export type EarlyReport = (entity: Entity, subject: Subject, watch: Watch, tick: number) => void

/** The open ticks of one entity, in order. */
export type OfEntity = readonly (readonly [number, Tally])[]

/**
 * The settled judge run on a scratch copy: settled state plus the open ticks as they stand. There is no second algorithm; only
 * who cannot possibly cross is left out.
 */
export class Early {
  readonly #plan: Plan
  readonly #scratch: Readonly<Record<Scope, Rows>>
  readonly #sums = new Float64Array(SUMS)
  readonly #peaks = new Float64Array(PEAKS)
  readonly #place = newPlace()
  /** Measures of which some detector tells before the tick closes. */
  readonly #told: Readonly<Record<Scope, readonly Slot[]>>

  constructor(plan: Plan) {
    this.#plan = plan
    const told = ({ watches, slots }: ScopePlan): Slot[] => {
      const early = watches.filter(({ detector }) => detector.single || detector.earlyMargin < Number.POSITIVE_INFINITY)
      return slots.filter((slot) => early.some((watch) => watch.slots.includes(slot)))
    }
    this.#told = byScope((scope) => told(plan[scope]))
    this.#scratch = byScope((scope) => {
      const one = new Rows(plan[scope].width, plan[scope].binsWidth, 1)
      one.take()
      return one
    })
  }

  /**
   * Whether what was counted for an entity in one open tick can be evidence at all: more than the most that is expected. Asked
   * after every merge, so it must be cheap; nearly always the answer is no, and nothing more is looked at.
   */
  rises(entity: Entity, tally: Tally): boolean {
    for (const slot of this.#told[entity.ref.scope]) {
      if (slot.kind.rising(this.#placeOf(entity, slot), tally, slot.cells) > 0) return true
    }
    return false
  }

  /** Looks at one entity's open ticks, which must be in order. `members`: what a service's endpoints show at each of them. */
  look(entity: Entity, open: OfEntity, report: EarlyReport, members?: Setting['members']): void {
    const plan = this.#plan[entity.ref.scope]
    if (open.length === 0 || !plan.watches.some((watch) => this.#mayCross(entity, watch, open))) return
    const told = new Set<Watch>()
    const heard: Setting['report'] = (subject, watch, outcome, tick) => {
      if (outcome !== 'opened' || told.has(watch)) return
      told.add(watch)
      report(entity, subject, watch, tick)
    }
    const setting = entity.home.setting(entity.ref.scope, true, heard, { members })
    const subject = this.#copy(entity, open, setting)
    for (const [tick, tally] of open) advance(setting, subject, tick, tally)
  }

  /** Shows an entity as it stands after each of these ticks, with its open ticks among them. */
  walk(
    entity: Entity,
    open: OfEntity,
    ticks: readonly number[],
    report: Setting['report'],
    show: (subject: Subject, tick: number) => void,
  ): void {
    // Whose open ticks are no evidence stands as it is settled.
    const rises = open.some(([, tally]) => this.rises(entity, tally))
    const setting = entity.home.setting(entity.ref.scope, true, report)
    let subject: Subject = rises && entity.row >= 0 ? this.#copy(entity, open, setting) : entity
    let next = 0
    for (const tick of ticks) {
      const [at, tally] = (rises ? open[next] : undefined) ?? [Number.POSITIVE_INFINITY, null]
      if (at <= tick) {
        if (next === 0 && entity.row < 0) subject = this.#copy(entity, open, setting)
        advance(setting, subject, at, tally)
        next += 1
      }
      show(subject, tick)
    }
  }

  /** A scratch copy of an entity; of who is not admitted yet, as it will be at its first open tick. */
  #copy(entity: Entity, open: OfEntity, setting: Setting): Subject {
    const { ref, weight } = entity
    const subject = { ref, rows: this.#scratch[ref.scope], row: 0, weight, examples: [...entity.examples] }
    const [first] = open[0] as readonly [number, Tally]
    if (entity.row < 0) admit(setting, subject, first)
    else entity.rows.copyTo(entity.row, subject.rows)
    return subject
  }

  /**
   * Cheap: counts only what is on the anomalous side, against the detector's own floor. What it leaves out at the turn of a block,
   * where the odd sizes are still those of the block before, is told when the tick closes.
   */
  #mayCross(entity: Entity, watch: Watch, open: OfEntity): boolean {
    const base = entity.row * entity.rows.width
    if (entity.row >= 0 && entity.rows.numbers[base + watch.at + OPEN] === 1) return false
    let observed = entity.row < 0 ? 0 : (entity.rows.numbers[base + watch.at + SUM] as number)
    let fresh = 0
    for (const slot of watch.slots) {
      for (const [, tally] of open) fresh += slot.kind.rising(this.#placeOf(entity, slot), tally, slot.cells)
    }
    if (fresh === 0) return false
    observed += fresh
    this.#sums.fill(0)
    this.#sums[0] = observed
    this.#sums[1] = observed
    return watch.detector.floor(this.#sums, this.#peaks, watch.params, watch.detector.single)
  }

  #placeOf({ row, rows }: Entity, slot: Slot): Place | null {
    return row < 0 ? null : rows.place(row, slot, this.#place)
  }
}
