import type { Calendar } from '#src/baseline/blocks.ts'
import { normOfCount } from '#src/baseline/count.ts'
import { labelOf } from '#src/baseline/entity.ts'
import { normOfRatio } from '#src/baseline/ratio.ts'
import { normOfSizes } from '#src/baseline/sizes.ts'
import type { ScopePlan } from '#src/detection/plan.ts'
import { round } from '#src/detection/words.ts'
import { leastOf, mostOf } from '#src/sketch/logbins.ts'
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
  const { width } = entity.rows
  const base = entity.row * width
  const { service, method, route, identity, scope } = entity.ref
  const name = { at: new Date(tick * calendar.tickMs).toISOString(), kind: scope, service, method, route, identity }
  return plan.slots.map((slot) => {
    const row: BaselineRow = { ...name, measure: slot.name, ...normOf(entity, slot, base + slot.at, calendar) }
    const key = `${labelOf(entity.ref)} ${slot.name}`
    return { topic: 'baseline-rows', partition, key, value: Buffer.from(JSON.stringify(row)) }
  })
}

type Norm = Pick<BaselineRow, 'level' | 'low' | 'high' | 'dispersion' | 'calls' | 'readiness'>

function normOf({ rows, row }: Entity, slot: ScopePlan['slots'][number], at: number, calendar: Calendar): Norm {
  const { numbers, bins, binsWidth } = rows
  if (slot.kind === 'count') {
    normOfCount(numbers, at, slot.view)
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
  normOfSizes(numbers, at, bins, row * binsWidth + slot.binsAt, slot.view)
  const { upper, lower, learned, seen, armed } = slot.view
  return {
    level: Math.round(Math.exp(upper.logEdge)),
    low: mostOf(lower.oddBin) + 1,
    high: leastOf(upper.oddBin),
    dispersion: upper.beyond > 0 ? round(upper.excess / upper.beyond) : 0,
    calls: seen,
    readiness: armed ? 'ready' : learned > 0 || seen > 0 ? 'warming' : 'cold',
  }
}
