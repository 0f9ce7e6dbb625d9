import type { EpochMs } from '#src/call/call.ts'
import { answerBytes, type Caller, type DemoCall, ordinaryCall } from './calls.ts'
import { type Random, randomFor } from './random.ts'
import { callersOf, type DemoEndpoint, publicAddress, type World } from './world.ts'

interface Span {
  /** Unique in its script. */
  readonly id: string
  readonly from: EpochMs
  /** Not included. */
  readonly to: EpochMs
}

/** An endpoint begins to fail, and its callers try again. `failing`: share of calls; `retries`: calls a second. */
export interface ErrorBurst extends Span {
  readonly kind: 'error-burst'
  readonly endpoint: DemoEndpoint
  readonly failing: number
  readonly retries: number
}

/** Payloads far beyond what the endpoint ever saw, evenly spaced. `bytes`: the median. */
export interface HugePayloads extends Span {
  readonly kind: 'huge-responses' | 'huge-requests'
  readonly endpoint: DemoEndpoint
  readonly caller: Caller
  readonly calls: number
  readonly bytes: number
}

/** Far more reads than usual, by one known caller or by many strangers. */
export interface ReadSpike extends Span {
  readonly kind: 'read-spike'
  readonly endpoint: DemoEndpoint
  /** `null`: strangers, each of whom makes a handful of calls. */
  readonly caller: Caller | null
  readonly callsPerSecond: number
}

/** Benign. A new version: sizes and durations of a service shift, and a few calls fail while it rolls out. */
export interface Deploy extends Span {
  readonly kind: 'deploy'
  readonly service: string
  readonly sizes: number
  readonly durations: number
}

/** Benign. A service becomes popular, by so much at its peak (1.5: half as many calls again), rising and falling slowly. */
export interface Crowd extends Span {
  readonly kind: 'crowd'
  readonly service: string
  readonly peak: number
}

export type Attack = ErrorBurst | HugePayloads | ReadSpike
export type Trouble = Deploy | Crowd
export type Disturbance = Attack | Trouble

/** Changes an ordinary call as far as the disturbance reaches it. The coin is a function of the call. */
export function disturb(disturbance: Disturbance, call: DemoCall, random: Random): void {
  if (call.ts < disturbance.from || call.ts >= disturbance.to) return
  if (disturbance.kind === 'error-burst') {
    if (call.endpoint === disturbance.endpoint && random.unit() < disturbance.failing) fail(call, random)
  } else if (disturbance.kind === 'deploy' && call.endpoint.service === disturbance.service) {
    // The first minute of a roll-out costs a few connections.
    if (call.ts - disturbance.from < 60_000 && random.unit() < 0.01) fail(call, random)
    call.responseBytes = call.status < 400 ? Math.round(call.responseBytes * disturbance.sizes) : call.responseBytes
    call.durationMs = Math.round(10 * call.durationMs * disturbance.durations) / 10
  }
}

function fail(call: DemoCall, random: Random): void {
  call.status = random.pick([500, 503, 503, 504])
  call.responseBytes = answerBytes(call.endpoint, call.status, random)
}

/** The calls that a disturbance adds to one slot, whatever else happens in it. `ordinary`: the slot's calls without it. */
export function addedCalls(
  disturbance: Disturbance,
  world: World,
  from: EpochMs,
  to: EpochMs,
  ordinary: readonly DemoCall[],
): DemoCall[] {
  const start = Math.max(from, disturbance.from)
  const end = Math.min(to, disturbance.to)
  if (start >= end) return []
  const random = randomFor(world.seed, 8, nameKey(disturbance.id), from)
  switch (disturbance.kind) {
    case 'error-burst': {
      const callers = callersOf(world, disturbance.endpoint.index)
      const again = () => {
        const call = ordinaryCall(moment(start, end, random), disturbance.endpoint, random.pick(callers), random)
        if (random.unit() < disturbance.failing) fail(call, random)
        return call
      }
      return Array.from({ length: random.poisson((disturbance.retries * (end - start)) / 1000) }, again)
    }
    case 'huge-responses':
    case 'huge-requests':
      return hugeCalls(disturbance, start, end, random)
    case 'read-spike':
      return Array.from({ length: random.poisson((disturbance.callsPerSecond * (end - start)) / 1000) }, () =>
        readCall(disturbance, moment(start, end, random), random),
      )
    case 'crowd':
      return ordinary.filter((call) => joins(disturbance, call, random)).map((call) => sibling(call, random))
    case 'deploy':
      return []
  }
}

function hugeCalls(attack: HugePayloads, start: EpochMs, end: EpochMs, random: Random): DemoCall[] {
  const gap = (attack.to - attack.from) / attack.calls
  const calls: DemoCall[] = []
  for (let i = 0; i < attack.calls; i++) {
    const ts = Math.floor(attack.from + i * gap)
    if (ts < start || ts >= end) continue
    const call = succeeding(ordinaryCall(ts, attack.endpoint, attack.caller, random))
    const bytes = Math.round(attack.bytes * Math.exp(0.2 * random.normal()))
    if (attack.kind === 'huge-responses') call.responseBytes = bytes
    else call.requestBytes = bytes
    // A second and a half, whatever the size: the line is written when the call is over.
    call.durationMs = 1500
    calls.push(call)
  }
  return calls
}

function readCall(attack: ReadSpike, ts: EpochMs, random: Random): DemoCall {
  const stranger = (): Caller => ({
    name: `user:${random.hex(8)}`,
    addresses: [publicAddress(random)],
    userAgent: 'ExampleApp/7.4 (Android)',
    tokenSeconds: 3600,
  })
  return succeeding(ordinaryCall(ts, attack.endpoint, attack.caller ?? stranger(), random))
}

function succeeding(call: DemoCall): DemoCall {
  if (call.status >= 400) call.status = call.endpoint.method === 'POST' ? 201 : 200
  return call
}

/** A crowd's share of one more call like this one: a triangle in time with its peak in the middle. */
function joins(crowd: Crowd, call: DemoCall, random: Random): boolean {
  const coin = random.unit()
  if (call.endpoint.service !== crowd.service || call.ts < crowd.from || call.ts >= crowd.to) return false
  const through = (call.ts - crowd.from) / (crowd.to - crowd.from)
  return coin < (crowd.peak - 1) * (1 - Math.abs(2 * through - 1))
}

function sibling(call: DemoCall, random: Random): DemoCall {
  return ordinaryCall(call.ts, call.endpoint, call.caller, random)
}

function moment(start: EpochMs, end: EpochMs, random: Random): EpochMs {
  return start + random.below(end - start)
}

function nameKey(name: string): number {
  let key = 3
  for (let i = 0; i < name.length; i++) key = (Math.imul(key, 33) + name.charCodeAt(i)) | 0
  return key >>> 0
}
