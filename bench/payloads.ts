/**
 * How many payloads of unexpected size are told, and how many false alarms that costs: worlds from a seed through tallies, baselines and
 * judge, for payload-outlier and payload-error with a twelfth of the budget of one false alarm a day each.
 * `node bench/payloads.ts [--seeds 1,2,3] [--hours 48] [--endpoints 40] [--report text|json]`
 */
import { parseArgs } from 'node:util'
import payloadError from '#detectors/payload-error/detector.ts'
import payloadOutlier from '#detectors/payload-outlier/detector.ts'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { addCall, emptyTally, type Tally } from '#src/baseline/tally.ts'
import type { ApiCall } from '#src/call/call.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import { turnMeter } from '#src/detection/budget.ts'
import type { Detector } from '#src/detection/detector.ts'
import { planOf } from '#src/detection/plan.ts'
import { admit, advance } from '#src/detection/watch.ts'
import { Shard } from '#src/stage/judge/shard.ts'
import { report } from './figures.ts'

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3,4,5,6,7,8,101,102,103' },
    hours: { type: 'string', default: '48' },
    endpoints: { type: 'string', default: '40' },
    report: { type: 'string', default: 'text' },
  },
})

const TICK_S = 10
const hours = Number(flags.hours)
const TICKS = (hours * 3600) / TICK_S
const calendar = calendarOf(TICK_S * 1000)
const DETECTORS = [payloadOutlier, payloadError] as readonly unknown[] as readonly Detector[]
/** As if there were twelve parts: the budget of one false alarm a day, and these two of twelve. */
const PLAN = planOf(
  DETECTORS.map((detector) => ({ detector, params: detector.params.parse({}) })),
  DETECTORS.length / 12,
  1,
)

type Law = (random: Random) => number

/** 15% constant, 55% lognormal, 20% a mixture of two or three, 10% with a Pareto tail; nothing beyond 50 MB. */
function lawOf(random: Random): Law {
  const median = Math.exp(Math.log(3000) + 1.5 * random.normal())
  const kind = random.unit()
  const sigma = 0.2 + 1.1 * random.unit()
  if (kind < 0.15) return () => median
  if (kind < 0.7) return (draw) => Math.min(5e7, median * Math.exp(sigma * draw.normal()))
  const alpha = 1.2 + 1.3 * random.unit()
  if (kind > 0.9) {
    const tail = (draw: Random): number => 3 * median * (1 - draw.unit()) ** (-1 / alpha)
    return (draw) => Math.min(5e7, draw.unit() < 0.05 ? tail(draw) : median * Math.exp(0.4 * draw.normal()))
  }
  const modes = Array.from({ length: 2 + random.below(2) }, (_, i) => median * (2 + 3 * random.unit()) ** i)
  return (draw) => draw.pick(modes) * Math.exp(0.25 * draw.normal())
}

interface Endpoint {
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
type Kind = (typeof ATTACKS)[number]

interface Attack {
  readonly kind: Kind
  readonly on: number
  readonly from: number
  readonly to: number
  readonly calls: number
  readonly call: Partial<ApiCall>
}

function endpointsOf(seed: number, count: number): readonly Endpoint[] {
  return Array.from({ length: count }, (_, i) => {
    const random = randomFor(seed, 1, i)
    const posts = random.unit() < 0.5
    return {
      route: `/v1/things/${i}`,
      method: posts ? 'POST' : 'GET',
      rate: Math.min(20, 0.8 * Math.exp(1.3 * random.normal())),
      phase: random.unit() * 2 * Math.PI,
      responses: lawOf(random),
      requests: posts ? lawOf(random) : () => 0,
      empty: random.unit() < 0.2 ? 0.001 : 0,
      failing: 0.0005 * Math.exp(random.normal()),
      deploy:
        random.unit() < 0.1
          ? { from: random.below(TICKS), times: 0.5 + 1.5 * random.unit() }
          : { from: TICKS, times: 1 },
    }
  })
}

/** What all but two of a hundred sizes stay below (above for a negative share), by 4,000 draws. */
function quantile(law: Law, share: number, random: Random): number {
  const draws = Array.from({ length: 4000 }, () => law(random)).sort((a, b) => a - b)
  return draws[Math.floor(share * draws.length)] as number
}

/** Each kind twice, on endpoints that have what it takes: at least a call in two minutes, and sizes on which it can be odd at all. */
function attacksOf(seed: number, endpoints: readonly Endpoint[]): readonly Attack[] {
  const left = new Set(endpoints.keys())
  return [...ATTACKS, ...ATTACKS].flatMap((kind, number): Attack[] => {
    const random = randomFor(seed, 2, number)
    const from = Math.floor(TICKS * (0.4 + (0.5 * (number + random.unit())) / (2 * ATTACKS.length)))
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

function callOf(endpoint: Endpoint, tick: number, random: Random): ApiCall {
  const fails = random.unit() < endpoint.failing
  const times = tick >= endpoint.deploy.from ? endpoint.deploy.times : 1
  const answer = fails ? 120 : random.unit() < endpoint.empty ? 2 : times * endpoint.responses(random)
  const sent = times * endpoint.requests(random)
  const sizes = { requestBytes: Math.round(sent), responseBytes: Math.round(answer) }
  return { ...NO_CALL, method: endpoint.method, status: fails ? 503 : 200, ...sizes }
}

interface Told {
  readonly detector: string
  readonly on: number
  readonly tick: number
}

/** What is told of one world. */
function replay(seed: number, endpoints: readonly Endpoint[], attacks: readonly Attack[]): readonly Told[] {
  const shard = new Shard(0, PLAN, calendar, { endpoint: endpoints.length, identity: 1 }, () => 1)
  const told: Told[] = []
  const entities = endpoints.map((one) => shard.entity('endpoint', keyOf(endpointRef('things', one.method, one.route))))
  const setting = shard.setting('endpoint', false, (subject, watch, outcome, tick) => {
    if (outcome !== 'opened') return
    told.push({ detector: watch.detector.name, on: entities.findIndex(({ ref }) => ref === subject.ref), tick })
  })
  for (let tick = 0; tick < TICKS; tick += 1) {
    for (const { run, single } of shard.meters.endpoint) {
      turnMeter(run, tick, calendar)
      turnMeter(single, tick, calendar)
    }
    endpoints.forEach((endpoint, on) => {
      const random = randomFor(seed, 3, on, tick)
      const day = 1 + 0.6 * Math.sin((2 * Math.PI * tick * TICK_S) / 86_400 + endpoint.phase)
      const calls = Array.from({ length: random.poisson((endpoint.rate * day) / 1.6) }, () =>
        callOf(endpoint, tick, random),
      )
      for (const attack of attacks) if (attack.on === on) calls.push(...attackCalls(attack, endpoint, tick, random))
      if (calls.length === 0) return
      const entity = entities[on] as (typeof entities)[number]
      if (entity.row < 0) {
        entity.row = entity.rows.take()
        admit(setting, entity, tick)
      }
      advance(setting, entity, tick, tallyOf(calls))
    })
  }
  return told
}

function attackCalls(attack: Attack, endpoint: Endpoint, tick: number, random: Random): ApiCall[] {
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

function tallyOf(calls: readonly ApiCall[]): Tally {
  const tally = emptyTally(PLAN.endpoint.layout)
  calls.forEach((call, i) => {
    addCall(PLAN.endpoint.layout, tally, call, `r-${i}`, i, call.identity)
  })
  return tally
}

const GRACE_TICKS = 6
const found = new Map<Kind, { told: number; of: number; ticks: number[] }>()
const falsely: { seed: number; detector: string; endpoint: number; hour: number }[] = []
const rows: { seed: number; alarms: number; told: number; attacks: number }[] = []
for (const seed of flags.seeds.split(',').map(Number)) {
  const endpoints = endpointsOf(seed, Number(flags.endpoints))
  const attacks = attacksOf(seed, endpoints)
  const told = replay(seed, endpoints, attacks)
  const isOf = (one: Told, attack: Attack): boolean =>
    one.on === attack.on && one.tick >= attack.from && one.tick <= attack.to + GRACE_TICKS
  let caught = 0
  for (const attack of attacks) {
    const wanted = attack.kind === '500 by size' ? 'payload-error' : 'payload-outlier'
    const first = told.find((one) => one.detector === wanted && isOf(one, attack))
    const entry = found.get(attack.kind) ?? { told: 0, of: 0, ticks: [] }
    found.set(attack.kind, entry)
    entry.of += 1
    if (first === undefined) continue
    entry.told += 1
    caught += 1
    entry.ticks.push(first.tick - attack.from)
  }
  const wrong = told.filter((one) => !attacks.some((attack) => isOf(one, attack)))
  falsely.push(
    ...wrong.map((one) => ({ seed, detector: one.detector, endpoint: one.on, hour: Math.floor(one.tick / 360) })),
  )
  rows.push({ seed, alarms: wrong.length, told: caught, attacks: attacks.length })
}
const days = (rows.length * hours) / 24
const kinds = [...found].map(([kind, { told, of, ticks }]) => ({
  kind,
  told,
  of,
  medianSeconds: TICK_S * (ticks.sort((a, b) => a - b)[ticks.length >> 1] ?? Number.NaN),
}))
report(
  flags.report === 'json' ? 'json' : 'text',
  { rows, kinds, falsely, falseAlarmsPerDay: falsely.length / days },
  [
    ...rows.map(
      ({ seed, alarms, told, attacks }) => `seed ${seed}: ${told} of ${attacks} attacks told, ${alarms} false alarms`,
    ),
    ...kinds.map(({ kind, told, of, medianSeconds }) => `${kind}: ${told} of ${of}, after ${medianSeconds} s (median)`),
    ...falsely.map(
      ({ seed, detector, endpoint, hour }) => `false: seed ${seed}, ${detector}, endpoint ${endpoint}, hour ${hour}`,
    ),
    `${(falsely.length / days).toFixed(2)} false alarms a day in ${days} days of ${flags.endpoints} endpoints`,
  ].join('\n'),
)
