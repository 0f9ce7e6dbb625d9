import type { Alert, AlertStatus, EntityName, Readiness, Severity } from '#src/alert/alert.ts'
import type { EpochMs } from '#src/call/call.ts'
import { type AlertColumns, type EntityColumns, type EventColumns, toAlert, toEntity, toEvent } from './answers.ts'
import { QueryFailed } from './outcome.ts'
import type { Store } from './store.ts'

/** Newest `opened_at` first, then `id` descending. A field that is `null` does not filter. */
export interface AlertFilter {
  readonly status: AlertStatus | null
  readonly detector: string | null
  readonly service: string | null
  readonly severity: Severity | null
  /** Only those that belong to the alert of this id; empty: only those that belong to none. */
  readonly parent: string | null
  /** Only alerts whose `last_seen_at` is not before this. */
  readonly since: EpochMs | null
  readonly limit: number
  /** Only alerts that come after this one in the order. */
  readonly after: { readonly opened_at: string; readonly id: string } | null
}

/** One record of an alert's history. `notice` is 0 and `event` is `changed` where nobody was told. */
export interface AlertEvent {
  readonly at: string
  readonly event: string
  readonly notice: number
  readonly version: number
  readonly severity: Severity
  readonly surprise_bits: number
  readonly reason: string
}

export interface AlertWithEvents {
  readonly alert: Alert
  /** Oldest first, the last 1,000. */
  readonly events: readonly AlertEvent[]
}

/** In ascending order of `key`. A field that is `null` does not filter. */
export interface EntityFilter {
  readonly kind: EntityName['kind'] | null
  readonly service: string | null
  readonly identity: string | null
  readonly readiness: Readiness | null
  readonly limit: number
  /** Only entities whose key is greater. */
  readonly after: string | null
}

export interface MeasureRow {
  readonly level: number | null
  readonly low: number | null
  readonly high: number | null
  readonly dispersion: number | null
}

/** An entity with its newest baseline. */
export interface EntityRow {
  /** Opaque; names the entity. */
  readonly key: string
  readonly entity: EntityName
  readonly readiness: Readiness
  /** How many calls the baseline rests on. */
  readonly calls: number
  /** When its baseline was last written. */
  readonly last_seen_at: string | null
  readonly measures: Readonly<Record<string, MeasureRow>>
}

export interface Counts {
  readonly calls: number
  readonly dead_letters: number
  /** Alerts seen since, by status. */
  readonly alerts: Readonly<Record<AlertStatus, number>>
}

/** What the API asks the store. Each rejects with `QueryFailed`. */
export interface Queries {
  alerts(filter: AlertFilter): Promise<readonly Alert[]>
  alert(id: string): Promise<AlertWithEvents | null>
  entities(filter: EntityFilter): Promise<readonly EntityRow[]>
  counts(since: EpochMs): Promise<Counts>
}

export function openQueries(store: Store, database: string): Queries {
  return {
    alerts: (filter) => findAlerts(store, database, filter),
    alert: (id) => findAlert(store, database, id),
    entities: (filter) => findEntities(store, database, filter),
    counts: (since) => count(store, database, since),
  }
}

/** Conditions with their parameters; those without a value are left out. */
function where(conditions: readonly (readonly [sql: string, value: unknown])[]): string {
  const set = conditions.filter(([, value]) => value !== null).map(([sql]) => sql)
  return set.length === 0 ? '' : `WHERE ${set.join(' AND ')}`
}

async function findAlerts(store: Store, database: string, filter: AlertFilter): Promise<readonly Alert[]> {
  const { after, since, ...rest } = filter
  const conditions = where([
    ['status = {status:String}', rest.status],
    ['detector = {detector:String}', rest.detector],
    ['service = {service:String}', rest.service],
    ['severity = {severity:String}', rest.severity],
    ['parent = {parent:String}', rest.parent],
    ['last_seen_at >= fromUnixTimestamp64Milli({since:Int64})', since],
    ['(opened_at, id) < (fromUnixTimestamp64Milli({opened_at:Int64}), {id:String})', after],
  ])
  const rows = await store.query<AlertColumns>(
    `SELECT ${ALERT_COLUMNS} FROM ${database}.alerts FINAL ${conditions} ORDER BY alerts.opened_at DESC, id DESC LIMIT {limit:UInt32}`,
    given({ ...rest, since, opened_at: after === null ? null : Date.parse(after.opened_at), id: after?.id ?? null }),
  )
  return rows.map(toAlert)
}

/** Times leave the engine as milliseconds, so that no format of its own has to be read. */
const ALERT_COLUMNS = `id, detector, status, settled, severity, kind, service, method, route, identity,
toUnixTimestamp64Milli(opened_at) AS opened_ms, toUnixTimestamp64Milli(last_seen_at) AS last_seen_ms,
toUnixTimestamp64Milli(resolved_at) AS resolved_ms, toUnixTimestamp64Milli(detected_at) AS detected_ms,
window_seconds, surprise_bits, evidence, observed, expected, baseline_calls, readiness, reason, contributors, examples, query, silent_if, version, parent`

function given(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null))
}

async function findAlert(store: Store, database: string, id: string): Promise<AlertWithEvents | null> {
  const [alerts, events] = await Promise.all([
    store.query<AlertColumns>(
      `SELECT ${ALERT_COLUMNS} FROM ${database}.alerts WHERE id = {id:String} ORDER BY position DESC LIMIT 1`,
      { id },
    ),
    store.query<EventColumns>(
      `SELECT toUnixTimestamp64Milli(ifNull(appended_at, last_seen_at)) AS at_ms, event, notice, version, severity, surprise_bits, reason
FROM ${database}.alert_events WHERE id = {id:String} ORDER BY position DESC LIMIT 1000`,
      { id },
    ),
  ])
  const alert = alerts[0]
  return alert === undefined ? null : { alert: toAlert(alert), events: events.map(toEvent).reverse() }
}

/** In the order of the table, so that a page is read and not sorted. */
const ENTITY = ['kind', 'service', 'route', 'identity', 'method'] as const
const ENTITY_TUPLE = `(${ENTITY.join(', ')})`
/** No text of a log has a control character in it by the time that it names an entity. */
const SEPARATOR = '\x1f'

async function findEntities(store: Store, database: string, filter: EntityFilter): Promise<readonly EntityRow[]> {
  const { kind, service, identity, readiness, after, limit } = filter
  const named = where([
    ['kind = {kind:String}', kind],
    ['service = {service:String}', service],
    ['identity = {identity:String}', identity],
    [`${ENTITY_TUPLE} > ({a0:String}, {a1:String}, {a2:String}, {a3:String}, {a4:String})`, after],
  ])
  const baselines = `${database}.baselines`
  // Which entities are on the page shows without their measures, unless the newest of them decides.
  const page = `SELECT DISTINCT ${ENTITY.join(', ')} FROM ${baselines} ${named} ORDER BY ${ENTITY.join(', ')} LIMIT {limit:UInt32}`
  const rows = await store.query<EntityColumns>(
    `SELECT entity, max(seen) AS seen_ms, argMax(newest.6, (seen, newest.5)) AS readiness, max(newest.5) AS calls,
  groupArray((measure, newest.1, newest.2, newest.3, newest.4)) AS measures
FROM (
  SELECT ${ENTITY_TUPLE} AS entity, measure, toUnixTimestamp64Milli(max(at)) AS seen,
    argMax((level, low, high, dispersion, calls, readiness), (at, position)) AS newest
  FROM ${baselines} ${readiness === null ? `WHERE ${ENTITY_TUPLE} IN (${page})` : named} GROUP BY entity, measure
) GROUP BY entity ${readiness === null ? '' : 'HAVING readiness = {readiness:String}'} ORDER BY entity LIMIT {limit:UInt32}`,
    given({ kind, service, identity, readiness, limit, ...place(after) }),
  )
  return rows.map((row) => toEntity(row, row.entity.join(SEPARATOR)))
}

function place(after: string | null): Record<string, string> {
  if (after === null) return {}
  const names = after.split(SEPARATOR)
  if (names.length !== ENTITY.length) throw new QueryFailed('refused', 'no key of an entity')
  return Object.fromEntries(names.map((name, index) => [`a${index}`, name]))
}

async function count(store: Store, database: string, since: EpochMs): Promise<Counts> {
  const from = 'fromUnixTimestamp64Milli({since:Int64})'
  const [row] = await store.query<{ calls: number; dead: number; open: number; resolved: number; withdrawn: number }>(
    `SELECT (SELECT count() FROM ${database}.api_calls WHERE ts >= ${from}) AS calls,
  (SELECT count() FROM ${database}.dead_letters WHERE appended_at >= ${from}) AS dead,
  countIf(status = 'open') AS open, countIf(status = 'resolved') AS resolved, countIf(status = 'withdrawn') AS withdrawn
FROM ${database}.alerts FINAL WHERE last_seen_at >= ${from}`,
    { since },
  )
  const { calls, dead, open, resolved, withdrawn } = row ?? { calls: 0, dead: 0, open: 0, resolved: 0, withdrawn: 0 }
  return { calls, dead_letters: dead, alerts: { open, resolved, withdrawn } }
}
