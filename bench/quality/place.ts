import type { EpochMs } from '#src/call/call.ts'
import type { Random } from '#src/demo/random.ts'
import type { Endpoint } from './endpoints.ts'
import type { Identity } from './identities.ts'
import type { World } from './world.ts'

/** Finds time and entities for what is to happen in a world, each entity for one thing only. */
export class Places {
  readonly world: World
  readonly #endpoints = new Set<Endpoint>()
  readonly #identities = new Set<Identity>()

  constructor(world: World) {
    this.world = world
  }

  /** A span of a log-uniform length, in minutes, after the first 30% of the log (14 hours at most): baselines are ready then. */
  span(random: Random, shortest: number, longest: number): { from: EpochMs; to: EpochMs } {
    const whole = this.world.to - this.world.from
    const quiet = Math.min(14 * 3_600_000, 0.3 * whole)
    const length = Math.min(60_000 * shortest * (longest / shortest) ** random.unit(), 0.6 * whole)
    const latest = this.world.to - 15 * 60_000 - length
    const from = this.world.from + quiet + random.unit() * (latest - this.world.from - quiet)
    return { from: Math.floor(from), to: Math.floor(from + length) }
  }

  /** An endpoint that nothing else happens to. Throws where none is left: the world is too small for its attacks. */
  endpoint(random: Random, fits: (endpoint: Endpoint) => boolean): Endpoint {
    return take(this.world.endpoints, this.#endpoints, random, (one) => one.bornAt === this.world.from && fits(one))
  }

  identity(random: Random, fits: (identity: Identity) => boolean): Identity {
    return take(this.world.identities, this.#identities, random, fits)
  }

  /** Keeps these for something that was placed by other means. */
  keep(endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) this.#endpoints.add(endpoint)
  }
}

/** Draws until something fits; after so many draws whatever fits, in order. */
const TRIES = 300

function take<One>(all: readonly One[], taken: Set<One>, random: Random, fits: (one: One) => boolean): One {
  const isFree = (one: One): boolean => !taken.has(one) && fits(one)
  let found: One | undefined
  for (let i = 0; i < TRIES && found === undefined; i++) {
    const one = random.pick(all)
    if (isFree(one)) found = one
  }
  found ??= all.find(isFree)
  if (found === undefined) throw new Error('the world is too small for what is to happen in it')
  taken.add(found)
  return found
}

/** Calls a second that an endpoint gets on average. */
function rateOf(world: World, endpoint: Endpoint): number {
  let rate = 0
  for (const { identity, share } of endpoint.callers) rate += world.identities[identity]!.rate * share
  return rate
}

/** Whether an endpoint gets so many calls a second; in a world with few calls, one in a hundred of them. */
export function isBusy(world: World, endpoint: Endpoint, least: number): boolean {
  return rateOf(world, endpoint) > Math.min(least, world.size.callsPerDay / 86_400 / 100)
}
