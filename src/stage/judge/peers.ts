import type { Announcement } from '#src/baseline/block.ts'
import type { Calendar } from '#src/baseline/blocks.ts'
import { type EntityRef, isOther } from '#src/baseline/entity.ts'
import type { Peers as Common, Known } from '#src/baseline/kind.ts'
import type { ScopePlan, Slot } from '#src/detection/plan.ts'

/** One measure that peers have in common: where it lies in a row of theirs, and in the sums of a tick. */
export interface PeerSlot {
  readonly slot: Slot
  readonly common: Common
  readonly at: number
  readonly from: number
}

/** How many groups of peers a shard keeps for a scope, and how many names it knows for a measure. */
const GROUPS_MOST = 10_000
const NAMES_MOST = 10_000

/** The group of all identities of a shard. */
const EVERYBODY = ''

/**
 * What the entities of one scope and shard have in common with their peers: for every group a row of baselines, which is fed with the
 * sums of its members' ticks and is the prior of each of them; and the names that any of them has met. Changes when a tick is settled
 * and at no other time, whatever the order of its entities.
 */
export class Peers {
  readonly slots: readonly PeerSlot[]
  readonly groups = new Map<string, Float64Array>()
  /** By measure, then by name. */
  readonly names: ReadonlyMap<string, Map<string, Known>>
  /** What changed since the last checkpoint: groups, and for each measure names. */
  readonly dirtyGroups = new Set<string>()
  readonly dirtyNames: ReadonlyMap<string, Set<string>>
  readonly #calendar: Calendar
  readonly #width: number
  readonly #sums = new Map<string, number[]>()
  readonly #met: ReadonlyMap<string, Map<string, number>>
  readonly #scratch: Float64Array

  constructor(plan: ScopePlan, calendar: Calendar) {
    this.slots = peerSlotsOf(plan)
    this.#calendar = calendar
    const measures = this.slots.filter(({ common }) => common.met !== undefined).map(({ slot }) => slot.name)
    this.names = new Map(measures.map((name) => [name, new Map()]))
    this.dirtyNames = new Map(measures.map((name) => [name, new Set()]))
    this.#met = new Map(measures.map((name) => [name, new Map()]))
    this.#width = this.slots.reduce((sum, { common }) => sum + common.width, 0)
    this.#scratch = new Float64Array(this.#width)
  }

  /** Adds what an entity has counted in the tick under way: the views must still show it. */
  add(ref: EntityRef): void {
    if (this.slots.length === 0 || isOther(ref)) return
    const group = groupOf(ref)
    let sums = this.#sums.get(group)
    if (sums === undefined) {
      sums = new Array<number>(this.slots.reduce((sum, { common }) => sum + common.sums, 0)).fill(0)
      this.#sums.set(group, sums)
    }
    for (const { slot, common, from } of this.slots) {
      common.add(slot.view, sums, from)
      for (const { name } of common.met?.(slot.view) ?? []) {
        const met = this.#met.get(slot.name) as Map<string, number>
        met.set(name, (met.get(name) ?? 0) + 1)
      }
    }
  }

  /** Settles the tick under way: what was added becomes a part of what peers have in common. */
  settle(tick: number): void {
    // Who gets the last places must not depend on who came first.
    const isScarce = this.groups.size + this.#sums.size > GROUPS_MOST
    for (const [group, sums] of isScarce ? inOrder(this.#sums) : this.#sums) {
      const row = this.groups.get(group) ?? (this.groups.size < GROUPS_MOST ? this.open(group, tick) : null)
      if (row === null) continue
      for (const { slot, common, at, from } of this.slots) {
        common.roll(row, at, tick, this.#calendar, slot.usual)
        common.observe(row, at, sums, from)
      }
      this.dirtyGroups.add(group)
    }
    this.#sums.clear()
    for (const one of this.slots) if (this.#met.has(one.slot.name)) this.#learnNames(one, tick)
  }

  /** Hears of endpoints that were called for the first time anywhere. Who met them before knows better. */
  announce(announced: readonly Announcement[]): void {
    const row = this.groups.get(EVERYBODY)
    for (const { slot, common, at } of this.slots) {
      const names = this.names.get(slot.name)
      const dirty = this.dirtyNames.get(slot.name)
      if (names === undefined || dirty === undefined || common.hears?.(slot.view) !== true) continue
      const fresh = announced.filter(({ key }) => !names.has(key))
      const last = fresh.at(-1)
      if (last !== undefined && names.size + fresh.length > NAMES_MOST) this.#makeRoom(names, dirty, last.tick)
      for (const { key, tick } of fresh) {
        if (names.size >= NAMES_MOST) break
        // Nobody is here yet who could find it new: it was always there.
        const oldFrom = row === undefined ? 0 : (common.oldFrom?.(row, at, tick, this.#calendar) ?? 0)
        names.set(key, { oldFrom, met: 0 })
        dirty.add(key)
      }
    }
  }

  /** Gives a group a row that knows nothing yet. */
  open(group: string, tick: number): Float64Array {
    const row = new Float64Array(this.#width)
    for (const { common, at } of this.slots) common.open(row, at, tick, this.#calendar)
    this.groups.set(group, row)
    return row
  }

  /** What a measure's peers say at a tick, on a copy: an early judgment must not move the settled row. */
  prior(ref: EntityRef, slot: Slot, tick: number): number {
    const found = this.slots.find((one) => one.slot === slot)
    if (found === undefined) return slot.usual
    const row = this.groups.get(groupOf(ref))
    if (row === undefined) return slot.usual
    const { at, common } = found
    for (let i = 0; i < common.width; i += 1) this.#scratch[i] = row[at + i] as number
    common.roll(this.#scratch, 0, tick, this.#calendar, slot.usual)
    return common.share(this.#scratch, 0)
  }

  known(slot: Slot, name: string): Known | null {
    return this.names.get(slot.name)?.get(name) ?? null
  }

  #learnNames({ slot, common, at }: PeerSlot, tick: number): void {
    const met = this.#met.get(slot.name) as Map<string, number>
    if (met.size === 0) return
    const names = this.names.get(slot.name) as Map<string, Known>
    const dirty = this.dirtyNames.get(slot.name) as Set<string>
    // Whoever met a name was added to the group before.
    const row = this.groups.get(EVERYBODY) as Float64Array
    const isScarce = names.size + met.size > NAMES_MOST
    if (isScarce) this.#makeRoom(names, dirty, tick)
    for (const [name, times] of isScarce ? inOrder(met) : met) {
      const known = names.get(name)
      if (known === undefined && names.size >= NAMES_MOST) continue
      const oldFrom = known?.oldFrom ?? common.oldFrom?.(row, at, tick, this.#calendar) ?? 0
      names.set(name, { oldFrom, met: (known?.met ?? 0) + times })
      dirty.add(name)
    }
    met.clear()
  }

  /** Names that one entity at most has ever met go, the oldest first, once they are no longer young; a tenth at a time. */
  #makeRoom(names: Map<string, Known>, dirty: Set<string>, tick: number): void {
    const rare = [...names].filter(([, { met, oldFrom }]) => met <= 1 && tick >= oldFrom)
    rare.sort(([a, one], [b, other]) => one.oldFrom - other.oldFrom || (a < b ? -1 : 1))
    for (const [name] of rare.slice(0, NAMES_MOST / 10)) {
      names.delete(name)
      dirty.add(name)
    }
  }
}

/** The measures of a scope that peers have in common, in the order of the plan. */
export function peerSlotsOf(plan: ScopePlan): readonly PeerSlot[] {
  const found: PeerSlot[] = []
  let at = 0
  let from = 0
  for (const slot of plan.slots) {
    const common = slot.kind.peers
    if (common === null || !common.scopes.includes(plan.scope)) continue
    found.push({ slot, common, at, from })
    at += common.width
    from += common.sums
  }
  return found
}

function groupOf(ref: EntityRef): string {
  return ref.scope === 'endpoint' ? ref.service : EVERYBODY
}

function inOrder<T>(by: ReadonlyMap<string, T>): [string, T][] {
  return [...by].sort(([a], [b]) => (a < b ? -1 : 1))
}
