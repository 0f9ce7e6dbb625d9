import type { Layout, Scope } from '#src/baseline/measure.ts'
import { emptyTally, mergeTally, type Tally } from '#src/baseline/tally.ts'
import type { Entity } from './shard.ts'

/** The tallies of ticks that are not closed yet, by tick and entity. */
export class OpenTicks {
  readonly #layouts: Readonly<Record<Scope, Layout>>
  readonly #ticks = new Map<number, Map<Entity, Tally>>()
  #size = 0

  constructor(layouts: Readonly<Record<Scope, Layout>>) {
    this.#layouts = layouts
  }

  /** How many tallies there are. */
  get size(): number {
    return this.#size
  }

  add(tick: number, entity: Entity, tally: Tally): void {
    let ofTick = this.#ticks.get(tick)
    if (ofTick === undefined) {
      ofTick = new Map()
      this.#ticks.set(tick, ofTick)
    }
    const known = ofTick.get(entity)
    if (known === undefined) {
      // A copy: what is merged into later must not be the block's own.
      const own = emptyTally(this.#layouts[entity.ref.scope])
      mergeTally(own, tally)
      ofTick.set(entity, own)
      this.#size += 1
    } else mergeTally(known, tally)
  }

  /** The first open tick, or `null`. */
  first(): number | null {
    let first: number | null = null
    for (const tick of this.#ticks.keys()) if (first === null || tick < first) first = tick
    return first
  }

  last(): number | null {
    let last: number | null = null
    for (const tick of this.#ticks.keys()) if (last === null || tick > last) last = tick
    return last
  }

  /** Takes a tick out. */
  take(tick: number): ReadonlyMap<Entity, Tally> {
    const ofTick = this.#ticks.get(tick)
    if (ofTick === undefined) return NO_TALLIES
    this.#ticks.delete(tick)
    this.#size -= ofTick.size
    return ofTick
  }

  /** Whether any open tick has a tally of it. */
  holds(entity: Entity): boolean {
    for (const ofTick of this.#ticks.values()) if (ofTick.has(entity)) return true
    return false
  }

  /** The open ticks in order. */
  inOrder(): readonly (readonly [number, ReadonlyMap<Entity, Tally>])[] {
    return [...this.#ticks].sort(([a], [b]) => a - b)
  }
}

const NO_TALLIES: ReadonlyMap<Entity, Tally> = new Map()
