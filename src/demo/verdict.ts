import type { ExpectedAlert } from './script.ts'
import { entityName, type ToldAlert } from './told.ts'

/** What a receiver was told, against what the script should have raised. */
export interface Verdict {
  /** One for each attack that was told, with the first alert about it. */
  readonly delivered: readonly { readonly expected: ExpectedAlert; readonly alert: ToldAlert }[]
  readonly missing: readonly ExpectedAlert[]
  /** Further alerts about attacks that were told. */
  readonly repeated: readonly ToldAlert[]
  /** Alerts about nothing in the script: false alarms. */
  readonly extra: readonly ToldAlert[]
}

/** An alert may follow its attack by so much: ticks end, ratios wait for their calls. */
const graceMs = 60_000

/**
 * Judges the alerts that a receiver was told; several notices of one alert count once, as last told (by number, whatever the order
 * of arrival). A withdrawn alert delivers nothing and is no false alarm any more.
 */
export function verdict(expected: readonly ExpectedAlert[], received: readonly ToldAlert[]): Verdict {
  const latest = new Map<string, ToldAlert>()
  for (const alert of received) {
    if ((latest.get(alert.id)?.notice ?? 0) <= alert.notice) latest.set(alert.id, alert)
  }
  const delivered = new Map<ExpectedAlert, ToldAlert>()
  const repeated: ToldAlert[] = []
  const extra: ToldAlert[] = []
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

function mayRaise(expected: ExpectedAlert, alert: ToldAlert): boolean {
  return expected.alsoDetectors.includes(alert.detector) && concerns(expected, alert)
}

/** Same endpoint, its service, or an identity that takes part; and at the same time. */
function concerns(expected: ExpectedAlert, alert: ToldAlert): boolean {
  if (alert.detectedAt <= expected.from || alert.detectedAt > expected.to + graceMs) return false
  if (alert.kind === 'identity') return expected.identities.includes(alert.entity)
  return alert.entity === (alert.kind === 'service' ? expected.entity.service : entityName(expected.entity))
}
