import type { EpochMs } from '#src/call/call.ts'
import { indexOf, type Random, randomFor, zipfTable } from '#src/demo/random.ts'

/** The fixed workload of the bench; the same options give the same bytes. */
export interface WorkloadOptions {
  readonly calls: number
  readonly identities: number
  /** Exponent of the identities' popularity; `null`: all alike. */
  readonly zipf: number | null
  /** Event time of the first call. */
  readonly from: EpochMs
  readonly seed: number
}

export const services = 40
export const endpointsPerService = 25
export const partitions = 8
/** Event time that the calls are spread over, evenly. */
export const spanMs = 30 * 60_000
/** How much later than the last call the closing calls are: the watermark then passes every tick. */
const closingMs = 10 * 60_000
const shortest = 350
const longest = 370

/** 2 million calls, 10,000 identities by Zipf 1.1. `from` is a time that is long enough past to be in no tick of the future. */
export function fixedWorkload(now: EpochMs): WorkloadOptions {
  const from = Math.floor((now - spanMs - 2 * closingMs) / 60_000) * 60_000
  return { calls: 2_000_000, identities: 10_000, zipf: 1.1, from, seed: 1 }
}

/** The same with 100,000 identities drawn uniformly: nearly every tally of a tick is a new one. */
export function wideWorkload(now: EpochMs): WorkloadOptions {
  return { ...fixedWorkload(now), identities: 100_000, zipf: null }
}

interface BenchEndpoint {
  readonly service: string
  readonly method: string
  readonly route: string
  readonly medianBytes: number
}

/** The calls as lines of the native format, 350 to 370 bytes each (plain ASCII), in order of event time. Call i goes to partition i mod 8. */
export function* workloadLines(options: WorkloadOptions): Generator<string> {
  const random = randomFor(options.seed, options.identities)
  const endpoints = benchEndpoints()
  const endpointTable = zipfTable(endpoints.length, 1)
  const identityTable = options.zipf === null ? null : zipfTable(options.identities, options.zipf)
  for (let i = 0; i < options.calls; i++) {
    const ts = options.from + Math.floor((i * spanMs) / options.calls)
    // The popular endpoints are spread over the services: rank and place differ.
    const endpoint = endpoints[(indexOf(endpointTable, random.unit()) * 37) % endpoints.length]!
    const identity = identityTable === null ? random.below(options.identities) : indexOf(identityTable, random.unit())
    yield lineOf(ts, endpoint, identity, random)
  }
}

/** The event time at which the last tick of the calls ends, for ticks of 10 s. */
export function endOf(options: WorkloadOptions): EpochMs {
  return options.from + spanMs
}

/** One call a partition, ten minutes after the others. */
export function closingLines(options: WorkloadOptions): string[] {
  const random = randomFor(options.seed, 2)
  const endpoint = benchEndpoints()[0]!
  return Array.from({ length: partitions }, (_, i) => lineOf(endOf(options) + closingMs, endpoint, i, random))
}

export function benchEndpoints(): readonly BenchEndpoint[] {
  return Array.from({ length: services * endpointsPerService }, (_, i) => {
    const service = Math.floor(i / endpointsPerService)
    const nth = i % endpointsPerService
    // Seven in ten read.
    const method = nth % 10 < 7 ? 'GET' : nth % 10 < 9 ? 'POST' : 'PATCH'
    return {
      service: `service-${service + 10}`,
      method,
      route: `/v1/things${nth + 10}/{id}`,
      medianBytes: 200 * 1.25 ** nth,
    }
  })
}

function lineOf(ts: EpochMs, endpoint: BenchEndpoint, identity: number, random: Random): string {
  const fate = random.unit()
  const status = fate < 0.002 ? 503 : fate < 0.02 ? 404 : 200
  const request = endpoint.method === 'GET' ? 0 : Math.round(300 * Math.exp(0.5 * random.normal()))
  const response = status === 200 ? Math.round(endpoint.medianBytes * Math.exp(0.6 * random.normal())) : 160
  const duration = (2 + random.below(400)) / 10
  const object = 10_000 + random.below(90_000)
  const head =
    `{"ts":"${new Date(ts).toISOString()}","service":"${endpoint.service}","method":"${endpoint.method}",` +
    `"path":"${endpoint.route.replace('{id}', String(object))}","route":"${endpoint.route}","status":${status},` +
    `"request_bytes":${request},"response_bytes":${response},"duration_ms":${duration},` +
    `"client_ip":"10.${identity % 200}.${Math.floor(identity / 200) % 250}.${random.below(250)}","identity":"spiffe://example.org/sa/w${identity}",` +
    `"request_id":"${random.hex(32)}","user_agent":"`
  const wanted = shortest + random.below(longest - shortest + 1)
  return `${head}${padding.slice(0, Math.max(0, wanted - head.length - 2))}"}`
}

const padding = 'client/1.2 (bench; linux) '.repeat(10)
