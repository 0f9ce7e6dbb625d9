import { BlockWriter, type Watermark } from '#src/baseline/block.ts'
import { endpointRef, keyOf, shardOf } from '#src/baseline/entity.ts'
import type { Counted, Layout } from '#src/baseline/measure.ts'
import { addCall, emptyTally, type Tally } from '#src/baseline/tally.ts'
import type { ApiCall } from '#src/call/call.ts'

interface Entry {
  readonly scope: Counted
  readonly key: string
  readonly shard: number
  readonly tick: number
  readonly tally: Tally
}

/** service, then method, then route: three look-ups of texts that the parser has made anyway, and no new text a call. */
type Endpoints = Map<string, Map<string, Map<string, Entry>>>

interface OfTick {
  readonly endpoints: Endpoints
  readonly identities: Map<string, Entry>
}

/** What one step of collect has counted, by tick and entity. Bounded by the records of one step. */
export class StepTallies {
  readonly #layouts: Readonly<Record<Counted, Layout>>
  readonly #shards: number
  readonly #ticks = new Map<number, OfTick>()
  readonly #entries: Entry[] = []

  constructor(layouts: Readonly<Record<Counted, Layout>>, shards: number) {
    this.#layouts = layouts
    this.#shards = shards
  }

  /** Counts one call for its endpoint and for its identity. `id` names it, `hash` is the hash of that. */
  add(call: ApiCall, tick: number, id: string, hash: number): void {
    let ofTick = this.#ticks.get(tick)
    if (ofTick === undefined) {
      ofTick = { endpoints: new Map(), identities: new Map() }
      this.#ticks.set(tick, ofTick)
    }
    const endpoint = this.#endpoint(ofTick.endpoints, call, tick)
    let identity = ofTick.identities.get(call.identity)
    if (identity === undefined) {
      identity = this.#entry('identity', call.identity, call.identity, tick)
      ofTick.identities.set(call.identity, identity)
    }
    addCall(this.#layouts.endpoint, endpoint.tally, call, id, hash, identity.key)
    addCall(this.#layouts.identity, identity.tally, call, id, hash, endpoint.key)
  }

  /** The blocks of all partitions, one or more pieces each; a partition without tallies gets its watermark all the same. */
  blocks(partitions: number, watermark: Watermark): readonly (readonly Uint8Array[])[] {
    const writers = Array.from({ length: partitions }, () => new BlockWriter(this.#layouts))
    for (const { scope, key, shard, tick, tally } of this.#entries) {
      ;(writers[shard % partitions] as BlockWriter).add(shard, scope, key, tick, tally)
    }
    return writers.map((writer) => writer.finish(watermark))
  }

  #endpoint(endpoints: Endpoints, call: ApiCall, tick: number): Entry {
    let methods = endpoints.get(call.service)
    if (methods === undefined) {
      methods = new Map()
      endpoints.set(call.service, methods)
    }
    let routes = methods.get(call.method)
    if (routes === undefined) {
      routes = new Map()
      methods.set(call.method, routes)
    }
    let entry = routes.get(call.route)
    if (entry === undefined) {
      entry = this.#entry('endpoint', keyOf(endpointRef(call.service, call.method, call.route)), call.service, tick)
      routes.set(call.route, entry)
    }
    return entry
  }

  #entry(scope: Counted, key: string, owner: string, tick: number): Entry {
    const shard = shardOf(scope, owner, this.#shards)
    const entry = { scope, key, shard, tick, tally: emptyTally(this.#layouts[scope]) }
    this.#entries.push(entry)
    return entry
  }
}
