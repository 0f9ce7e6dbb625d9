import type { Alert } from '#src/alert/alert.ts'
import type { ExpectedAlert } from './script.ts'

/** What a receiver was told, against what the script should have raised. */
export interface Verdict {
  /** One for each attack that was told, with the first alert about it. */
  readonly delivered: readonly { readonly expected: ExpectedAlert; readonly alert: Alert }[]
  readonly missing: readonly ExpectedAlert[]
  /** Further alerts about attacks that were told. */
  readonly repeated: readonly Alert[]
  /** Alerts about nothing in the script: false alarms. */
  readonly extra: readonly Alert[]
}

/** An alert may follow its attack by so much: ticks end, ratios wait for their calls. */
const graceMs = 60_000
/** An alert's first tick may begin so long before its attack. */
const tickMs = 10_000

/**
 * Judges the alerts that a receiver was told, in the order of arrival; several notices of one alert count once, as last told.
 * A withdrawn alert delivers nothing and is no false alarm any more.
 */
export function verdict(expected: readonly ExpectedAlert[], received: readonly Alert[]): Verdict {
  const latest = new Map<string, Alert>()
  for (const alert of received) latest.set(alert.id, alert)
  const delivered = new Map<ExpectedAlert, Alert>()
  const repeated: Alert[] = []
  const extra: Alert[] = []
  for (const alert of latest.values()) {
    if (alert.status === 'withdrawn') continue
    const main = expected.find((one) => alert.detector === one.detector && concerns(one, alert))
    if (main !== undefined && !delivered.has(main)) delivered.set(main, alert)
    else if (main !== undefined || expected.some((one) => mayRaise(one, alert))) repeated.push(alert)
    else extra.push(alert)
  }
  return {
    delivered: [...delivered].map(([one, alert]) => ({ expected: one, alert })),
    missing: expected.filter((one) => !delivered.has(one)),
    repeated,
    extra,
  }
}

function mayRaise(expected: ExpectedAlert, alert: Alert): boolean {
  return expected.alsoDetectors.includes(alert.detector) && concerns(expected, alert)
}

/** Same endpoint, its service, or an identity that takes part; and at the same time. */
function concerns(expected: ExpectedAlert, alert: Alert): boolean {
  const opened = Date.parse(alert.opened_at)
  const seen = Date.parse(alert.last_seen_at)
  if (opened > expected.to + graceMs || seen < expected.from - tickMs || opened < expected.from - tickMs) return false
  const { entity } = alert
  if (entity.kind === 'identity') return entity.identity !== null && expected.identities.includes(entity.identity)
  if (entity.service !== expected.entity.service) return false
  if (entity.kind === 'service') return true
  return entity.method === expected.entity.method && entity.route === expected.entity.route
}
