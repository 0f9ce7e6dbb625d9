import type { Episode } from './detector.ts'
import type { Watch } from './plan.ts'
import type { Members, Subject } from './subject.ts'
import { ATTACHED, bestNats, DETECTED, dropEvidence, forget, OPEN, SEVERITY, SUM, SUMS } from './surprise.ts'

/**
 * Services and their endpoints. A service is judged on the calls of all of its endpoints. Its alert is one of the service only where it would
 * have been told although the endpoint that carries most of it had behaved as ever; what one endpoint explains is told of that
 * endpoint. While a service's alert is open, those of its endpoints (of the same detector) belong to it: they are kept, and not told.
 */

/** An endpoint's alert belongs to its service's that opens in the same tick or so many ticks later. */
export const JOIN_TICKS = 2

/** How many endpoints an alert of a service names. */
const NAMES = 3

/** Those with less than this part of what the first shows are not named. */
const WORTH_NAMING = 0.1

/** Evidence at which an endpoint counts as odd by itself. */
const ODD_NATS = Math.log(1000)

/** Excesses are whole numbers of this part: the order in which endpoints are looked at must not show in a sum. */
const PARTS = 1024

/** How much more an entity has shown than was expected in the episode under way, or where silence is told how much less; 0 where none is. */
export function excessOf({ rows, row }: Subject, watch: Watch): number {
  if (row < 0) return 0
  const at = row * rows.width + watch.at + SUM
  const excess = beyond(rows.numbers.subarray(at, at + SUMS), watch)
  return Math.max(0, Math.round(excess * PARTS) / PARTS)
}

function beyond(sums: Float64Array, { detector }: Watch): number {
  const [observed, , expected, calls] = sums as unknown as [number, number, number, number]
  return detector.alarmsInSilence === true ? expected - calls : observed - expected
}

/** Whether an endpoint's alert is open and belongs to its service's, which is open or opens at this tick. */
export function belongs({ rows, row }: Subject, watch: Watch, tick: number): boolean {
  if (row < 0) return false
  const at = row * rows.width + watch.at
  if (rows.numbers[at + OPEN] !== 1) return false
  return rows.numbers[at + ATTACHED] === 1 || (rows.numbers[at + DETECTED] as number) >= tick + 1 - JOIN_TICKS
}

/** Adds up what the endpoints of a service show at one tick, in any order. */
export class MembersSum {
  #all = 0
  #odd = 0
  #alarmed = 0
  #excess = 0
  #most = 0
  #severity = 0
  readonly #largest: Named[] = []

  /** `watch` is the endpoint's. */
  add(endpoint: Subject, watch: Watch, tick: number): void {
    if (endpoint.row < 0) return
    const { numbers, width } = endpoint.rows
    const at = endpoint.row * width + watch.at
    this.#all += 1
    const isOpen = numbers[at + OPEN] === 1
    if (isOpen) this.#alarmed += 1
    if (belongs(endpoint, watch, tick)) this.#severity = Math.max(this.#severity, numbers[at + SEVERITY] as number)
    const excess = excessOf(endpoint, watch)
    if (excess === 0) return
    if (isOpen || bestNats(numbers, at, watch.detector.alternatives) >= ODD_NATS) this.#odd += 1
    this.#excess += excess
    this.#most = Math.max(this.#most, excess)
    this.#largest.push({ name: `${endpoint.ref.method} ${endpoint.ref.route}`, excess })
    if (this.#largest.length >= 4 * NAMES) keepLargest(this.#largest)
  }

  get members(): Members {
    keepLargest(this.#largest)
    const [first] = this.#largest
    const names = this.#largest
      .filter(({ excess }) => excess >= WORTH_NAMING * (first as Named).excess)
      .map(({ name, excess }) => ({ name, share: excess / this.#excess }))
    return { all: this.#all, odd: this.#odd, alarmed: this.#alarmed, most: this.#most, severity: this.#severity, names }
  }
}

interface Named {
  readonly name: string
  readonly excess: number
}

function keepLargest(largest: Named[]): void {
  largest.sort((a, b) => b.excess - a.excess || (a.name < b.name ? -1 : 1))
  if (largest.length > NAMES) largest.length = NAMES
}

/**
 * Lets a service begin anew once the alert of an endpoint has ended that explained what it showed: what explains it no more must not be held
 * against the others. Evidence may be dropped at any time.
 */
export function beginAnew({ rows, row }: Subject, watch: Watch, tick: number): void {
  const at = row * rows.width + watch.at
  if (rows.numbers[at + OPEN] === 1) return
  dropEvidence(rows.numbers, at)
  forget(rows.numbers, at, tick)
}

/** For a first look at a service: as if its endpoints showed whatever it takes. */
export const UNKNOWN_MEMBERS: Members = {
  all: 0,
  odd: 0,
  alarmed: Number.POSITIVE_INFINITY,
  most: 0,
  severity: 0,
  names: [],
}

/** So many endpoints that are told by themselves make a service's alert worth telling that would not be by its size. */
const TOLD_TOGETHER = 2

/** Whether an episode is large enough to be worth telling; that of a service also where two of its endpoints are told. */
export function isLarge(
  { sums, peaks, ref, top }: Pick<Episode, 'sums' | 'peaks' | 'ref' | 'top'>,
  { detector, params }: Watch,
  single: boolean,
  members: Members | null,
): boolean {
  const behind = top?.share ?? null
  if (detector.floor(sums, peaks, params, single, ref.scope, behind)) return true
  if (members === null || members.alarmed < TOLD_TOGETHER) return false
  return detector.floor(sums, peaks, params, single, 'endpoint', behind)
}

/** How many there would have to be for so many to be left without what one endpoint carries: less of it, from all endpoints alike. */
export function leastTogether(least: number, { alone }: Pick<Episode, 'alone'>): number {
  return Math.ceil(least / (1 - alone))
}

/** Whether a service's episode would be told although the endpoint that carries most of it had behaved as ever. */
export function isShared(episode: Episode, watch: Watch, { most }: Members): boolean {
  const { least } = watch.detector.explain(episode, watch.params)
  if (least === undefined) return true
  const shown = watch.detector.alarmsInSilence === true ? beyond(episode.sums, watch) : (episode.sums[0] as number)
  return shown - most >= least
}
