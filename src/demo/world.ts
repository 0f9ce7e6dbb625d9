import { companyOffers, companyRoles } from './company.ts'
import { cumulative, mix, type Random, randomFor } from './random.ts'
import { type SizeShape, shapeFor } from './sizes.ts'

export interface DemoEndpoint {
  readonly index: number
  readonly service: string
  readonly method: string
  readonly route: string
  /** `null`: no body in that direction. */
  readonly request: SizeShape | null
  readonly response: SizeShape | null
  /** Share of calls that fail with a 5xx in ordinary times. */
  readonly failing: number
  /** Share of calls that the service answers with a 4xx in ordinary times. */
  readonly refusing: number
  /** Median duration in milliseconds. */
  readonly durationMs: number
  /** How many different objects a path parameter may name. */
  readonly objects: number
  readonly popularity: number
}

export interface DemoIdentity {
  readonly index: number
  readonly name: string
  readonly kind: 'service' | 'user'
  /** Calls a second over the day. */
  readonly rate: number
  /** How far the day swings it: 0 not at all, 1 to nothing at night. */
  readonly swing: number
  /** When its day begins, in hours off the company's. */
  readonly shiftHours: number
  /** Relative variance of its level from minute to minute. */
  readonly wander: number
  /** Mean number of calls of one session; 1: calls come singly. */
  readonly session: number
  readonly addresses: readonly string[]
  readonly userAgent: string
  readonly tokenSeconds: number
  /** Endpoints that it calls, and how often (cumulative, see `indexOf`). */
  readonly endpoints: readonly number[]
  readonly shares: Float64Array
}

/** A made-up company: who calls what, how often, how large. A function of seed and rate alone. */
export interface World {
  readonly seed: number
  readonly callsPerSecond: number
  readonly endpoints: readonly DemoEndpoint[]
  readonly identities: readonly DemoIdentity[]
}

export interface WorldSize {
  readonly callsPerSecond: number
  readonly identities: number
  /** Whether the day has no hours: the rate is then the same at any time. */
  readonly timeless?: boolean
}

/** What `tidemark demo` shows: two hours are 86,400 calls. */
export const demoSize: WorldSize = { callsPerSecond: 12, identities: 300 }

/** Builds the company of one seed: the same seed gives the same company. */
export function createWorld(seed: number, size: WorldSize = demoSize): World {
  const endpoints = createEndpoints(randomFor(seed, 1))
  const drawn = createIdentities(seed, size, endpoints)
  const identities = size.timeless === true ? drawn.map((identity) => ({ ...identity, swing: 0 })) : drawn
  return { seed, callsPerSecond: size.callsPerSecond, endpoints, identities }
}

/** Finds an endpoint of the company by name. Throws where there is none: scripts name what exists. */
export function endpointNamed(world: World, service: string, method: string, route: string): DemoEndpoint {
  const found = world.endpoints.find((e) => e.service === service && e.method === method && e.route === route)
  if (found === undefined) throw new Error(`the demo company has no ${service} ${method} ${route}`)
  return found
}

/** The identities that call an endpoint in ordinary times. */
export function callersOf(world: World, endpoint: number): readonly DemoIdentity[] {
  return world.identities.filter((identity) => identity.endpoints.includes(endpoint))
}

function createEndpoints(random: Random): DemoEndpoint[] {
  const exponent = 0.9 + 0.2 * random.unit()
  const ranks = popularityRanks(random)
  return companyOffers.map((offer, index) => {
    const sends = offer.method !== 'GET' && offer.method !== 'DELETE'
    const media = offer.service === 'documents' || offer.route.endsWith('/export')
    return {
      index,
      service: offer.service,
      method: offer.method,
      route: offer.route,
      request: sends ? requestShape(random, media) : null,
      response: offer.method === 'DELETE' ? null : shapeFor(random, media ? 30_000 : 2_500),
      failing: 0.001 + 0.002 * random.unit(),
      refusing: 0.005 + 0.02 * random.unit(),
      durationMs: 4 * Math.exp(1.2 * random.unit() + (sends ? 1 : 0)),
      objects: Math.round(50 * 10 ** (3 * random.unit())),
      popularity: ranks[index]! ** -exponent,
    }
  })
}

function requestShape(random: Random, media: boolean): SizeShape {
  return media ? { kind: 'lognormal', median: 40_000, sigma: 0.5 } : shapeFor(random, 700)
}

/** Ranks that the table names stay; the seed deals out the others. */
function popularityRanks(random: Random): number[] {
  const named = new Set(companyOffers.map((offer) => offer.rank))
  const free = companyOffers.map((_, i) => i + 1).filter((rank) => !named.has(rank))
  for (let i = free.length - 1; i > 0; i--) {
    const other = random.below(i + 1)
    ;[free[i], free[other]] = [free[other]!, free[i]!]
  }
  return companyOffers.map((offer) => offer.rank ?? free.pop()!)
}

function createIdentities(seed: number, size: WorldSize, endpoints: readonly DemoEndpoint[]): DemoIdentity[] {
  const services = Math.round(size.identities * 0.6)
  const exponent = 0.9 + 0.2 * randomFor(seed, 2).unit()
  // Workloads differ by orders of magnitude; people have two hands each.
  const workloadRates = ratesByRank(services, exponent, size.callsPerSecond * 0.75)
  const userRates = ratesByRank(size.identities - services, 0.5, size.callsPerSecond * 0.25)
  return [
    ...workloadRates.map((rate, i) => serviceIdentity(randomFor(seed, 3, i), i, rate, endpoints)),
    ...userRates.map((rate, i) => userIdentity(seed, randomFor(seed, 3, services + i), services + i, rate, endpoints)),
  ]
}

function ratesByRank(count: number, exponent: number, total: number): number[] {
  const weights = Array.from({ length: count }, (_, i) => (i + 1) ** -exponent)
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => (total * weight) / sum)
}

function serviceIdentity(
  random: Random,
  index: number,
  rate: number,
  endpoints: readonly DemoEndpoint[],
): DemoIdentity {
  const accounts = companyRoles.flatMap((role) => role.workloads.map((workload) => ({ role, workload })))
  const { role, workload } = accounts[index % accounts.length]!
  const cell = `cell-${1 + Math.floor(index / accounts.length)}.example.org`
  return {
    ...habits(random, index, rate),
    name: `spiffe://${cell}/ns/${role.namespace}/sa/${workload}`,
    kind: 'service',
    session: 1,
    addresses: Array.from(
      { length: 1 + random.below(4) },
      () => `10.${index % 200}.${random.below(250)}.${1 + random.below(250)}`,
    ),
    userAgent: `${workload}/${1 + random.below(9)}.${random.below(30)}`,
    ...uses(random, role.services, endpoints, 8 + random.below(13)),
  }
}

function userIdentity(
  seed: number,
  random: Random,
  index: number,
  rate: number,
  endpoints: readonly DemoEndpoint[],
): DemoIdentity {
  // People do not read secrets or keys: those are for workloads.
  const roles = companyRoles.filter((role) => !role.services.includes('vault'))
  return {
    ...habits(random, index, rate),
    name: `user:${mix(seed, 4, index).toString(16).padStart(8, '0')}`,
    kind: 'user',
    session: 3 + random.below(4),
    addresses: Array.from({ length: 1 + random.below(2) }, () => publicAddress(random)),
    userAgent: random.pick([
      'Mozilla/5.0 (Macintosh)',
      'Mozilla/5.0 (Windows NT 10.0)',
      'ExampleApp/7.4 (iOS)',
      'ExampleApp/7.4 (Android)',
    ]),
    ...uses(random, random.pick(roles).services, endpoints, 5 + random.below(8)),
  }
}

/** An address from the range that is set aside for benchmarks, so that it is nobody's. */
export function publicAddress(random: Random): string {
  return `198.${18 + random.below(2)}.${random.below(256)}.${1 + random.below(254)}`
}

function habits(random: Random, index: number, rate: number) {
  return {
    index,
    rate,
    swing: Math.min(0.9, Math.max(0.1, 0.5 + 0.15 * random.normal())),
    shiftHours: 1.5 * random.normal(),
    wander: Math.min(0.5, 0.1 * Math.exp(0.7 * random.normal())),
    tokenSeconds: random.pick([900, 3600]),
  }
}

function uses(random: Random, services: readonly string[], endpoints: readonly DemoEndpoint[], count: number) {
  const offered = endpoints.filter((endpoint) => services.includes(endpoint.service))
  const chosen = new Set<DemoEndpoint>()
  // The popular ones first, as everybody needs them; then whatever this one happens to need.
  for (const endpoint of offered) if (random.unit() < Math.min(0.9, 6 * endpoint.popularity)) chosen.add(endpoint)
  const wanted = Math.min(count, offered.length)
  while (chosen.size < wanted) chosen.add(random.pick(offered))
  const list = [...chosen]
  return {
    endpoints: list.map((endpoint) => endpoint.index),
    shares: cumulative(list.map((endpoint) => endpoint.popularity * (0.3 + random.exponential(1)))),
  }
}
