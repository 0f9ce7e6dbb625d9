import type { EpochMs } from '#src/call/call.ts'
import { randomFor } from '#src/demo/random.ts'

/** Even traffic at a fixed rate with one short attack after another: what latency is measured on. */
export interface SteadyOptions {
  readonly from: EpochMs
  readonly callsPerSecond: number
  /** How many attacks; half of them make calls fail, half make responses huge. */
  readonly attacks: number
  /** Event time between the starts of two attacks, in milliseconds. */
  readonly gapMs: number
  /** When the first attack starts; `Infinity` while nobody knows. */
  readonly attacksFrom: EpochMs
  readonly seed: number
}

export const steadyPartitions = 8
const identities = 2_000
const attackMs = 6_000
/** Share of the attacked endpoint's calls that the attack reaches. */
const reached = 0.5
/** An answer of an attacked endpoint, in bytes: thousands of times what is usual. */
const hugeBytes = 40_000_000

/** When call `i` is made. */
export function timeOf(options: SteadyOptions, i: number): EpochMs {
  return options.from + Math.floor((i * 1000) / options.callsPerSecond)
}

/** When the last attack is over. */
export function attacksOver(options: SteadyOptions): EpochMs {
  return options.attacksFrom + (options.attacks - 1) * options.gapMs + attackMs
}

/** Endpoints of the workload: two for each attack, so that most are left alone; even ones are written to, odd ones read. */
export function endpointCount(options: SteadyOptions): number {
  return 2 * options.attacks
}

/** Call `i` as a line of the native format: a function of the options and `i`, so that any part of the log can be had again. */
export function steadyLine(options: SteadyOptions, i: number): string {
  const random = randomFor(options.seed, i)
  const ts = timeOf(options, i)
  const endpoint = random.below(endpointCount(options))
  const usual = random.unit() < 0.001 ? 500 : 200
  const attacked = isAttacked(options, ts, endpoint) && random.unit() < reached
  const status = attacked && endpoint % 2 === 0 ? 503 : usual
  const bytes = attacked ? hugeBytes : Math.round(2_000 * Math.exp(0.4 * random.normal()))
  return (
    `{"ts":"${new Date(ts).toISOString()}","service":"service-${endpoint % 40}","method":"${endpoint % 2 === 0 ? 'POST' : 'GET'}",` +
    `"path":"/v1/things${endpoint}/${random.below(10_000)}","route":"/v1/things${endpoint}/{id}","status":${status},` +
    `"request_bytes":${endpoint % 2 === 0 ? 300 : 0},"response_bytes":${status === 200 ? bytes : 160},"duration_ms":12.5,` +
    `"client_ip":"10.0.${random.below(250)}.7","identity":"spiffe://example.org/sa/w${random.below(identities)}",` +
    `"request_id":"${random.hex(32)}"}`
  )
}

function isAttacked(options: SteadyOptions, ts: EpochMs, endpoint: number): boolean {
  return endpoint >= firstActive(options, ts) && endpoint <= lastActive(options, ts)
}

/** Attack k is active from `attacksFrom + k * gapMs` on, for `attackMs`; it is about endpoint k. */
function firstActive(options: SteadyOptions, ts: EpochMs): number {
  if (ts < options.attacksFrom) return 0
  return Math.max(0, Math.floor((ts - options.attacksFrom - attackMs) / options.gapMs) + 1)
}

function lastActive(options: SteadyOptions, ts: EpochMs): number {
  if (ts < options.attacksFrom) return -1
  return Math.min(options.attacks - 1, Math.floor((ts - options.attacksFrom) / options.gapMs))
}
