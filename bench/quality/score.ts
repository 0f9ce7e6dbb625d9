import type { Alert, EntityName } from '#src/alert/alert.ts'
import type { EpochMs } from '#src/call/call.ts'
import type { Label } from './effect.ts'
import { families } from './families.ts'

/** An alert may follow its attack by so much. */
const GRACE_MS = 60_000

export interface Hit {
  readonly label: Label
  readonly alert: Alert
  /** From the attack's beginning to the end of the tick at which the evidence crossed; 0 where it was told before it struck. */
  readonly delayMs: number
}

export interface FalseAlarm {
  readonly alert: Alert
  /** What went on there and then: trouble, or an attack of another family. `null`: nothing at all. */
  readonly during: Label | null
}

export interface Score {
  readonly attacks: readonly Label[]
  /** The first true alert of each attack that was told. */
  readonly hits: readonly Hit[]
  readonly missed: readonly Label[]
  /** Further true alerts of attacks, and alerts for whose calls an attack ran through. */
  readonly duplicates: readonly Alert[]
  readonly falseAlarms: readonly FalseAlarm[]
}

/**
 * Scores settled alerts by events: true where the detector's family fits the attack, the entity is one of it or its parent, and the time
 * of detection lies within it or a minute after. Where an attack runs through many clients, alerts for them are further ones. Everything else
 * is a false alarm. Withdrawn alerts were taken back, and those of endpoints that belong to their service's were not told: they do not count.
 */
export function scoreOf(labels: readonly Label[], alerts: readonly Alert[]): Score {
  const attacks = labels.filter((label) => !isBenign(label))
  const hits = new Map<Label, Hit>()
  const duplicates: Alert[] = []
  const falseAlarms: FalseAlarm[] = []
  const counted = alerts.filter(({ status, parent }) => status !== 'withdrawn' && parent === null)
  for (const alert of counted.toSorted((a, b) => compare(a.detected_at, b.detected_at) || compare(a.id, b.id))) {
    const told = attacks.filter(
      (label) => (families[label.kind] ?? []).includes(alert.detector) && concerns(label, alert),
    )
    const fresh = told.find((label) => !hits.has(label))
    if (fresh !== undefined) hits.set(fresh, { label: fresh, alert, delayMs: delayOf(fresh, alert) })
    else if (told.length > 0 || attacks.some((label) => carries(label, alert))) duplicates.push(alert)
    else falseAlarms.push({ alert, during: likeliest(labels.filter((label) => concerns(label, alert))) })
  }
  return {
    attacks,
    hits: [...hits.values()],
    missed: attacks.filter((label) => !hits.has(label)),
    duplicates,
    falseAlarms,
  }
}

export function isBenign(label: Label): boolean {
  return label.kind.startsWith('benign_')
}

function concerns(label: Label, alert: Alert): boolean {
  const at = detectedAt(alert)
  return at > label.from && at <= label.to + GRACE_MS && overlaps(label, alert.entity)
}

/** Whether an attack runs through the calls of the identity that the alert is about. */
function carries({ through, from, strikesAt, to }: Label, alert: Alert): boolean {
  const at = detectedAt(alert)
  const { identity } = alert.entity
  return identity !== null && through.includes(identity) && at > (strikesAt ?? from) && at <= to + GRACE_MS
}

function overlaps(label: Label, entity: EntityName): boolean {
  const { service, method, route, identity } = entity
  if (entity.kind === 'service') return label.endpoints.some((name) => name.startsWith(`${service} `))
  if (identity !== null && label.identities.includes(identity)) return true
  return route !== null && label.endpoints.includes(`${service} ${method} ${route}`)
}

/** What lasts long explains least: a short trouble comes before an attack of a day. */
function likeliest(labels: readonly Label[]): Label | null {
  return labels.toSorted((a, b) => a.to - a.from - (b.to - b.from))[0] ?? null
}

function delayOf(label: Label, alert: Alert): number {
  return Math.max(0, detectedAt(alert) - (label.strikesAt ?? label.from))
}

function detectedAt(alert: Alert): EpochMs {
  return Date.parse(alert.detected_at)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
