import * as z from 'zod'
import { count, measure, name, readJson, text, time } from './json.ts'
import { dayOf, type RowsOf, rowOf, type Shape, timeOf, WHOLE, wholeOf } from './row.ts'

const LETTERS: Shape = {
  table: 'dead_letters',
  columns: [
    'appended_at',
    'source',
    'position',
    'reason',
    'detail',
    'format',
    'sample',
    'letter_source',
    'letter_position',
  ],
  recordSource: 'letter_source',
  recordPosition: 'letter_position',
}

const letter = z.object({
  source: text,
  position: z.int().min(0),
  appended_at: time.nullish(),
  reason: text,
  detail: name,
  format: name,
  sample: name,
})

export const deadLetterRows: RowsOf = (record) => {
  const read = readJson(letter, record.value)
  if ('refuse' in read) return read
  const { source, position, appended_at, reason, detail, format, sample } = read.value
  // days are kept by append time; a record without one is put where its dead letter is
  const at = inRange(appended_at) ?? inRange(record.appendedAt) ?? 0
  const values = [timeOf(at), source, position, reason, detail, format, sample, record.source, record.position]
  return [rowOf(LETTERS, dayOf(at), values)]
}

const DELIVERIES: Shape = {
  table: 'deliveries',
  columns: [
    'at',
    'sink',
    'alert_id',
    'notice',
    'event',
    'attempt',
    'outcome',
    'status',
    'reason',
    'latency_ms',
    'source',
    'position',
  ],
  recordSource: 'source',
  recordPosition: 'position',
}

const delivery = z.object({
  at: time,
  sink: text,
  alert_id: text,
  notice: count,
  event: text,
  attempt: count,
  outcome: text,
  status: z.int().min(0).max(999).nullish(),
  reason: name,
  latency_ms: measure,
})

export const deliveryRows: RowsOf = (record) => {
  const read = readJson(delivery, record.value)
  if ('refuse' in read) return read
  const { at, sink, alert_id, notice, event, attempt, outcome, status, reason, latency_ms } = read.value
  const what = [notice, event, attempt, outcome, status ?? null, reason, latency_ms]
  const time = timeOf(inRange(at) ?? inRange(record.appendedAt) ?? 0)
  return [rowOf(DELIVERIES, WHOLE, [time, sink, alert_id, ...what, record.source, record.position])]
}

const BASELINES: Shape = {
  table: 'baselines',
  columns: [
    'at',
    'kind',
    'service',
    'method',
    'route',
    'identity',
    'measure',
    'level',
    'low',
    'high',
    'dispersion',
    'calls',
    'readiness',
    'changed_at',
    'changed_from',
    'source',
    'position',
  ],
  recordSource: 'source',
  recordPosition: 'position',
}

const baseline = z.object({
  at: time,
  kind: text,
  service: name,
  method: name,
  route: name,
  identity: name,
  measures: z.array(
    z.object({
      measure: text,
      level: measure,
      low: measure,
      high: measure,
      dispersion: measure,
      calls: z.number().min(0),
      readiness: z.enum(['cold', 'warming', 'ready']),
      changed_at: time.nullish(),
      changed_from: measure,
    }),
  ),
})

export const baselineRows: RowsOf = (record) => {
  const read = readJson(baseline, record.value)
  if ('refuse' in read) return read
  const { kind, service, method, route, identity, measures } = read.value
  const at = inRange(read.value.at) ?? inRange(record.appendedAt) ?? 0
  const entity = [timeOf(at), kind, service, method, route, identity]
  return measures.map(({ measure, level, low, high, dispersion, calls, readiness, changed_at, changed_from }) => {
    const changed = [timeOf(inRange(changed_at)), changed_from]
    const normal = [measure, level, low, high, dispersion, wholeOf(calls) ?? 0, readiness, ...changed]
    return rowOf(BASELINES, dayOf(at), [...entity, ...normal, record.source, record.position])
  })
}

/** Milliseconds that are a day of the years 1970 to 2100: beyond, a partition's name and the engine's day would part. */
function inRange(ms: number | null | undefined): number | null {
  return ms !== null && ms !== undefined && ms >= 0 && ms < 4_102_444_800_000 ? ms : null
}
