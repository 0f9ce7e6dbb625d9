import type { Alert, Readiness, Severity } from '#src/alert/alert.ts'
import {
  clean,
  entityText,
  linkOf,
  measuresText,
  numberText,
  prose,
  surpriseText,
  type Told,
  webhookIdOf,
} from './text.ts'

/** What the message says of its sender. */
export interface MessageOptions {
  /** A URI reference that names this installation: the CloudEvent's `source`. */
  readonly source: string
  /** Tidemark's own version. */
  readonly version: string
  /** Where people reach the console: alerts link to `<consoleUrl>/alerts/<id>`. */
  readonly consoleUrl?: string
}

/** How much of an alert goes into the message; less is tried when it would be too large. */
export interface Room {
  readonly evidences: number
  readonly names: number
  readonly measures: number
  /** Longest text, in UTF-16 units. */
  readonly text: number
  readonly query: number
}

export type Activity = 'created' | 'updated' | 'closed'

type Event = Told['telling']['event']

/** OCSF: activity and status of each event. A withdrawn alert is "created in error": Deleted. A reopened one must be looked at again: New. */
const LIFECYCLE: Readonly<Record<Event, readonly [Activity, number, string]>> = {
  opened: ['created', 1, 'New'],
  updated: ['updated', 2, 'In Progress'],
  reopened: ['updated', 1, 'New'],
  resolved: ['closed', 4, 'Resolved'],
  withdrawn: ['closed', 6, 'Deleted'],
}
const ACTIVITY_ID: Readonly<Record<Activity, number>> = { created: 1, updated: 2, closed: 3 }
const ACTIVITY_NAME: Readonly<Record<Activity, string>> = { created: 'Create', updated: 'Update', closed: 'Close' }
const SEVERITY: Readonly<Record<Severity, readonly [number, string]>> = {
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
}
/** How far the baseline can be trusted is how far the finding can. */
const CONFIDENCE: Readonly<Record<Readiness, readonly [number, string]>> = {
  cold: [1, 'Low'],
  warming: [2, 'Medium'],
  ready: [3, 'High'],
}

export function activityOf(event: Event): Activity {
  return LIFECYCLE[event][0]
}

/** The alert as an OCSF 1.8.0 Detection Finding (class 2004). A function of its arguments: every attempt says the same. */
export function findingOf(record: Told, options: MessageOptions, room: Room): Record<string, unknown> {
  const { alert, telling } = record
  const [activity, statusId, status] = LIFECYCLE[telling.event]
  const [severityId, severity] = SEVERITY[alert.severity]
  const [confidenceId, confidence] = CONFIDENCE[alert.baseline.readiness]
  return {
    category_uid: 2,
    category_name: 'Findings',
    class_uid: 2004,
    class_name: 'Detection Finding',
    activity_id: ACTIVITY_ID[activity],
    activity_name: ACTIVITY_NAME[activity],
    type_uid: 200400 + ACTIVITY_ID[activity],
    time: Date.parse(alert.detected_at),
    start_time: Date.parse(alert.opened_at),
    end_time: Date.parse(alert.last_seen_at),
    severity_id: severityId,
    severity,
    confidence_id: confidenceId,
    confidence,
    status_id: statusId,
    status,
    is_alert: activity !== 'closed',
    message: prose(alert.reason, room.text),
    metadata: metadataOf(record, options),
    finding_info: findingInfo(alert, options, room),
    resources: [
      { uid: entityText(alert.entity, room.text), name: entityText(alert.entity, room.text), type: alert.entity.kind },
    ],
    ...evidencesOf(alert, room),
    anomaly_analyses: [analysisOf(alert, room)],
    unmapped: unmappedOf(record, options, room),
  }
}

function metadataOf(record: Told, options: MessageOptions): Record<string, unknown> {
  return {
    version: '1.8.0',
    uid: webhookIdOf(record),
    correlation_uid: record.alert.id,
    product: { name: 'Tidemark', vendor_name: 'Tidemark', version: options.version },
    log_name: 'api-calls',
    profiles: [],
  }
}

function findingInfo(alert: Alert, options: MessageOptions, room: Room): Record<string, unknown> {
  const link = linkOf(alert, options.consoleUrl)
  const calls = alert.observed.calls
  const detector = clean(alert.detector, 64)
  return {
    uid: alert.id,
    title: `${detector}: ${entityText(alert.entity, room.text)}`,
    desc: prose(descriptionOf(alert, room), room.text * 2),
    types: [detector],
    analytic: { uid: detector, name: detector, type_id: 3, type: 'Statistical' },
    first_seen_time: Date.parse(alert.opened_at),
    last_seen_time: Date.parse(alert.last_seen_at),
    created_time: Date.parse(alert.detected_at),
    ...(calls !== undefined && Number.isSafeInteger(calls) ? { related_events_count: calls } : {}),
    ...(link === null ? {} : { src_url: link }),
  }
}

/** One paragraph that stands by itself in a SIEM that shows only the standard fields. */
function descriptionOf(alert: Alert, room: Room): string {
  const settled = alert.settled ? '' : ' Told early: the close of the window may still correct it.'
  return (
    `Observed ${measuresText(alert.observed, room.measures)} in ${numberText(alert.window_seconds)} s; expected ${measuresText(alert.expected, room.measures)}. ` +
    `${surpriseText(alert, room.measures)} against a baseline of ${numberText(alert.baseline.calls)} calls ` +
    `(${alert.baseline.readiness}). Silent if: ${alert.silent_if}.${settled}`
  )
}

/** One example call a row; OCSF wants a row to name at least an API, a user or the like, and a request id alone does not count. */
function evidencesOf(alert: Alert, room: Room): Record<string, unknown> {
  const { service, method, route, identity } = alert.entity
  const operation = clean(
    [method, route].filter((part) => part !== null && part !== '').join(' ') || 'unknown',
    room.text,
  )
  const examples = alert.examples.filter((example) => example !== '')
  const rows = examples.slice(0, room.evidences).map((example) => ({
    uid: clean(example, 128),
    api: {
      operation,
      request: { uid: clean(example, 128) },
      ...(service === null || service === '' ? {} : { service: { name: clean(service, 128) } }),
    },
    ...(identity === null || identity === '' ? {} : { actor: { user: { uid: clean(identity, room.text) } } }),
  }))
  return rows.length === 0 ? {} : { evidences: rows }
}

function analysisOf(alert: Alert, room: Room): Record<string, unknown> {
  const timespan = { duration_secs: Math.max(1, Math.round(alert.window_seconds)) }
  const observations = (measures: Readonly<Record<string, number>>) =>
    Object.entries(measures)
      .slice(0, room.measures)
      .map(([name, value]) => ({
        observation_parameter: clean(name, 64),
        observation_type: clean(alert.detector, 64),
        observations: [{ value: String(value), timespan }],
      }))
  return {
    analysis_targets: [{ name: entityText(alert.entity, room.text), type: alert.entity.kind }],
    anomalies: observations(alert.observed),
    baselines: observations(alert.expected),
  }
}

/** What OCSF has no place for and an analyst needs, under Tidemark's own names. */
function unmappedOf(record: Told, options: MessageOptions, room: Room): Record<string, unknown> {
  const { alert, telling } = record
  return {
    event: telling.event,
    // Of what was told before it turned out to belong to the alert of its service.
    ...(alert.parent === null ? {} : { parent_alert: clean(alert.parent, 128) }),
    notice: telling.notice,
    alert_status: alert.status,
    settled: alert.settled,
    alert_version: alert.version,
    opened_at: alert.opened_at,
    detected_at: alert.detected_at,
    last_seen_at: alert.last_seen_at,
    resolved_at: alert.resolved_at,
    window_seconds: alert.window_seconds,
    surprise_bits: alert.surprise_bits,
    ...(alert.evidence === undefined ? {} : { evidence: measuresText(alert.evidence, room.measures) }),
    observed: measuresText(alert.observed, room.measures),
    expected: measuresText(alert.expected, room.measures),
    baseline_calls: alert.baseline.calls,
    readiness: alert.baseline.readiness,
    contributors: alert.contributors
      .slice(0, room.names)
      .map(({ name, share }) => ({ name: prose(name, room.text), share })),
    examples: alert.examples.slice(0, room.names).map((example) => clean(example, 128)),
    silent_if: prose(alert.silent_if, room.text),
    // A cut query would run and answer something else, so it is whole or not there; the console has it in any case.
    query: alert.query.length <= room.query ? clean(alert.query, room.query) : null,
    link: linkOf(alert, options.consoleUrl),
  }
}
