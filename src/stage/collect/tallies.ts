import { type Announcement, BlockWriter, type Watermark } from '#src/baseline/block.ts'
import type { Counted, Layout } from '#src/baseline/measure.ts'
import { addCall, emptyTally, type Tally } from '#src/baseline/tally.ts'
import type { ApiCall } from '#src/call/call.ts'
import { Directory, type Owner } from './directory.ts'

/** The tally of one entity and tick. */
export interface Entry {
  readonly owner: Owner
  readonly tick: number
  readonly tally: Tally
}

/** What the steps of one source count, by tick and entity. Bounded by the records of one step: `blocks` begins anew. */
export class StepTallies {
  readonly #layouts: Readonly<Record<Counted, Layout>>
  readonly #directory: Directory
  readonly #writers: BlockWriter[] = []
  readonly #ticks = new Map<number, Map<Owner, Entry>>()
  readonly #entries: Entry[] = []
  readonly #announced: Announcement[] = []

  constructor(layouts: Readonly<Record<Counted, Layout>>, shards: number) {
    this.#layouts = layouts
    this.#directory = new Directory(shards)
  }

  /** Counts one call for its endpoint and for its identity. `id` names it, `hash` is the hash of that. */
  add(call: ApiCall, tick: number, id: string, hash: number): void {
    const owner = this.#directory.endpoint(call)
    // What never answered may be made up: a flood of such names is nothing that every shard should hear of.
    if (owner.isNew && call.status < 400) {
      owner.isNew = false
      this.#announced.push({ key: owner.key, tick })
    }
    const endpoint = this.#entry(owner, tick)
    const identity = this.#entry(this.#directory.identity(call.identity), tick)
    addCall(this.#layouts.endpoint, endpoint.tally, call, id, hash, identity.owner.key)
    addCall(this.#layouts.identity, identity.tally, call, id, hash, endpoint.owner.key)
  }

  /** The blocks of all partitions, one or more pieces each; a partition without tallies gets its watermark all the same. */
  blocks(partitions: number, watermark: Watermark): readonly (readonly Uint8Array[])[] {
    while (this.#writers.length < partitions) this.#writers.push(new BlockWriter(this.#layouts))
    for (const { owner, tick, tally } of this.#entries) {
      const { scope, key, shard } = owner
      ;(this.#writers[shard % partitions] as BlockWriter).add(shard, scope, key, tick, tally)
      owner.last = null
    }
    for (const announcement of this.#announced)
      for (let i = 0; i < partitions; i += 1) (this.#writers[i] as BlockWriter).announce(announcement)
    const heard = [...this.#ticks.keys()].sort((a, b) => a - b)
    this.#announced.length = 0
    this.#entries.length = 0
    this.#ticks.clear()
    return this.#writers.slice(0, partitions).map((writer) => writer.finish(watermark, heard))
  }

  #entry(owner: Owner, tick: number): Entry {
    const { last } = owner
    if (last !== null && last.tick === tick) return last
    let ofTick = this.#ticks.get(tick)
    if (ofTick === undefined) {
      ofTick = new Map()
      this.#ticks.set(tick, ofTick)
    }
    let entry = ofTick.get(owner)
    if (entry === undefined) {
      entry = { owner, tick, tally: emptyTally(this.#layouts[owner.scope]) }
      ofTick.set(owner, entry)
      this.#entries.push(entry)
    }
    owner.last = entry
    return entry
  }
}
