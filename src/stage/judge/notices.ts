import type { Alert } from '#src/alert/alert.ts'
import { alertOf, withMembers } from '#src/alert/describe.ts'
import type { Told } from '#src/alert/told.ts'
import type { Calendar } from '#src/baseline/blocks.ts'
import type { Tally } from '#src/baseline/tally.ts'
import type { Episode } from '#src/detection/detector.ts'
import { episodeOf } from '#src/detection/episode.ts'
import { isShared, membersOf } from '#src/detection/family.ts'
import { type Plan, type Watch, watchIn } from '#src/detection/plan.ts'
import { openService } from './changes.ts'
import { Early, type OfEntity } from './early.ts'
import type { Entity } from './shard.ts'
import type { OpenTicks } from './ticks.ts'

/** Tells what open ticks show already; `tick` is the one that crossed. */
type Tell = (alert: Alert, tick: number) => void

/**
 * Early notices, services before their endpoints: what belongs to a service's alert is not told beside it, also where neither is settled
 * yet. What the close makes of them is settled by the same rules.
 */
export class Notices {
  readonly #plan: Plan
  readonly #calendar: Calendar
  readonly #early: Early
  /** Services of which an early notice waits for its tick to close, with its detector. */
  readonly #waiting = new Set<string>()

  constructor(plan: Plan, calendar: Calendar) {
    this.#plan = plan
    this.#calendar = calendar
    this.#early = new Early(plan)
  }

  /** Whether what was counted for an entity in an open tick can be evidence at all. Asked after every merge. */
  rises(entity: Entity, tally: Tally): boolean {
    return this.#early.rises(entity, tally)
  }

  /** Keeps in mind what was told of an alert. */
  note({ waiting }: Told, { detector, entity }: Alert): void {
    if (entity.kind !== 'service') return
    const name = `${detector}\n${entity.service}`
    if (waiting === null) this.#waiting.delete(name)
    else this.#waiting.add(name)
  }

  look(rising: ReadonlySet<Entity>, open: OpenTicks, tell: Tell): void {
    const ticks = open.inOrder()
    if (ticks.length === 0) return
    const openOf = (entity: Entity): OfEntity => {
      const own: (readonly [number, Tally])[] = []
      for (const [tick, byShard] of ticks) {
        const tally = byShard.get(entity.home)?.get(entity)
        if (tally !== undefined) own.push([tick, tally])
      }
      return own
    }
    for (const entity of rising) if (entity.ref.scope === 'service') this.#lookAtService(entity, openOf, tell)
    for (const entity of rising) {
      if (entity.ref.scope === 'service') continue
      this.#early.look(entity, openOf(entity), (_, subject, watch, tick) => {
        if (!this.#isWithService(entity, watch))
          tell(alertOf(subject, watch, 'open', false, this.#calendar.tickMs), tick)
      })
    }
  }

  /** Its endpoints are looked at only where it crosses, which is seldom. */
  #lookAtService(service: Entity, openOf: (entity: Entity) => OfEntity, tell: Tell): void {
    const { tickMs } = this.#calendar
    const crossed: { alert: Alert; episode: Episode; watch: Watch; tick: number }[] = []
    this.#early.look(service, openOf(service), (_, subject, watch, tick) => {
      if (this.#waiting.has(nameOf(service, watch))) return
      const alert = alertOf(subject, watch, 'open', false, tickMs)
      crossed.push({ alert, episode: episodeOf(subject, watch, watch.at, tickMs), watch, tick })
    })
    for (const { alert, episode, watch, tick } of crossed) {
      const endpoints = this.#early.ahead(service.home.endpointsOf(service.ref.service), openOf)
      const members = membersOf(endpoints, watchIn(this.#plan.endpoint, watch), tick)
      if (isShared(episode, watch, members)) tell(withMembers(alert, members), tick)
    }
  }

  #isWithService(entity: Entity, watch: Watch): boolean {
    return (
      (entity.ref.scope === 'endpoint' && this.#waiting.has(nameOf(entity, watch))) ||
      openService(entity.home, this.#plan, entity, watch) !== null
    )
  }
}

function nameOf({ ref }: Entity, { detector }: Watch): string {
  return `${detector.name}\n${ref.service}`
}
