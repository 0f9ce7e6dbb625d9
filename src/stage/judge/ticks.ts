import type { Layout, Scope } from '#src/baseline/measure.ts'
import { emptyTally, mergeTally, type Tally } from '#src/baseline/tally.ts'
import type { Entity, Shard } from './shard.ts'

type OfShard = Map<Entity, Tally>
type OfTick = Map<Shard, OfShard>

export const NO_TALLIES: ReadonlyMap<Entity, Tally> = new Map()
const NO_SHARDS: ReadonlyMap<Shard, OfShard> = new Map()

/** The tallies of ticks that are not closed yet, by tick, shard and entity. */
export class OpenTicks {
  readonly #layouts: Readonly<Record<Scope, Layout>>
  readonly #ticks = new Map<number, OfTick>()
  #size = 0

  constructor(layouts: Readonly<Record<Scope, Layout>>) {
    this.#layouts = layouts
  }

  /** How many tallies there are. */
  get size(): number {
    return this.#size
  }

  /** Takes a tally over: it is merged into from now on, and must not be used by others. Returns what the tick holds now. */
  add(tick: number, entity: Entity, tally: Tally): Tally {
    const ofShard = this.#ofShard(tick, entity.home)
    const known = ofShard.get(entity)
    if (known !== undefined) {
      mergeTally(this.#layouts[entity.ref.scope], known, tally)
      return known
    }
    ofShard.set(entity, tally)
    this.#size += 1
    return tally
  }

  /** What the tick holds of an entity, to be added to: an empty tally where there was none. */
  of(tick: number, entity: Entity): Tally {
    const ofShard = this.#ofShard(tick, entity.home)
    const known = ofShard.get(entity)
    if (known !== undefined) return known
    const fresh = emptyTally(this.#layouts[entity.ref.scope])
    ofShard.set(entity, fresh)
    this.#size += 1
    return fresh
  }

  #ofShard(tick: number, shard: Shard): OfShard {
    let ofTick = this.#ticks.get(tick)
    if (ofTick === undefined) {
      ofTick = new Map()
      this.#ticks.set(tick, ofTick)
    }
    let ofShard = ofTick.get(shard)
    if (ofShard === undefined) {
      ofShard = new Map()
      ofTick.set(shard, ofShard)
    }
    return ofShard
  }

  /** The first open tick, or `null`. */
  first(): number | null {
    let first: number | null = null
    for (const tick of this.#ticks.keys()) if (first === null || tick < first) first = tick
    return first
  }

  /** Takes a tick out. */
  take(tick: number): ReadonlyMap<Shard, ReadonlyMap<Entity, Tally>> {
    const ofTick = this.#ticks.get(tick)
    if (ofTick === undefined) return NO_SHARDS
    this.#ticks.delete(tick)
    for (const ofShard of ofTick.values()) this.#size -= ofShard.size
    return ofTick
  }

  /** Whether any open tick has a tally of it. */
  holds(entity: Entity): boolean {
    for (const ofTick of this.#ticks.values()) if (ofTick.get(entity.home)?.has(entity) === true) return true
    return false
  }

  /** The open ticks in order. */
  inOrder(): readonly (readonly [number, OfTick])[] {
    return [...this.#ticks].sort(([a], [b]) => a - b)
  }
}
