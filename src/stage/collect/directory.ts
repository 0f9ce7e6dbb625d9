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
}

/** How many names are remembered; more, and all are looked up anew. */
const OWNERS_MOST = 65_536

/**
 * Every name that calls bring, looked up once a call. One text for each name is kept, so that what comes after it compares and hashes
 * few texts. It only saves work: what is forgotten is made again, and counted beside what was.
 */
export class Directory {
  readonly #shards: number
  /** service, then route, then one for each method. */
  readonly #services = new Map<string, Map<string, Endpoint[]>>()
  readonly #identities = new Map<string, Owner>()
  #size = 0

  constructor(shards: number) {
    this.#shards = shards
  }

  identity(name: string): Owner {
    return this.#identities.get(name) ?? this.#newIdentity(name)
  }

  endpoint({ service, method, route }: ApiCall): Owner {
    let routes = this.#services.get(service)
    if (routes === undefined) {
      this.#makeRoom()
      routes = new Map()
      this.#services.set(service, routes)
    }
    let methods = routes.get(route)
    if (methods === undefined) {
      methods = []
      routes.set(route, methods)
    }
    for (const one of methods) if (one.method === method) return one
    this.#size += 1
    const key = keyOf(endpointRef(service, method, route))
    const owner: Endpoint = {
      scope: 'endpoint',
      key,
      shard: shardOf('endpoint', service, this.#shards),
      last: null,
      method,
    }
    methods.push(owner)
    return owner
  }

  #newIdentity(name: string): Owner {
    this.#makeRoom()
    this.#size += 1
    const owner: Owner = { scope: 'identity', key: name, shard: shardOf('identity', name, this.#shards), last: null }
    this.#identities.set(name, owner)
    return owner
  }

  #makeRoom(): void {
    if (this.#size < OWNERS_MOST) return
    this.#services.clear()
    this.#identities.clear()
    this.#size = 0
  }
}

interface Endpoint extends Owner {
  readonly method: string
}
