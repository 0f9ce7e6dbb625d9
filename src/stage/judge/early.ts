import type { Scope } from '#src/baseline/measure.ts'
import { isOddBin } from '#src/baseline/sizes.ts'
import type { Tally } from '#src/baseline/tally.ts'
import type { Plan, ScopePlan, Watch } from '#src/detection/plan.ts'
import { Rows } from '#src/detection/rows.ts'
import type { Subject } from '#src/detection/subject.ts'
import { OPEN, PEAKS, SUM, SUMS } from '#src/detection/surprise.ts'
import { admit, advance } from '#src/detection/watch.ts'
import type { Entity } from './shard.ts'

/** Told when an open tick crosses; `subject` is the scratch copy that shows the episode. */
export type EarlyReport = (entity: Entity, subject: Subject, watch: Watch, tick: number) => void

type OfEntity = readonly (readonly [number, Tally])[]

/**
 * The settled judge run on a scratch copy: settled state plus the open ticks as they stand. There is no second algorithm; only
 * who cannot possibly cross is left out.
 */
export class Early {
  readonly #plan: Plan
  readonly #scratch: Readonly<Record<Scope, Rows>>
  readonly #sums = new Float64Array(SUMS)
  readonly #peaks = new Float64Array(PEAKS)

  constructor(plan: Plan) {
    this.#plan = plan
    const rows = (scope: ScopePlan): Rows => {
      const one = new Rows(scope.width, scope.binsWidth, 1)
      one.take()
      return one
    }
    this.#scratch = { endpoint: rows(plan.endpoint), identity: rows(plan.identity) }
  }

  /** Looks at one entity's open ticks, which must be in order. */
  look(entity: Entity, open: OfEntity, report: EarlyReport): void {
    const { scope } = entity.ref
    const plan = this.#plan[scope]
    if (open.length === 0 || !plan.watches.some((watch) => this.#mayCross(entity, watch, open))) return
    const subject: Subject = {
      ref: entity.ref,
      rows: this.#scratch[scope],
      row: 0,
      weight: entity.weight,
      examples: [...entity.examples],
    }
    const told = new Set<Watch>()
    const heard = (_: Subject, watch: Watch, outcome: string, tick: number): void => {
      if (outcome !== 'opened' || told.has(watch)) return
      told.add(watch)
      report(entity, subject, watch, tick)
    }
    const [first] = open[0] as readonly [number, Tally]
    const setting = entity.home.setting(scope, true, heard)
    if (entity.row < 0) admit(setting, subject, first)
    else entity.rows.copyTo(entity.row, subject.rows)
    for (const [tick, tally] of open) advance(setting, subject, tick, tally)
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
      for (const [, tally] of open) {
        if (slot.kind !== 'sizes') fresh += tally.integers[slot.integer] as number
        else if (entity.row >= 0) fresh += odd(entity.rows.numbers, base + slot.at, tally.bins[slot.bins] as number[])
      }
    }
    if (fresh === 0) return false
    observed += fresh
    this.#sums.fill(0)
    this.#sums[0] = observed
    this.#sums[1] = observed
    return watch.detector.floor(this.#sums, this.#peaks, watch.params, watch.detector.single)
  }
}

function odd(row: Float64Array, at: number, bins: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < bins.length; i += 2) if (isOddBin(row, at, bins[i] as number)) sum += bins[i + 1] as number
  return sum
}
