import { gammaLevel } from '#src/demo/arrivals.ts'
import { cumulative, indexOf, mix, type Random, randomFor } from '#src/demo/random.ts'
import { publicAddress } from '#src/demo/world.ts'
import { type Endpoint, TENANTS, type WorldSize } from './endpoints.ts'

/** Who makes a call, as far as the line says. */
export interface Caller {
  readonly name: string
  readonly userAgent: string
  readonly tokenSeconds: number
  readonly addresses: readonly string[]
  /** A number of its own: which tokens it has, and when it takes new ones. */
  readonly key: number
}

/** How an identity's calls come: one by one, at exact times, in long bursts, or as people do. */
export type Pattern = 'single' | 'cron' | 'bursts' | 'sessions'

export interface Identity extends Caller {
  readonly index: number
  readonly kind: 'service' | 'user'
  readonly tenant: number
  readonly role: number
  readonly pattern: Pattern
  /** Calls a second over an ordinary day. */
  readonly rate: number
  /** How far the day swings it: 0 not at all, 1 to nothing at night. */
  readonly swing: number
  readonly shiftHours: number
  /** Share of its rate that is left on Saturdays and Sundays. */
  readonly weekend: number
  /** Relative variance of its own level from minute to minute. */
  readonly phi: number
  /** Mean number of calls of one session; 1 where there are none. */
  readonly session: number
  /** Minutes between two runs of a cron client. */
  readonly period: number
  /** Chance that a call goes to an endpoint outside of its usual ones. */
  readonly novelty: number
  readonly endpoints: readonly number[]
  /** How often it calls each of them (cumulative, see `indexOf`). */
  readonly shares: Float64Array
}

const ROLES = 20
/** 300, 900 and 3,600 s for most; some issuer gives tokens for a whole day. By role. */
const LIFETIMES = [300, 900, 3600, 3600, 86_400]
const PERIODS = [1, 2, 5, 10, 15, 30, 60]
/** A cron client calls at most so often in one run. */
const RUN_CALLS = 150
/** Share of its time that a client with bursts is on. */
export const DUTY = 0.2

interface Role {
  readonly tenant: number
  readonly endpoints: readonly Endpoint[]
  readonly weights: Float64Array
  readonly novelty: number
  readonly tokenSeconds: number
}

/** 60% service principals, 40% users; one service in six is a cron client, one in six comes in bursts (10% of all each). */
export function createIdentities(seed: number, size: WorldSize, endpoints: readonly Endpoint[]): Identity[] {
  const roles = Array.from({ length: ROLES }, (_, i) => createRole(randomFor(seed, 2, i), i, endpoints))
  const services = Math.round(size.identities * 0.6)
  const exponent = 0.9 + 0.3 * randomFor(seed, 3).unit()
  const total = size.callsPerDay / 86_400
  // Workloads differ by orders of magnitude; people have two hands each.
  const rates = [
    ...ratesByRank(services, exponent, total * 0.75),
    ...ratesByRank(size.identities - services, 0.5, total * 0.25),
  ]
  return rates.map((rate, index) => {
    const random = randomFor(seed, 4, index)
    const role = random.below(ROLES)
    return createIdentity(seed, index, index < services ? 'service' : 'user', role, roles[role]!, rate, random)
  })
}

function createIdentity(
  seed: number,
  index: number,
  kind: Identity['kind'],
  role: number,
  { tenant, tokenSeconds, novelty, ...use }: Role,
  rate: number,
  random: Random,
): Identity {
  const coin = random.unit()
  const pattern = kind === 'user' ? 'sessions' : coin < 1 / 6 ? 'cron' : coin < 1 / 3 ? 'bursts' : 'single'
  const period = random.pick(PERIODS)
  const isService = kind === 'service'
  return {
    index,
    kind,
    tenant,
    role,
    pattern,
    key: mix(seed, 6, index),
    name: isService
      ? `spiffe://${TENANTS[tenant]}.example.org/ns/role-${role}/sa/job-${index}`
      : `user:${mix(seed, 5, index).toString(16).padStart(8, '0')}`,
    userAgent: isService ? `job/${1 + (index % 4)}.0` : random.pick(['Mozilla/5.0 (Windows NT 10.0)', 'App/7.4 (iOS)']),
    rate: pattern === 'cron' ? Math.min(rate, RUN_CALLS / (60 * period)) : rate,
    swing: Math.min(0.95, Math.max(0.1, (isService ? 0.4 : 0.6) + 0.15 * random.normal())),
    shiftHours: 2 * random.normal(),
    weekend: 0.3 + 0.7 * random.unit(),
    phi: Math.min(0.5, 0.1 * Math.exp(0.7 * random.normal())),
    session: kind === 'user' ? 3 + random.below(6) : 1,
    period,
    novelty,
    tokenSeconds,
    addresses: Array.from({ length: 1 + random.below(3) }, () =>
      isService ? `10.${tenant}.${random.below(40)}.${1 + random.below(250)}` : publicAddress(random),
    ),
    ...uses(use, 5 + random.below(36), random),
  }
}

function createRole(random: Random, index: number, all: readonly Endpoint[]): Role {
  const tenant = index % TENANTS.length
  const own = all.filter((endpoint) => endpoint.tenant === tenant)
  const services = [...new Set(own.map((endpoint) => endpoint.service))]
  const shares = dirichlet(services.length, 0.3, random)
  const weights = own.map((one) => one.popularity * (shares[services.indexOf(one.service)]! + 1e-3))
  return {
    tenant,
    endpoints: own,
    weights: cumulative(weights),
    // One call in 2,000 to 20,000 goes somewhere new.
    novelty: 1 / (2_000 * 10 ** random.unit()),
    tokenSeconds: LIFETIMES[index % LIFETIMES.length]!,
  }
}

function uses(role: Pick<Role, 'endpoints' | 'weights'>, count: number, random: Random) {
  const chosen = new Set<Endpoint>()
  // Draws that hit the same endpoint again are not made up for: roles are narrow.
  for (let i = 0; i < 2 * count && chosen.size < count; i++) {
    chosen.add(role.endpoints[indexOf(role.weights, random.unit())]!)
  }
  const list = [...chosen]
  return {
    endpoints: list.map((endpoint) => endpoint.index),
    shares: cumulative(list.map((endpoint) => endpoint.popularity * (0.2 + random.exponential(1)))),
  }
}

function ratesByRank(count: number, exponent: number, total: number): number[] {
  const weights = Array.from({ length: count }, (_, i) => (i + 1) ** -exponent)
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => (total * weight) / sum)
}

/** Shares of a Dirichlet distribution with that concentration (below 1: few get most), not scaled to 1. */
function dirichlet(count: number, concentration: number, random: Random): number[] {
  // A gamma of shape a is one of shape a + 1 times U^(1/a).
  return Array.from(
    { length: count },
    () => gammaLevel(random.normal(), 1 / (concentration + 1)) * random.unit() ** (1 / concentration),
  )
}
