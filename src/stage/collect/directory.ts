import { endpointRef, keyOf, shardOf } from '#src/baseline/entity.ts'
import type { Counted } from '#src/baseline/measure.ts'
import type { ApiCall } from '#src/call/call.ts'
import type { Entry } from './tallies.ts'

/** What an entity is called, where it belongs, and where its last call was counted: the next one goes to the same tally, nearly always. */
export interface Owner {
  readonly scope: Counted
  readonly key: string
  readonly shard: number
  last: Entry | null
  /** An endpoint that was not known before, and was not announced yet. */
  isNew: boolean
}

/** How many names are remembered; more, and all are looked up anew. */
const OWNERS_MOST = 65_536

/**
 * Every name that calls bring, looked up once a call. One text for each name is kept, so that what comes after it compares and hashes
 * few texts. It only saves work: what is forgotten is made again, and counted beside what was.
 */
export class Directory {
  readonly #shards: number
  readonly #most: number
  /** service, then route, then one for each method. */
  readonly #services = new Map<string, Map<string, Endpoint[]>>()
  readonly #identities = new Map<string, Owner>()
  #size = 0

  constructor(shards: number, most = OWNERS_MOST) {
    this.#shards = shards
    this.#most = most
  }

  /** Names that are remembered now. */
  get size(): number {
    return this.#size
  }

  identity(name: string): Owner {
    return this.#identities.get(name) ?? this.#newIdentity(name)
  }

  endpoint(call: ApiCall): Owner {
    const methods = this.#services.get(call.service)?.get(call.route)
    if (methods !== undefined) for (const one of methods) if (one.method === call.method) return one
    return this.#newEndpoint(call)
  }

  #newEndpoint({ service, method, route }: ApiCall): Owner {
    this.#makeRoom()
    this.#size += 1
    const routes = getOr(this.#services, service, () => new Map<string, Endpoint[]>())
    const owner: Endpoint = {
      scope: 'endpoint',
      key: keyOf(endpointRef(service, method, route)),
      shard: shardOf('endpoint', service, this.#shards),
      last: null,
      isNew: true,
      method,
    }
    getOr(routes, route, () => []).push(owner)
    return owner
  }

  #newIdentity(name: string): Owner {
    this.#makeRoom()
    this.#size += 1
    const shard = shardOf('identity', name, this.#shards)
    const owner: Owner = { scope: 'identity', key: name, shard, last: null, isNew: false }
    this.#identities.set(name, owner)
    return owner
  }

  #makeRoom(): void {
    if (this.#size < this.#most) return
    this.#services.clear()
    this.#identities.clear()
    this.#size = 0
  }
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}

interface Endpoint extends Owner {
  readonly method: string
}
