import type { EpochMs } from '#src/call/call.ts'
import { cumulative } from '#src/demo/random.ts'
import { createEndpoints, type Endpoint, type WorldSize } from './endpoints.ts'
import { createIdentities, type Identity } from './identities.ts'

export interface World {
  readonly seed: number
  readonly size: WorldSize
  readonly from: EpochMs
  /** Not included. */
  readonly to: EpochMs
  readonly services: readonly string[]
  readonly endpoints: readonly Endpoint[]
  readonly identities: readonly Identity[]
  /** All endpoints by popularity (cumulative, see `indexOf`). */
  readonly popularity: Float64Array
}

/** A Monday. */
const FIRST_DAY = Date.UTC(2026, 2, 2)
const HOUR_MS = 3_600_000

/** Builds the world of one seed: who calls what, how often, how large. A function of seed and size alone. */
export function createWorld(seed: number, size: WorldSize): World {
  const from = FIRST_DAY
  const to = from + size.hours * HOUR_MS
  const endpoints = createEndpoints(seed, size, from, to)
  const identities = createIdentities(seed, size, endpoints)
  for (const identity of identities) {
    identity.endpoints.forEach((index, i) => {
      const share = identity.shares[i]! - (i === 0 ? 0 : identity.shares[i - 1]!)
      endpoints[index]!.callers.push({ identity: identity.index, share })
    })
  }
  const services = [...new Set(endpoints.map((endpoint) => endpoint.service))]
  return {
    seed,
    size,
    from,
    to,
    services,
    endpoints,
    identities,
    popularity: cumulative(endpoints.map((endpoint) => endpoint.popularity)),
  }
}
