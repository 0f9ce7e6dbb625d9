import { blockOf, type Calendar } from '#src/baseline/blocks.ts'
import { type EntityRef, isEndpointKey, isOther, keyOf, otherRef, refOf } from '#src/baseline/entity.ts'
import type { Known } from '#src/baseline/kind.ts'
import { byScope, type Counted, SCOPES, type Scope } from '#src/baseline/measure.ts'
import type { Tally } from '#src/baseline/tally.ts'
import { newMeter } from '#src/detection/budget.ts'
import { MembersSum } from '#src/detection/family.ts'
import { ALWAYS_HEARD, type Hearing } from '#src/detection/hearing.ts'
import { NEXT, type Plan, type Slot, type Watch, watchIn } from '#src/detection/plan.ts'
import { Rows } from '#src/detection/rows.ts'
import type { Members, Setting, Subject, WatchMeters } from '#src/detection/subject.ts'
import { OPEN } from '#src/detection/surprise.ts'
import type { Sampled } from '#src/sketch/sample.ts'
import { Peers } from './peers.ts'

/** One entity of a shard. `row` is -1 until it is admitted: until then it has tallies of open ticks and nothing else. */
export interface Entity extends Subject {
  readonly home: Shard
  readonly ref: EntityRef
  readonly key: string
  readonly rows: Rows
  row: number
  readonly weight: number
  examples: (readonly Sampled[])[]
  /** Judged since the last checkpoint. */
  isDirty: boolean
  /** Judged in the block under way. */
  isSeen: boolean
  /** The tick at which `Listening` has it; Infinity: it has not. */
  due: number
}

/** An entity that has seen nothing for so long may give its place away. */
const IDLE_MS = 3_600_000

const NOBODY: ReadonlySet<Entity> = new Set()
const noMembers = (): null => null

/** What is not as usual while ticks are judged. */
interface More {
  readonly members?: Setting['members'] | undefined
  readonly silentUntil?: number
}

/** A fixed slice of the entities: their state, their share of the budget. Nothing in it knows of other shards. */
export class Shard {
  readonly #plan: Plan
  readonly #calendar: Calendar
  readonly #most: Readonly<Record<Scope, number>>
  readonly #weightOf: (ref: EntityRef) => number
  readonly #hearing: Pick<Hearing, 'at'>
  readonly entities: Readonly<Record<Scope, Map<string, Entity>>> = byScope(() => new Map())
  readonly #endpoints = new Map<string, Set<Entity>>()
  readonly rows: Readonly<Record<Scope, Rows>>
  readonly meters: Readonly<Record<Scope, readonly WatchMeters[]>>
  readonly peers: Readonly<Record<Scope, Peers>>
  /** For each scope the block in which room was last made; a part of the state. */
  readonly roomMade: Record<Scope, number> = byScope(() => -1)
  /** Entities that gave their place away since the last checkpoint. */
  readonly gone: Entity[] = []
  /** Names for which there was no room; they hold open tallies, perhaps, and nothing else. */
  readonly homeless = new Set<Entity>()

  readonly #number: number

  constructor(
    number: number,
    plan: Plan,
    calendar: Calendar,
    most: Readonly<Record<Counted, number>>,
    weightOf: (ref: EntityRef) => number,
    hearing: Pick<Hearing, 'at'> = ALWAYS_HEARD,
  ) {
    this.#number = number
    this.#plan = plan
    this.#calendar = calendar
    // There are no more services than endpoints.
    this.#most = { ...most, service: most.endpoint }
    this.#weightOf = weightOf
    this.#hearing = hearing
    this.rows = byScope((scope) => new Rows(plan[scope].width, plan[scope].binsWidth, 8))
    this.meters = byScope((scope) => plan[scope].watches.map(() => ({ run: newMeter(), single: newMeter() })))
    this.peers = byScope((scope) => new Peers(plan[scope], calendar))
  }

  /** The entity of a name, made (not admitted) where it is new. */
  entity(scope: Scope, key: string): Entity {
    const known = this.entities[scope].get(key)
    if (known !== undefined) return known
    const ref = refOf(scope, key)
    const fresh: Entity = {
      home: this,
      ref,
      key,
      rows: this.rows[ref.scope],
      row: -1,
      weight: this.#weightOf(ref),
      examples: this.#plan[ref.scope].watches.map(() => []),
      isDirty: false,
      isSeen: false,
      due: Number.POSITIVE_INFINITY,
    }
    this.entities[ref.scope].set(key, fresh)
    if (scope === 'endpoint') this.#join(fresh)
    return fresh
  }

  /** The endpoints of a service, as far as they have a name here. */
  endpointsOf(service: string): ReadonlySet<Entity> {
    return this.#endpoints.get(service) ?? NOBODY
  }

  /** The service of an endpoint, where it is judged; undefined for those that share one entity. */
  serviceOf({ ref }: Entity): Entity | undefined {
    if (ref.scope !== 'endpoint' || isOther(ref)) return undefined
    const service = this.entities.service.get(ref.service)
    return service === undefined || service.row < 0 ? undefined : service
  }

  other(scope: Scope): Entity {
    return this.entity(scope, keyOf(otherRef(scope, this.#number)))
  }

  /**
   * Whether one more entity may be admitted; makes room, once a block, from those that were not seen for an hour. `present` are
   * seen in this very tick, and stay.
   */
  hasRoom(scope: Scope, tick: number, present: ReadonlyMap<Entity, Tally>): boolean {
    if (this.rows[scope].size < this.#most[scope]) return true
    const block = blockOf(this.#calendar, tick)
    if (this.roomMade[scope] === block) return false
    this.roomMade[scope] = block
    this.#makeRoom(scope, tick, present)
    return this.rows[scope].size < this.#most[scope]
  }

  /** Forgets the names for which there was no room, once no open tick holds them any more. */
  forgetHomeless(isOpen: (entity: Entity) => boolean): void {
    for (const entity of this.homeless) {
      if (isOpen(entity)) continue
      this.homeless.delete(entity)
      if (entity.row >= 0) continue
      this.entities[entity.ref.scope].delete(entity.key)
      if (entity.ref.scope === 'endpoint') this.#leave(entity)
    }
  }

  /** What `advance` needs beside the entity. `members`: what endpoints show, where that is not as they are settled. */
  setting(scope: Scope, early: boolean, report: Setting['report'], more: More = {}): Setting {
    return {
      plan: this.#plan[scope],
      calendar: this.#calendar,
      meters: this.meters[scope],
      prior: this.#prior,
      known: this.#known,
      weightOf: this.#weightOfName,
      early,
      hearing: this.#hearing,
      silentUntil: more.silentUntil ?? Number.POSITIVE_INFINITY,
      members: more.members ?? (early ? noMembers : this.membersOf),
      report,
    }
  }

  /** What the endpoints of a service show as they are settled; null for what is no service. */
  readonly membersOf = ({ scope, service }: EntityRef, watch: Watch, tick: number): Members | null => {
    if (scope !== 'service') return null
    const own = watchIn(this.#plan.endpoint, watch)
    const sum = new MembersSum()
    if (own !== undefined) for (const endpoint of this.endpointsOf(service)) sum.add(endpoint, own, tick)
    return sum.members
  }

  readonly #prior = (ref: EntityRef, slot: Slot, tick: number): number => this.peers[ref.scope].prior(ref, slot, tick)

  readonly #known = (ref: EntityRef, slot: Slot, name: string): Known | null => this.peers[ref.scope].known(slot, name)

  /** Names of endpoints have weights; nothing else that is met has. */
  readonly #weightOfName = (name: string): number => (isEndpointKey(name) ? this.#weightOf(refOf('endpoint', name)) : 1)

  #join(endpoint: Entity): void {
    const { service } = endpoint.ref
    const there = this.#endpoints.get(service)
    if (there === undefined) this.#endpoints.set(service, new Set([endpoint]))
    else there.add(endpoint)
  }

  #leave(endpoint: Entity): void {
    const { service } = endpoint.ref
    const there = this.#endpoints.get(service)
    if (there?.delete(endpoint) === true && there.size === 0) this.#endpoints.delete(service)
  }

  #makeRoom(scope: Scope, tick: number, present: ReadonlyMap<Entity, Tally>): void {
    const rows = this.rows[scope]
    const idle: { entity: Entity; next: number }[] = []
    for (const entity of this.entities[scope].values()) {
      if (entity.row < 0 || isOther(entity.ref) || present.has(entity)) continue
      const base = entity.row * rows.width
      const next = rows.numbers[base + NEXT] as number
      const alarmed = this.#plan[scope].watches.some((watch) => rows.numbers[base + watch.at + OPEN] === 1)
      if (!alarmed && (tick - next) * this.#calendar.tickMs >= IDLE_MS) idle.push({ entity, next })
    }
    idle.sort((a, b) => a.next - b.next || (a.entity.key < b.entity.key ? -1 : 1))
    // A tenth at a time, so that a flood of new names does not make this walk at every tick.
    for (const { entity } of idle.slice(0, Math.max(1, Math.floor(this.#most[scope] / 10)))) {
      entity.rows.release(entity.row)
      entity.row = -1
      entity.examples = this.#plan[scope].watches.map(() => [])
      this.gone.push(entity)
      // Later ticks may hold tallies of it already: it keeps its name until they are closed.
      this.homeless.add(entity)
    }
  }
}

/** How many entities of each scope the shards have admitted together. */
export function admitted(shards: Iterable<Shard>): Record<Scope, number> {
  const sums = byScope(() => 0)
  for (const shard of shards) for (const scope of SCOPES) sums[scope] += shard.rows[scope].size
  return sums
}
