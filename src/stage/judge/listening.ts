import type { Calendar } from '#src/baseline/blocks.ts'
import { isOther } from '#src/baseline/entity.ts'
import { dueOf } from '#src/detection/due.ts'
import type { Plan } from '#src/detection/plan.ts'
import type { Entity, Shard } from './shard.ts'

const NOBODY: ReadonlySet<Entity> = new Set()

/**
 * Who has to be looked at although nothing may be heard of them, by the tick at which they are due. An entity is in it once, at the earliest
 * tick at which it may be due as far as was known when it was put there; calls since then make that later, and are looked at only then. Few
 * ticks are in it: nobody is due later than at the next block.
 */
export class Listening {
  readonly #plan: Plan
  readonly #calendar: Calendar
  readonly #byTick = new Map<number, Map<Shard, Set<Entity>>>()

  constructor(plan: Plan, calendar: Calendar) {
    this.#plan = plan
    this.#calendar = calendar
  }

  /** Puts in an entity, unless it is there already or its silence says nothing. */
  add(entity: Entity): void {
    // That the names for which there is no room fall silent says nothing either.
    if (entity.due < Number.POSITIVE_INFINITY || entity.row < 0 || isOther(entity.ref)) return
    entity.due = dueOf(this.#plan[entity.ref.scope], this.#calendar, entity)
    if (entity.due === Number.POSITIVE_INFINITY) return
    let byShard = this.#byTick.get(entity.due)
    if (byShard === undefined) {
      byShard = new Map()
      this.#byTick.set(entity.due, byShard)
    }
    const there = byShard.get(entity.home)
    if (there === undefined) byShard.set(entity.home, new Set([entity]))
    else there.add(entity)
  }

  /** The next tick to close, not before `closed`: the first at which anybody is due (unless it `hasEnded`) or calls are `open`; `null`: there is none. */
  next(open: number | null, closed: number, hasEnded = false): number | null {
    let first = open
    if (!hasEnded) for (const tick of this.#byTick.keys()) if (first === null || tick < first) first = tick
    return first === null ? null : Math.max(first, closed)
  }

  /** Takes out those who are due at a tick, or were before it while an input seemed to have ended. */
  take(tick: number): (shard: Shard) => ReadonlySet<Entity> {
    const due = new Map<Shard, Set<Entity>>()
    for (const [at, byShard] of this.#byTick) {
      if (at > tick) continue
      this.#byTick.delete(at)
      for (const [shard, entities] of byShard) {
        const known = due.get(shard)
        for (const entity of entities) {
          entity.due = Number.POSITIVE_INFINITY
          known?.add(entity)
        }
        if (known === undefined) due.set(shard, entities)
      }
    }
    return (shard) => due.get(shard) ?? NOBODY
  }
}
