import type { EpochMs } from '#src/call/call.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import { type SizeShape, shapeFor } from '#src/demo/sizes.ts'

/** How large a world is. Everything else follows from its seed. */
export interface WorldSize {
  readonly endpoints: number
  readonly identities: number
  readonly hours: number
  readonly callsPerDay: number
  /** Attacks in the whole log; 0 for clean traffic. */
  readonly attacks: number
}

export const worldSizes = {
  small: { endpoints: 75, identities: 300, hours: 48, callsPerDay: 350_000, attacks: 21 },
  large: { endpoints: 10_000, identities: 10_000, hours: 168, callsPerDay: 1_000_000, attacks: 140 },
} as const satisfies Readonly<Record<string, WorldSize>>

export interface Endpoint {
  readonly index: number
  readonly tenant: number
  readonly service: string
  readonly method: string
  readonly route: string
  readonly sensitive: boolean
  /** `null`: no body in that direction. */
  readonly request: SizeShape | null
  readonly response: SizeShape | null
  /** Chances that an ordinary call fails (5xx), is denied (401, 403), or finds nothing (404). */
  readonly failing: number
  readonly denied: number
  readonly missing: number
  readonly durationMs: number
  /** How many objects a path parameter may name. */
  readonly objects: number
  readonly popularity: number
  /** Nobody calls it before. */
  readonly bornAt: EpochMs
  /** Who calls it: each identity's index and the share of its calls that come here. */
  readonly callers: { readonly identity: number; readonly share: number }[]
}

export const TENANTS = ['shop', 'bank', 'post'] as const

const nouns = 'accounts invoices orders parcels tickets reports devices policies claims members'.split(' ')
const parts = 'lines notes history status owners files events limits'.split(' ')
const actions = 'search validate export approve'.split(' ')
const domains = ['orders', 'billing', 'people', 'stock', 'mail', 'search', 'risk', 'ledger', 'files', 'desk']
const secretNouns = ['secrets', 'keys', 'admin-users']

/** All endpoints of one seed: services by services, each offered to one tenant. */
export function createEndpoints(seed: number, size: WorldSize, from: EpochMs, to: EpochMs): Endpoint[] {
  const random = randomFor(seed, 1)
  // 75 endpoints are 11 services of 7 routes, 10,000 are 125 of 80: three tenants with about 40 services each.
  const routes = Math.min(80, Math.max(6, Math.round(0.8 * Math.sqrt(size.endpoints))))
  const exponent = 0.9 + 0.3 * random.unit()
  const ranks = shuffled(size.endpoints, random)
  return Array.from({ length: size.endpoints }, (_, index): Endpoint => {
    const service = Math.floor(index / routes)
    const sensitive = index % routes === 3
    const { method, route } = offerOf(index % routes, sensitive)
    const sends = method === 'POST' || method === 'PUT'
    // One route in a hundred is new on each day.
    const isNew = !sensitive && random.unit() < (0.01 * size.hours) / 24
    return {
      index,
      tenant: service % TENANTS.length,
      service: `${TENANTS[service % TENANTS.length]}-${domains[Math.floor(service / 3) % domains.length]}${
        service < 3 * domains.length ? '' : `-${Math.floor(service / (3 * domains.length)) + 1}`
      }`,
      method,
      route,
      sensitive,
      request: sends ? shapeFor(random, 700) : null,
      response: method === 'DELETE' ? null : shapeFor(random, route.endsWith('export') ? 60_000 : 2_500),
      failing: 0.0005 * 8 ** random.unit(),
      denied: 0.001 * 8 ** random.unit(),
      missing: 0.002 * 8 ** random.unit(),
      durationMs: 4 * Math.exp(1.2 * random.unit() + (sends ? 1 : 0)),
      objects: Math.round(200 * 10 ** (3 * random.unit())),
      popularity: (ranks[index]! + 1) ** -exponent * (sensitive ? 0.3 : 1),
      bornAt: isNew ? from + (0.3 + 0.6 * random.unit()) * (to - from) : from,
      callers: [],
    }
  })
}

/** The routes of one service, each with a name of its own; seven in ten read. */
function offerOf(nth: number, sensitive: boolean): { method: string; route: string } {
  if (sensitive) return { method: 'GET', route: `/v1/${secretNouns[nth % secretNouns.length]}/{id}` }
  const form = nth % 10
  const noun = nouns[nth % nouns.length]!
  const turn = Math.floor(nth / 10)
  const base = `/v${1 + Math.floor(turn / 4)}/${noun}`
  const part = parts[(turn + nth) % parts.length]!
  const action = actions[turn % actions.length]!
  if (form === 0) return { method: 'GET', route: turn % 4 === 0 ? base : `${base}/{id}/${part}/{item}` }
  if (form === 2) return { method: 'POST', route: turn % 4 === 0 ? base : `${base}/{id}/${part}` }
  if (form === 5) return { method: 'PUT', route: turn % 4 === 0 ? `${base}/{id}` : `${base}/{id}/${part}` }
  if (form === 7) return { method: 'POST', route: `${base}/${action}` }
  if (form === 4) return { method: 'GET', route: `${base}/${action}` }
  return { method: 'GET', route: turn % 4 === 0 ? `${base}/{id}` : `${base}/{id}/${part}` }
}

function shuffled(count: number, random: Random): number[] {
  const list = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const other = random.below(i + 1)
    ;[list[i], list[other]] = [list[other]!, list[i]!]
  }
  return list
}

export function endpointName(endpoint: Endpoint): string {
  return `${endpoint.service} ${endpoint.method} ${endpoint.route}`
}
