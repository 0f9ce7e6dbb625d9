import type { Alert } from '#src/alert/alert.ts'
import { alertIdOf, alertOf } from '#src/alert/describe.ts'
import type { Calendar } from '#src/baseline/blocks.ts'
import type { Surroundings } from '#src/baseline/kind.ts'
import { change, resolve } from '#src/detection/decide.ts'
import { belongs } from '#src/detection/family.ts'
import { type Plan, type Watch, watchIn } from '#src/detection/plan.ts'
import { newPlace } from '#src/detection/rows.ts'
import type { Outcome, Setting } from '#src/detection/subject.ts'
import { ATTACHED, OPEN } from '#src/detection/surprise.ts'
import type { Entity, Shard } from './shard.ts'

/** A settled change of an alert. */
export interface Change {
  readonly entity: Entity
  readonly watch: Watch
  readonly outcome: Outcome
  alert: Alert
}

/** A baseline without a tick asks nothing of its surroundings. */
const ALONE: Surroundings = { weight: 1, prior: () => 0, known: () => null, weightOf: () => 1 }
const place = newPlace()

/**
 * What one tick changed about the alerts of a shard, and which of them belong together: an endpoint's belongs to its service's of the same
 * detector if that is open when it opens, or opens within two ticks of it. It is told of no more, and ends with it: what is still
 * odd then has to show anew. Depends on what was settled and on nothing else.
 */
export class Changes {
  readonly all: Change[] = []
  readonly #shard: Shard
  readonly #plan: Plan
  readonly #calendar: Calendar
  readonly #tick: number

  constructor(shard: Shard, plan: Plan, calendar: Calendar, tick: number) {
    this.#shard = shard
    this.#plan = plan
    this.#calendar = calendar
    this.#tick = tick
  }

  /** Takes a change while the views still show its entity. */
  readonly add = (entity: Entity, watch: Watch, outcome: Outcome): void => {
    this.#add(entity, watch, outcome, parentOf(this.#shard, this.#plan, this.#calendar, entity, watch))
  }

  /** Joins the alerts that belong together, once all entities were judged. */
  join(): void {
    // The list grows meanwhile, by changes that need no more than that.
    for (const one of [...this.all]) {
      const { entity, watch, outcome, alert } = one
      if (entity.ref.scope === 'service') {
        if (outcome !== 'changed') this.#eachEndpoint(one, outcome === 'opened' ? this.#attach : this.#end)
      } else if (outcome === 'opened') {
        const service = openService(this.#shard, this.#plan, entity, watch)
        if (service === null) continue
        setAttached(entity, watch)
        one.alert = { ...alert, parent: alertIdOf(service.entity, service.watch, this.#calendar.tickMs) }
      }
    }
  }

  #add(entity: Entity, watch: Watch, outcome: Outcome, parent: string | null): void {
    const status = outcome === 'resolved' ? 'resolved' : 'open'
    const members = this.#shard.membersOf(entity.ref, watch, this.#tick)
    const alert = alertOf(entity, watch, status, true, this.#calendar, { parent, members })
    this.all.push({ entity, watch, outcome, alert })
  }

  #eachEndpoint(
    { entity, watch, alert }: Change,
    act: (endpoint: Entity, watch: Watch, parent: string, setting: Setting) => void,
  ): void {
    const own = watchIn(this.#plan.endpoint, watch)
    if (own === undefined) return
    const setting = this.#shard.setting('endpoint', false, (subject, its, outcome) =>
      this.#add(subject as Entity, its, outcome, alert.id),
    )
    for (const endpoint of this.#shard.endpointsOf(entity.ref.service)) act(endpoint, own, alert.id, setting)
  }

  readonly #attach = (endpoint: Entity, watch: Watch, parent: string, setting: Setting): void => {
    if (!belongs(endpoint, watch, this.#tick)) return
    setAttached(endpoint, watch)
    const there = this.all.find((one) => one.entity === endpoint && one.watch === watch)
    if (there !== undefined) there.alert = { ...there.alert, parent }
    else change(setting, this.#shown(endpoint), placeOf(endpoint, watch), watch, this.#tick)
  }

  readonly #end = (endpoint: Entity, watch: Watch, _parent: string, setting: Setting): void => {
    if (!isAttached(endpoint, watch)) return
    resolve(setting, this.#shown(endpoint), placeOf(endpoint, watch), watch, this.#tick)
  }

  /** The views show this endpoint's baseline then; others were shown since it was judged. */
  #shown(endpoint: Entity): Entity {
    const { rows, row } = endpoint
    for (const slot of this.#plan.endpoint.slots)
      slot.kind.show(slot.view, rows.place(row, slot, place), this.#tick, null, slot.cells, ALONE)
    return endpoint
  }
}

/** The id of the alert that an open alert belongs to; `null`: it stands by itself. */
function parentOf(shard: Shard, plan: Plan, { tickMs }: Calendar, entity: Entity, watch: Watch): string | null {
  if (!isAttached(entity, watch)) return null
  const service = openService(shard, plan, entity, watch)
  return service === null ? null : alertIdOf(service.entity, service.watch, tickMs)
}

/** The service of an endpoint with its watch of the same detector, if its alert is open. */
export function openService(
  shard: Shard,
  plan: Plan,
  entity: Entity,
  watch: Watch,
): { readonly entity: Entity; readonly watch: Watch } | null {
  const service = shard.serviceOf(entity)
  if (service === undefined) return null
  const own = watchIn(plan.service, watch)
  return own !== undefined && isOpen(service, own) ? { entity: service, watch: own } : null
}

/** Lets go of what belongs to no open alert of a service any more: after another start the detector may judge services no longer. */
export function detachOrphans(shard: Shard, plan: Plan): void {
  for (const endpoint of shard.entities.endpoint.values()) {
    for (const watch of plan.endpoint.watches) {
      if (!isAttached(endpoint, watch) || openService(shard, plan, endpoint, watch) !== null) continue
      endpoint.rows.numbers[placeOf(endpoint, watch) + ATTACHED] = Number.NEGATIVE_INFINITY
    }
  }
}

function placeOf({ row, rows }: Entity, { at }: Watch): number {
  return row * rows.width + at
}

function isOpen(entity: Entity, watch: Watch): boolean {
  return entity.row >= 0 && entity.rows.numbers[placeOf(entity, watch) + OPEN] === 1
}

function isAttached(entity: Entity, watch: Watch): boolean {
  return isOpen(entity, watch) && entity.rows.numbers[placeOf(entity, watch) + ATTACHED] === 1
}

function setAttached(entity: Entity, watch: Watch): void {
  entity.rows.numbers[placeOf(entity, watch) + ATTACHED] = 1
}
