import { behindOf, episodeOf } from './episode.ts'
import { isLarge, isShared } from './family.ts'
import { addParts, beginParts } from './parts.ts'
import type { Watch } from './plan.ts'
import { SEVERITIES } from './severity.ts'
import type { Setting, Subject } from './subject.ts'
import {
  ATTACHED,
  bestNats,
  bestOf,
  CALM,
  CALM_SINCE,
  DETECTED,
  dropEvidence,
  type Evidence,
  forget,
  HELD,
  LAST,
  logMixture,
  NATS,
  NEEDED,
  OPEN,
  OPENED,
  PEAK,
  PEAKS,
  RESOLVED,
  SEVERITY,
  SINGLE,
  START,
  SUM,
  SUMS,
  UPDATED,
  VERSION,
} from './surprise.ts'

/** Evidence that the anomaly is over, at which an alert resolves: a thousand to one. */
const CALM_NATS = Math.log(1000)
const CALM_LEAST_MS = 60_000
/**
 * After so long without anything odd an alert resolves, whatever the evidence: there may be no calls to judge by. Not while silence is
 * told of its entity: that nothing is heard of it any more is no sign that it is well.
 */
const QUIET_MS = 1_800_000
/** While an alert is open its numbers are told again at most so often, unless the severity rises. */
const UPDATE_MS = 300_000

/**
 * Opens, changes or resolves one watch's alert after a tick. `evidence` is null where the tick was silent or not tested.
 * Reports before anything is cleared.
 */
export function decide(
  setting: Setting,
  subject: Subject,
  watch: Watch,
  at: number,
  tick: number,
  evidence: Evidence | null,
  weights: { readonly logWeight: number; readonly logSingleWeight: number } | null,
): void {
  const row = subject.rows.numbers
  if (row[at + OPEN] === 1) goOn(setting, subject, watch, at, tick, evidence)
  else if (evidence !== null && weights !== null) open(setting, subject, watch, at, tick, evidence, weights)
}

function open(
  setting: Setting,
  subject: Subject,
  watch: Watch,
  at: number,
  tick: number,
  evidence: Evidence,
  weights: { readonly logWeight: number; readonly logSingleWeight: number },
): void {
  const row = subject.rows.numbers
  const { detector } = watch
  const margin = setting.early ? detector.earlyMargin : 0
  const isSingle = evidence.logSingle < 0 && evidence.logSingle <= weights.logSingleWeight
  const crossed = logMixture(row, at, detector.alternatives) >= margin
  if (!isSingle && !crossed) return
  const { ref, weight } = subject
  const members = setting.members(ref, watch, tick)
  const windowSeconds = ((tick + 1 - (row[at + START] as number)) * setting.calendar.tickMs) / 1000
  const episode = {
    ref,
    sums: row.subarray(at + SUM, at + SUM + SUMS),
    peaks: row.subarray(at + PEAK, at + PEAK + PEAKS),
    windowSeconds,
    weight,
    names: [],
    top: behindOf(watch, subject.examples[watch.index] ?? [])[0] ?? null,
    alone: 0,
  }
  const single = isSingle && isLarge(episode, watch, true, members)
  if (!single && !(crossed && isLarge(episode, watch, false, members))) return
  const needed = -(single ? weights.logSingleWeight : weights.logWeight)
  if (members !== null && !isShared({ ...episode, needed, single }, watch, members)) return
  row[at + OPEN] = 1
  row[at + OPENED] = row[at + START] as number
  row[at + DETECTED] = tick + 1
  row[at + LAST] = tick + 1
  row[at + NATS] = single ? -evidence.logSingle : bestNats(row, at, detector.alternatives)
  beginParts(row, at, watch, single ? evidence.singleOf : null)
  row[at + NEEDED] = needed
  row[at + SINGLE] = single ? 1 : 0
  row[at + CALM] = 0
  row[at + VERSION] = 1
  row[at + UPDATED] = tick + 1
  row[at + RESOLVED] = 0
  row[at + SEVERITY] = severityOf(setting, subject, watch, at, tick)
  setting.report(subject, watch, 'opened', tick)
}

/**
 * Whether a tick prolongs the anomaly: it is more like it than like the baseline, and the ticks before it have not said a thousand to
 * one that it is over. Without the second an alert of uneven traffic, of which every few ticks lean a little towards the anomaly, would never resolve.
 */
export function isStillOdd(row: Float64Array, at: number, evidence: Evidence): boolean {
  return evidence.calm < 0 && (row[at + CALM] as number) < CALM_NATS
}

function goOn(
  setting: Setting,
  subject: Subject,
  watch: Watch,
  at: number,
  tick: number,
  evidence: Evidence | null,
): void {
  const row = subject.rows.numbers
  const { tickMs } = setting.calendar
  const end = tick + 1
  if (evidence !== null && isStillOdd(row, at, evidence)) {
    row[at + LAST] = end
    const nats = Math.max(0, bestOf(evidence, watch.detector.alternatives))
    row[at + NATS] = (row[at + NATS] as number) + nats
    addParts(row, at, watch, evidence.logE, nats)
    const severity = severityOf(setting, subject, watch, at, tick)
    const worse = severity > (row[at + SEVERITY] as number)
    row[at + SEVERITY] = Math.max(severity, row[at + SEVERITY] as number)
    if (worse) {
      change(setting, subject, at, watch, tick)
      return
    }
  }
  if (isSilenced(setting, subject, watch)) row[at + HELD] = end
  const calmMs = (end - (row[at + LAST] as number)) * tickMs
  const quietMs = (end - Math.max(row[at + LAST] as number, row[at + HELD] as number)) * tickMs
  // What belongs to the service's alert ends with it.
  if (
    row[at + ATTACHED] !== 1 &&
    ((calmMs >= CALM_LEAST_MS && (row[at + CALM] as number) >= CALM_NATS) || quietMs >= QUIET_MS)
  ) {
    resolve(setting, subject, at, watch, tick)
    return
  }
  const updated = row[at + UPDATED] as number
  if ((end - updated) * tickMs >= UPDATE_MS && (row[at + LAST] as number) > updated)
    change(setting, subject, at, watch, tick)
}

/** Lets the time of so many ticks in which nothing was heard of anybody count for nothing: an alert does not resolve for want of calls then. */
export function hold(row: Float64Array, at: number, ticks: number): void {
  row[at + HELD] = Math.max(row[at + LAST] as number, row[at + HELD] as number) + ticks
}

/** Whether another detector tells that nothing is heard of this entity. */
function isSilenced(setting: Setting, subject: Subject, watch: Watch): boolean {
  const { numbers, width } = subject.rows
  for (const other of setting.plan.watches) {
    if (other === watch || other.detector.alarmsInSilence !== true) continue
    if (numbers[subject.row * width + other.at + OPEN] === 1) return true
  }
  return false
}

/** Ends an open alert. Reports before anything is cleared. */
export function resolve(setting: Setting, subject: Subject, at: number, watch: Watch, tick: number): void {
  const row = subject.rows.numbers
  const end = tick + 1
  row[at + RESOLVED] = end
  row[at + VERSION] = (row[at + VERSION] as number) + 1
  setting.report(subject, watch, 'resolved', tick)
  row[at + OPEN] = 0
  row[at + CALM_SINCE] = end
  dropEvidence(row, at)
  forget(row, at, end)
  subject.examples[watch.index] = []
}

export function change(setting: Setting, subject: Subject, at: number, watch: Watch, tick: number): void {
  const row = subject.rows.numbers
  row[at + VERSION] = (row[at + VERSION] as number) + 1
  row[at + UPDATED] = tick + 1
  setting.report(subject, watch, 'changed', tick)
}

/** A service's alert is as severe as the worst of those that belong to it. */
function severityOf(setting: Setting, subject: Subject, watch: Watch, at: number, tick: number): number {
  const episode = episodeOf(subject, watch, at, setting.calendar.tickMs)
  const own = SEVERITIES.indexOf(watch.detector.explain(episode, watch.params).severity)
  return Math.max(own, setting.members(subject.ref, watch, tick)?.severity ?? 0)
}
