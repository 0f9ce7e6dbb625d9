/** Worlds for `payloads.ts`: endpoints with sizes of all kinds, deploys and rare empty answers, and payloads of unexpected size planted among them. */
import type { ApiCall } from '#src/call/call.ts'
import { type Random, randomFor } from '#src/demo/random.ts'

export interface Law {
  readonly name: 'constant' | 'lognormal' | 'mixture' | 'Pareto tail'
  readonly draw: (random: Random) => number
}

/** 15% constant, 55% lognormal, 20% a mixture of two or three, 10% with a Pareto tail; nothing beyond 50 MB. */
function lawOf(random: Random): Law {
  const median = Math.exp(Math.log(3000) + 1.5 * random.normal())
  const kind = random.unit()
  const sigma = 0.2 + 1.1 * random.unit()
  if (kind < 0.15) return { name: 'constant', draw: () => median }
  if (kind < 0.7) {
    return { name: 'lognormal', draw: (draw) => Math.min(5e7, median * Math.exp(sigma * draw.normal())) }
  }
  const alpha = 1.2 + 1.3 * random.unit()
  if (kind > 0.9) {
    const tail = (draw: Random): number => 3 * median * (1 - draw.unit()) ** (-1 / alpha)
    const draw = (one: Random): number =>
      Math.min(5e7, one.unit() < 0.05 ? tail(one) : median * Math.exp(0.4 * one.normal()))
    return { name: 'Pareto tail', draw }
  }
  const modes = Array.from({ length: 2 + random.below(2) }, (_, i) => median * (2 + 3 * random.unit()) ** i)
  return { name: 'mixture', draw: (draw) => draw.pick(modes) * Math.exp(0.25 * draw.normal()) }
}

export interface Endpoint {
  readonly route: string
  readonly method: string
  /** Calls a tick at its busiest. */
  readonly rate: number
  readonly phase: number
  readonly responses: Law
  readonly requests: Law
  /** Share of the answers that are empty lists, and of the calls that fail. */
  readonly empty: number
  readonly failing: number
  /** A deploy: from this tick on sizes are so many times as large. */
  readonly deploy: { readonly from: number; readonly times: number }
}

const ATTACKS = ['leak x10', 'one export x1000', 'uploads x30', 'cut short', 'dump in errors', '500 by size'] as const
export type Kind = (typeof ATTACKS)[number]

export interface Attack {
  readonly kind: Kind
  readonly on: number
  readonly from: number
  readonly to: number
  readonly calls: number
  readonly call: Partial<ApiCall>
}

export function endpointsOf(seed: number, count: number, ticks: number): readonly Endpoint[] {
  return Array.from({ length: count }, (_, i) => {
    const random = randomFor(seed, 1, i)
    const posts = random.unit() < 0.5
    return {
      route: `/v1/things/${i}`,
      method: posts ? 'POST' : 'GET',
      rate: Math.min(20, 0.8 * Math.exp(1.3 * random.normal())),
      phase: random.unit() * 2 * Math.PI,
      responses: lawOf(random),
      requests: posts ? lawOf(random) : { name: 'constant', draw: () => 0 },
      empty: random.unit() < 0.2 ? 0.001 : 0,
      failing: 0.0005 * Math.exp(random.normal()),
      deploy:
        random.unit() < 0.1
          ? { from: random.below(ticks), times: 0.5 + 1.5 * random.unit() }
          : { from: ticks, times: 1 },
    }
  })
}

/** What all but two of a hundred sizes stay below (above for a negative share), by 4,000 draws. */
function quantile(law: Law, share: number, random: Random): number {
  const draws = Array.from({ length: 4000 }, () => law.draw(random)).sort((a, b) => a - b)
  return draws[Math.floor(share * draws.length)] as number
}

/** Each kind twice, on endpoints that have what it takes: at least a call in two minutes, and sizes on which it can be odd at all. */
export function attacksOf(seed: number, endpoints: readonly Endpoint[], ticks: number): readonly Attack[] {
  const left = new Set(endpoints.keys())
  return [...ATTACKS, ...ATTACKS].flatMap((kind, number): Attack[] => {
    const random = randomFor(seed, 2, number)
    const from = Math.floor(ticks * (0.4 + (0.5 * (number + random.unit())) / (2 * ATTACKS.length)))
    for (const on of left) {
      const endpoint = endpoints[on] as Endpoint
      if (endpoint.rate < 0.15) continue
      const made = attackOn(kind, endpoint, random)
      if (made === null) continue
      left.delete(on)
      return [{ kind, on, from, to: from + made.ticks, calls: made.calls, call: made.call }]
    }
    return []
  })
}

function attackOn(
  kind: Kind,
  endpoint: Endpoint,
  random: Random,
): { ticks: number; calls: number; call: Partial<ApiCall> } | null {
  const [low, high, upload] = [
    quantile(endpoint.responses, 0.02, random),
    quantile(endpoint.responses, 0.98, random),
    quantile(endpoint.requests, 0.98, random),
  ]
  if (kind === 'leak x10') return { ticks: 60, calls: 10, call: { responseBytes: Math.max(20_000, 10 * high) } }
  if (kind === 'one export x1000') return { ticks: 1, calls: 1, call: { responseBytes: 1000 * high } }
  if (kind === 'dump in errors') {
    return { ticks: 30, calls: 6, call: { status: 500, responseBytes: Math.max(50_000, 30 * high) } }
  }
  if (kind === 'cut short') {
    return low < 3000 ? null : { ticks: 60, calls: 40, call: { responseBytes: Math.min(150, low / 10) } }
  }
  if (endpoint.method === 'GET') return null
  if (kind === 'uploads x30') return { ticks: 30, calls: 6, call: { requestBytes: Math.max(50_000, 30 * upload) } }
  return { ticks: 60, calls: 12, call: { status: 500, requestBytes: 2 * upload } }
}

const NO_CALL: ApiCall = {
  ts: 0,
  service: 'things',
  method: 'GET',
  path: '/',
  route: '/',
  status: 200,
  requestBytes: 0,
  responseBytes: 0,
  durationMs: 1,
  clientIp: '192.0.2.1',
  host: null,
  identity: 'somebody',
  decision: null,
  decisionReason: null,
  requestId: null,
  traceId: null,
  tokenId: null,
  tokenIssuedAt: null,
  tokenExpiresAt: null,
  userAgent: null,
  region: null,
}

export function callOf(endpoint: Endpoint, tick: number, random: Random): ApiCall {
  const fails = random.unit() < endpoint.failing
  const times = tick >= endpoint.deploy.from ? endpoint.deploy.times : 1
  const answer = fails ? 120 : random.unit() < endpoint.empty ? 2 : times * endpoint.responses.draw(random)
  const sent = times * endpoint.requests.draw(random)
  const sizes = { requestBytes: Math.round(sent), responseBytes: Math.round(answer) }
  return { ...NO_CALL, method: endpoint.method, status: fails ? 503 : 200, ...sizes }
}

export function attackCalls(attack: Attack, endpoint: Endpoint, tick: number, random: Random): ApiCall[] {
  if (tick < attack.from || tick >= attack.to) return []
  const done = (at: number): number => Math.floor((attack.calls * (at - attack.from)) / (attack.to - attack.from))
  return Array.from({ length: done(tick + 1) - done(tick) }, () => {
    const call = { ...callOf(endpoint, tick, random), status: 200, ...attack.call }
    const jitter = Math.exp(0.1 * random.normal())
    return {
      ...call,
      requestBytes: Math.round((call.requestBytes ?? 0) * jitter),
      responseBytes: Math.round((call.responseBytes ?? 0) * jitter),
    }
  })
}
