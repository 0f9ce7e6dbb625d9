import type { Calendar } from '#src/baseline/blocks.ts'
import { type EntityRef, isOther, keyOf } from '#src/baseline/entity.ts'
import { hexOfText } from '#src/call/hash.ts'
import { remarksOf } from '#src/detection/context.ts'
import { behindOf, episodeOf } from '#src/detection/episode.ts'
import { bitsByMeasure } from '#src/detection/parts.ts'
import type { Slot, Watch } from '#src/detection/plan.ts'
import { SEVERITIES } from '#src/detection/severity.ts'
import type { Members, Subject } from '#src/detection/subject.ts'
import { CALM_SINCE, DETECTED, LAST, NATS, OPENED, RESOLVED, SEVERITY, VERSION } from '#src/detection/surprise.ts'
import { percentText, round, sqlText } from '#src/detection/words.ts'
import type { Alert, AlertStatus, EntityName, Readiness } from './alert.ts'
import { changedText } from './changed.ts'

const EXAMPLES = 5

/** How an alert and others belong together. */
interface Family {
  /** The id of the service's alert that it belongs to. */
  readonly parent?: string | null
  /** What the endpoints of a service show. */
  readonly members?: Members | null
}

/**
 * The alert of one watch as it stands, settled or early. Must be called while the watch's views still show the entity: from
 * `report`.
 */
export function alertOf(
  subject: Subject,
  watch: Watch,
  status: AlertStatus,
  settled: boolean,
  calendar: Calendar,
  { parent = null, members = null }: Family = {},
): Alert {
  const at = subject.row * subject.rows.width + watch.at
  const { tickMs } = calendar
  const row = subject.rows.numbers
  const number = (offset: number): number => row[at + offset] as number
  const time = (offset: number): string => new Date(number(offset) * tickMs).toISOString()
  const shown = episodeOf(subject, watch, at, tickMs)
  const alone = members === null ? 0 : Math.min(1, members.most / (shown.sums[0] as number))
  const episode = { ...shown, alone }
  const explained = watch.detector.explain(episode, watch.params)
  const remarks = remarksOf(row, at, watch)
  const sample = subject.examples[watch.index] ?? []
  const alert: Alert = {
    id: alertIdOf(subject, watch, tickMs),
    detector: watch.detector.name,
    status,
    settled,
    severity: SEVERITIES[Math.max(number(SEVERITY), SEVERITIES.indexOf(explained.severity))] as Alert['severity'],
    entity: nameOf(subject.ref),
    parent,
    opened_at: time(OPENED),
    last_seen_at: time(LAST),
    resolved_at: status === 'resolved' ? time(RESOLVED) : null,
    detected_at: time(DETECTED),
    window_seconds: episode.windowSeconds,
    surprise_bits: Math.round((number(NATS) / Math.LN2) * 10) / 10,
    evidence: bitsByMeasure(row, at, watch),
    observed: Object.assign({}, explained.observed, ...remarks.map(({ observed }) => observed)),
    expected: Object.assign({}, explained.expected, ...remarks.map(({ expected }) => expected)),
    baseline: baselineOf(watch.slots),
    reason: [
      explained.reason,
      ...remarks.flatMap(({ reason }) => reason ?? []),
      ...[changedText(subject, watch, calendar) ?? []].flat(),
    ].join('; '),
    contributors: behindOf(watch, sample).map(({ name, share }) => ({ name, share: round(share) })),
    examples: sample.slice(0, EXAMPLES).map(({ id }) => id),
    query: queryOf(subject.ref, time(OPENED), time(LAST), explained.condition),
    silent_if: explained.silentIf,
    version: settled ? number(VERSION) : 0,
  }
  return members === null ? alert : withMembers(alert, members)
}

/** A service's alert with what its endpoints show: how many are behind it, and where it is the most. */
function withMembers(alert: Alert, { all, odd, severity, names }: Members): Alert {
  if (names.length === 0) return alert
  const named = names.map(({ name, share }) => `${name} (${percentText(share)})`)
  const behind = odd < 2 ? `spread over its ${all} endpoints` : `behind it ${odd} of ${all} endpoints`
  return {
    ...alert,
    severity: SEVERITIES[Math.max(severity, SEVERITIES.indexOf(alert.severity))] as Alert['severity'],
    reason: `${alert.reason}; ${behind}, most at ${named.join(', ')}`,
  }
}

/** The id of the alert that a watch has open, or would open. */
export function alertIdOf({ ref, rows, row }: Subject, watch: Watch, tickMs: number): string {
  const calmSince = rows.numbers[row * rows.width + watch.at + CALM_SINCE] as number
  return alertId(watch.detector.name, ref, calmSince * tickMs)
}

/** Hash of detector, entity and the time since when it is calm: 128 bits, as 32 hexadecimal digits. */
export function alertId(detector: string, ref: EntityRef, calmSinceMs: number): string {
  const text = `${detector}\n${ref.scope}\n${keyOf(ref)}\n${calmSinceMs}`
  return hexOfText(text, 0xa1e7) + hexOfText(text, 0xa1e8)
}

function nameOf(ref: EntityRef): EntityName {
  if (isOther(ref)) {
    // Room has run out: this is everybody for whom there was none, and has no name of its own.
    const none = { service: null, method: null, route: null, identity: null }
    return { ...none, kind: ref.scope, [ref.scope === 'identity' ? 'identity' : 'service']: '(all others)' }
  }
  if (ref.scope === 'identity') {
    return { kind: 'identity', service: null, method: null, route: null, identity: ref.identity }
  }
  if (ref.scope === 'service') {
    return { kind: 'service', service: ref.service, method: null, route: null, identity: null }
  }
  return { kind: 'endpoint', service: ref.service, method: ref.method, route: ref.route, identity: null }
}

function baselineOf(slots: readonly Slot[]): Alert['baseline'] {
  const calls = Math.max(...slots.map(({ kind, view }) => kind.seen(view)))
  const ready = slots.some(({ kind, view }) => kind.readiness(view) === 'ready')
  const readiness: Readiness = ready ? 'ready' : calls > 0 ? 'warming' : 'cold'
  return { calls, readiness }
}

/** SQL that shows the calls. Names come from logs: they are quoted as literals, and nothing else of them is interpreted. */
function queryOf(ref: EntityRef, from: string, to: string, condition: string): string {
  const where =
    ref.scope === 'identity' ? [`identity = ${sqlText(ref.identity)}`] : [`service = ${sqlText(ref.service)}`]
  if (ref.scope === 'endpoint') where.push(`method = ${sqlText(ref.method)}`, `route = ${sqlText(ref.route)}`)
  const conditions = [...where, `ts >= ${moment(from)}`, `ts < ${moment(to)}`, condition].join(' AND ')
  return `SELECT * FROM tidemark.api_calls WHERE ${conditions} ORDER BY ts LIMIT 100`
}

function moment(time: string): string {
  return `parseDateTime64BestEffort('${time}', 3, 'UTC')`
}
