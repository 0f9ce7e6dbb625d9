import type { Alert, AlertStatus, Contributor, EntityName, Readiness, Severity } from '#src/alert/alert.ts'
import type { AlertEvent, EntityRow } from './queries.ts'

/** A row of `alerts` as it is asked for; times in milliseconds. */
export interface AlertColumns {
  readonly id: string
  readonly detector: string
  readonly status: AlertStatus
  readonly settled: boolean
  readonly severity: Severity
  readonly kind: EntityName['kind']
  readonly service: string
  readonly method: string
  readonly route: string
  readonly identity: string
  readonly opened_ms: number
  readonly last_seen_ms: number
  readonly resolved_ms: number | null
  readonly detected_ms: number
  readonly window_seconds: number
  readonly surprise_bits: number
  readonly evidence: string
  readonly observed: string
  readonly expected: string
  readonly baseline_calls: number
  readonly readiness: Readiness
  readonly reason: string
  readonly contributors: string
  readonly examples: readonly string[]
  readonly query: string
  readonly silent_if: string
  readonly version: number
  readonly parent: string
}

export interface EventColumns {
  readonly at_ms: number
  readonly event: string
  readonly notice: number | null
  readonly version: number
  readonly severity: Severity
  readonly surprise_bits: number
  readonly reason: string
}

type Name = readonly [kind: EntityName['kind'], service: string, route: string, identity: string, method: string]
type Measured = number | null

export interface EntityColumns {
  readonly entity: Name
  readonly seen_ms: number
  readonly readiness: Readiness
  readonly calls: number
  readonly measures: readonly (readonly [string, Measured, Measured, Measured, Measured])[]
}

/** The alert as it was in its record, to the letter. */
export function toAlert(row: AlertColumns): Alert {
  const { id, detector, status, settled, severity, window_seconds, surprise_bits, reason } = row
  return {
    id,
    detector,
    status,
    settled,
    severity,
    entity: toName([row.kind, row.service, row.route, row.identity, row.method]),
    parent: orNull(row.parent),
    opened_at: toTime(row.opened_ms),
    last_seen_at: toTime(row.last_seen_ms),
    resolved_at: row.resolved_ms === null ? null : toTime(row.resolved_ms),
    detected_at: toTime(row.detected_ms),
    window_seconds,
    surprise_bits,
    ...(row.evidence === '{}' ? {} : { evidence: JSON.parse(row.evidence) as Record<string, number> }),
    observed: JSON.parse(row.observed) as Record<string, number>,
    expected: JSON.parse(row.expected) as Record<string, number>,
    baseline: { calls: row.baseline_calls, readiness: row.readiness },
    reason,
    contributors: JSON.parse(row.contributors) as Contributor[],
    examples: row.examples,
    query: row.query,
    silent_if: row.silent_if,
    version: row.version,
  }
}

export function toEvent(row: EventColumns): AlertEvent {
  const { version, severity, surprise_bits, reason } = row
  const told = { event: row.event === '' ? 'changed' : row.event, notice: row.notice ?? 0 }
  return { at: toTime(row.at_ms), ...told, version, severity, surprise_bits, reason }
}

export function toEntity(row: EntityColumns, key: string): EntityRow {
  const { readiness, calls } = row
  const measures = Object.fromEntries(
    row.measures.map(([measure, level, low, high, dispersion]) => [measure, { level, low, high, dispersion }]),
  )
  return { key, entity: toName(row.entity), readiness, calls, last_seen_at: toTime(row.seen_ms), measures }
}

function toName([kind, service, route, identity, method]: Name): EntityName {
  return { kind, service: orNull(service), method: orNull(method), route: orNull(route), identity: orNull(identity) }
}

function orNull(text: string): string | null {
  return text === '' ? null : text
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
