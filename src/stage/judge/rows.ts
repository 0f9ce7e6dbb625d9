import type { Calendar } from '#src/baseline/blocks.ts'
import { labelOf } from '#src/baseline/entity.ts'
import type { Norm, Readiness, Surroundings } from '#src/baseline/kind.ts'
import type { ScopePlan, Slot } from '#src/detection/plan.ts'
import { newPlace } from '#src/detection/rows.ts'
import type { Append } from '#src/stream/stream.ts'
import type { Entity } from './shard.ts'

/** One line of the `baselines` table: what is normal for one entity and measure, as of `at`. */
export interface BaselineRow extends Norm {
  readonly at: string
  readonly kind: string
  readonly service: string
  readonly method: string
  readonly route: string
  readonly identity: string
  readonly measure: string
  readonly calls: number
  readonly readiness: Readiness
}

/** What analysts see of one entity's baselines, as of the end of a block. Counts are calls a minute, ratios shares, sizes bytes. */
export function baselineRows(
  plan: ScopePlan,
  entity: Entity,
  tick: number,
  calendar: Calendar,
  partition: number,
): Append[] {
  if (entity.row < 0) return []
  const { service, method, route, identity, scope } = entity.ref
  const name = { at: new Date(tick * calendar.tickMs).toISOString(), kind: scope, service, method, route, identity }
  return plan.slots.map((slot) => {
    const row: BaselineRow = { ...name, measure: slot.name, ...normOf(slot, entity, tick, calendar) }
    const key = `${labelOf(entity.ref)} ${slot.name}`
    return { topic: 'baseline-rows', partition, key, value: Buffer.from(JSON.stringify(row)) }
  })
}

const place = newPlace()

/** A baseline without a tick asks nothing of its surroundings. */
const NOBODY: Surroundings = { weight: 1, prior: () => 0, known: () => null, weightOf: () => 1 }

function normOf(slot: Slot, { rows, row }: Entity, tick: number, calendar: Calendar) {
  const { kind, cells, view } = slot
  kind.show(view, rows.place(row, slot, place), tick, null, cells, NOBODY)
  const { level, low, high, dispersion } = kind.norm(view, calendar)
  const norm = { level: short(level), low: short(low), high: short(high), dispersion: short(dispersion) }
  return { ...norm, calls: kind.seen(view), readiness: kind.readiness(view) }
}

/** Six digits say more than is known. */
function short(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : 0
}
