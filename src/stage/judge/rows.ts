import type { Calendar } from '#src/baseline/blocks.ts'
import { labelOf } from '#src/baseline/entity.ts'
import type { Norm, Readiness, Surroundings } from '#src/baseline/kind.ts'
import type { ScopePlan, Slot } from '#src/detection/plan.ts'
import { newPlace } from '#src/detection/rows.ts'
import type { Append } from '#src/stream/stream.ts'
import type { Entity } from './shard.ts'

/** What is normal for one measure. */
export interface BaselineOfMeasure extends Norm {
  readonly measure: string
  readonly calls: number
  readonly readiness: Readiness
  /** Since when, and from what, a change is taken for normal that had lasted for hours. */
  readonly changed_at?: string
  readonly changed_from?: number
}

/** What is normal for one entity, as of `at`: a row of the `baselines` table for each measure that has counted anything. */
export interface BaselineRecord {
  readonly at: string
  readonly kind: string
  readonly service: string
  readonly method: string
  readonly route: string
  readonly identity: string
  readonly measures: readonly BaselineOfMeasure[]
}

/** What analysts see of one entity's baselines, as of the end of a block. Counts are calls a minute, ratios shares, sizes bytes. */
export function baselineRecord(
  plan: ScopePlan,
  entity: Entity,
  tick: number,
  calendar: Calendar,
  partition: number,
): Append | null {
  if (entity.row < 0) return null
  const measures: BaselineOfMeasure[] = []
  for (const slot of plan.slots) {
    const norm = normOf(slot, entity, tick, calendar)
    if (norm.readiness !== 'cold') measures.push(norm)
  }
  if (measures.length === 0) return null
  const { service, method, route, identity, scope } = entity.ref
  const at = new Date(tick * calendar.tickMs).toISOString()
  const record: BaselineRecord = { at, kind: scope, service, method, route, identity, measures }
  return { topic: 'baseline-rows', partition, key: labelOf(entity.ref), value: Buffer.from(JSON.stringify(record)) }
}

const place = newPlace()

/** A baseline without a tick asks nothing of its surroundings. */
const NOBODY: Surroundings = { weight: 1, prior: () => 0, known: () => null, weightOf: () => 1 }

function normOf(slot: Slot, { rows, row }: Entity, tick: number, calendar: Calendar): BaselineOfMeasure {
  const { kind, cells, view } = slot
  rows.place(row, slot, place)
  kind.show(view, place, tick, null, cells, NOBODY)
  const { level, low, high, dispersion } = kind.norm(view, calendar)
  const norm = { level: short(level), low: short(low), high: short(high), dispersion: short(dispersion) }
  const shift = kind.shift?.(place, calendar) ?? null
  return {
    measure: slot.name,
    ...norm,
    calls: kind.seen(view),
    readiness: kind.readiness(view),
    ...(shift === null ? {} : { changed_at: new Date(shift.tick * calendar.tickMs).toISOString() }),
    ...(shift?.levels == null ? {} : { changed_from: short(shift.levels.from) }),
  }
}

/** Six digits say more than is known. */
function short(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : 0
}
