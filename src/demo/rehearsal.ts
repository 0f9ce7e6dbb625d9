import type { EpochMs } from '#src/call/call.ts'
import type { Attack } from './attacks.ts'
import { mix } from './random.ts'
import { attackScript, type ExpectedAlert, expectedAlerts } from './script.ts'
import { openTraffic, type Sent } from './traffic.ts'
import { createWorld } from './world.ts'

export interface RehearsalOptions {
  readonly seed: number
  /** Event time of the first calls. An hour of event time follows, and ten minutes more for the closing calls. */
  readonly from: EpochMs
  readonly calls: number
  readonly partitions: number
  /** Share of the calls that come out of order, by 5 to 50 s; 0.05. */
  readonly strayShare?: number
}

export interface RehearsedCall {
  readonly partition: number
  readonly line: string
}

/** A finite log with attacks in it: the same in every run, to be told again after a crash or to another engine. */
export interface Rehearsal {
  readonly attacks: readonly Attack[]
  readonly expected: readonly ExpectedAlert[]
  /** In the order of appending; the last `partitions` lines are one closing call for each partition, which lets every tick settle. */
  readonly calls: readonly RehearsedCall[]
}

const minuteMs = 60_000
/** About how much event time the calls take up. */
const spanMs = 60 * minuteMs
/** By then every baseline is ready. */
const attacksAfterMs = 45 * minuteMs
const closingMs = 10 * minuteMs
const attackCount = 4
const nearestMs = 5_000
const farthestMs = 50_000

/** Builds the log. All calls of one partition are less than a minute behind the newest before them. */
export function rehearse(options: RehearsalOptions): Rehearsal {
  const { seed, from, calls, partitions } = options
  const world = createWorld(seed, { callsPerSecond: (calls * 1000) / spanMs, identities: 300, timeless: true })
  const attacks = attackScript(world, from + attacksAfterMs).slice(0, attackCount)
  const sent: Sent[] = []
  const traffic = openTraffic(world, from, attacks)
  for (let until = from + minuteMs; sent.length < calls; until += minuteMs) sent.push(...traffic(until))
  sent.length = calls
  const strayShare = options.strayShare ?? 0.05
  const placed = sent.map((one, i) => ({ one, at: placeOf(one, i, seed, strayShare) })).sort((a, b) => a.at - b.at)
  const newest = sent.reduce((latest, one) => Math.max(latest, one.ts), from)
  const closing = Array.from({ length: partitions }, (_, partition) => ({
    partition,
    line: closingLine(sent[partition]!.line, newest + closingMs, partition),
  }))
  return {
    attacks,
    expected: expectedAlerts(world, attacks),
    calls: [...placed.map(({ one }, i) => ({ partition: mix(seed, 12, i) % partitions, line: one.line })), ...closing],
  }
}

/** Where a call stands in the log: where it arrived, or for a stray far behind its time. */
function placeOf(one: Sent, i: number, seed: number, strayShare: number): number {
  const coin = mix(seed, 11, i) / 2 ** 32
  if (coin >= strayShare) return one.at
  return one.ts + nearestMs + (coin / strayShare) * (farthestMs - nearestMs)
}

function closingLine(line: string, ts: EpochMs, partition: number): string {
  const call = JSON.parse(line) as Record<string, unknown>
  const id = partition.toString(16).padStart(32, 'f')
  return JSON.stringify({ ...call, ts: new Date(ts).toISOString(), status: 200, request_id: id })
}
