import * as z from 'zod'
import { count, name, readJson, text, time } from './json.ts'
import { type RowsOf, rowOf, type Shape, timeOf, WHOLE, wholeOf } from './row.ts'

const columns = [
  'id',
  'detector',
  'status',
  'settled',
  'severity',
  'kind',
  'service',
  'method',
  'route',
  'identity',
  'opened_at',
  'last_seen_at',
  'resolved_at',
  'detected_at',
  'window_seconds',
  'surprise_bits',
  'evidence',
  'observed',
  'expected',
  'baseline_calls',
  'readiness',
  'reason',
  'contributors',
  'examples',
  'query',
  'silent_if',
  'version',
  'parent',
  'notice',
  'event',
  'appended_at',
  'source',
  'position',
]
const record = { columns, recordSource: 'source', recordPosition: 'position' }
const ALERTS: Shape = { table: 'alerts', ...record }
const EVENTS: Shape = { table: 'alert_events', ...record }

const measures = z.record(z.string().max(256), z.number())

const schema = z.object({
  alert: z.object({
    id: z.string().min(1).max(128),
    detector: text,
    status: z.enum(['open', 'resolved', 'withdrawn']),
    settled: z.boolean(),
    severity: z.enum(['low', 'medium', 'high', 'critical']),
    entity: z.object({ kind: text, service: name, method: name, route: name, identity: name }),
    opened_at: time,
    last_seen_at: time,
    resolved_at: time.nullable(),
    detected_at: time,
    window_seconds: z.number(),
    surprise_bits: z.number(),
    evidence: measures.default({}),
    observed: measures,
    expected: measures,
    baseline: z.object({ calls: z.number(), readiness: z.enum(['cold', 'warming', 'ready']) }),
    reason: text,
    contributors: z.array(z.object({ name: text, share: z.number() })).max(1000),
    examples: z.array(text).max(1000),
    query: text,
    silent_if: text,
    version: count,
    // Older records have none.
    parent: name,
  }),
  telling: z.object({ notice: count, event: text }).nullable(),
})

/** The alert as it stands now (the record with the largest position wins) and the record itself, for the history. */
export const alertRows: RowsOf = (record) => {
  const read = readJson(schema, record.value)
  if ('refuse' in read) return read
  const { alert, telling } = read.value
  const { entity, baseline } = alert
  const values = [
    alert.id,
    alert.detector,
    alert.status,
    alert.settled,
    alert.severity,
    entity.kind,
    entity.service,
    entity.method,
    entity.route,
    entity.identity,
    timeOf(alert.opened_at),
    timeOf(alert.last_seen_at),
    timeOf(alert.resolved_at),
    timeOf(alert.detected_at),
    alert.window_seconds,
    alert.surprise_bits,
    JSON.stringify(alert.evidence),
    JSON.stringify(alert.observed),
    JSON.stringify(alert.expected),
    wholeOf(baseline.calls) ?? 0,
    baseline.readiness,
    alert.reason,
    JSON.stringify(alert.contributors),
    alert.examples,
    alert.query,
    alert.silent_if,
    alert.version,
    alert.parent,
    telling?.notice ?? null,
    telling?.event ?? '',
    timeOf(record.appendedAt),
    record.source,
    record.position,
  ]
  return [rowOf(ALERTS, WHOLE, values), rowOf(EVENTS, WHOLE, values)]
}
