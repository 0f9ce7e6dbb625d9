import type { EpochMs } from '#src/call/call.ts'
import { type Random, randomFor } from '#src/demo/random.ts'

/** Even traffic at a fixed rate with one short attack after another: what latency is measured on. */
export interface SteadyOptions {
  readonly from: EpochMs
  readonly callsPerSecond: number
  /** How many attacks; half of them make calls fail, half multiply reads. */
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
/** Share of the attacked endpoint's calls that fail. */
const failing = 0.5
/** By how much an attack multiplies the reads of its endpoint. */
const spike = 10

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
  const endpoint = endpointOf(options, ts, random)
  const status = fails(options, ts, endpoint) && random.unit() < failing ? 503 : random.unit() < 0.001 ? 500 : 200
  const bytes = Math.round(2_000 * Math.exp(0.4 * random.normal()))
  return (
    `{"ts":"${new Date(ts).toISOString()}","service":"service-${endpoint % 40}","method":"${endpoint % 2 === 0 ? 'POST' : 'GET'}",` +
    `"path":"/v1/things${endpoint}/${random.below(10_000)}","route":"/v1/things${endpoint}/{id}","status":${status},` +
    `"request_bytes":${endpoint % 2 === 0 ? 300 : 0},"response_bytes":${status === 200 ? bytes : 160},"duration_ms":12.5,` +
    `"client_ip":"10.0.${random.below(250)}.7","identity":"spiffe://example.org/sa/w${random.below(identities)}",` +
    `"request_id":"${random.hex(32)}"}`
  )
}

/** A spike takes its calls from the whole, so that the rate stays what it is. */
function endpointOf(options: SteadyOptions, ts: EpochMs, random: Random): number {
  const endpoints = endpointCount(options)
  const coin = random.unit()
  let reached = 0
  for (let attack = firstActive(options, ts); attack <= lastActive(options, ts); attack++) {
    if (attack % 2 === 0) continue
    reached += (spike - 1) / endpoints
    if (coin < reached) return attack
  }
  return random.below(endpoints)
}

function fails(options: SteadyOptions, ts: EpochMs, endpoint: number): boolean {
  return endpoint % 2 === 0 && endpoint >= firstActive(options, ts) && endpoint <= lastActive(options, ts)
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
