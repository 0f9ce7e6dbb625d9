import type { Calendar } from '#src/baseline/blocks.ts'
import { normOfCount } from '#src/baseline/count.ts'
import { labelOf } from '#src/baseline/entity.ts'
import { normOfRatio } from '#src/baseline/ratio.ts'
import { normOfSizes } from '#src/baseline/sizes.ts'
import type { ScopePlan } from '#src/detection/plan.ts'
import { round } from '#src/detection/words.ts'
import type { Append } from '#src/stream/stream.ts'
import type { Entity } from './shard.ts'

/** One line of the `baselines` table: what is normal for one entity and measure, as of `at`. */
export interface BaselineRow {
  readonly at: string
  readonly kind: string
  readonly service: string
  readonly method: string
  readonly route: string
  readonly identity: string
  readonly measure: string
  readonly level: number
  readonly low: number
  readonly high: number
  readonly dispersion: number
  readonly calls: number
  readonly readiness: 'cold' | 'warming' | 'ready'
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
  const { numbers, width } = entity.rows
  const base = entity.row * width
  const { service, method, route, identity, scope } = entity.ref
  const name = { at: new Date(tick * calendar.tickMs).toISOString(), kind: scope, service, method, route, identity }
  return plan.slots.map((slot) => {
    const row: BaselineRow = { ...name, measure: slot.name, ...normOf(slot, numbers, base + slot.at, tick, calendar) }
    const key = `${labelOf(entity.ref)} ${slot.name}`
    return { topic: 'baseline-rows', partition, key, value: Buffer.from(JSON.stringify(row)) }
  })
}

type Norm = Pick<BaselineRow, 'level' | 'low' | 'high' | 'dispersion' | 'calls' | 'readiness'>

function normOf(
  slot: ScopePlan['slots'][number],
  numbers: Float64Array,
  at: number,
  tick: number,
  calendar: Calendar,
): Norm {
  if (slot.kind === 'count') {
    normOfCount(numbers, at, tick, slot.view)
    const { mean, bound, shape, seen, armed } = slot.view
    const aMinute = 60_000 / calendar.tickMs
    return {
      level: round(mean * aMinute),
      low: 0,
      high: round(bound * aMinute),
      dispersion: round(1 + bound / shape),
      calls: seen,
      readiness: armed ? 'ready' : seen > 0 ? 'warming' : 'cold',
    }
  }
  if (slot.kind === 'ratio') {
    normOfRatio(numbers, at, slot.view)
    const { share, bound, seen } = slot.view
    return {
      level: share,
      low: 0,
      high: bound,
      dispersion: 1,
      calls: seen,
      readiness: seen > 150 ? 'ready' : seen > 0 ? 'warming' : 'cold',
    }
  }
  normOfSizes(numbers, at, slot.view)
  const { logEdge, learned, beyond, excess, seen, armed } = slot.view
  const edge = Math.round(Math.exp(logEdge))
  return {
    level: edge,
    low: 0,
    high: 3 * edge,
    dispersion: beyond > 0 ? round(excess / beyond) : 0,
    calls: seen,
    readiness: armed ? 'ready' : learned > 0 || seen > 0 ? 'warming' : 'cold',
  }
}
