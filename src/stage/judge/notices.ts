import type { Alert } from '#src/alert/alert.ts'
import { alertOf } from '#src/alert/describe.ts'
import type { Told } from '#src/alert/told.ts'
import type { Calendar } from '#src/baseline/blocks.ts'
import type { Tally } from '#src/baseline/tally.ts'
import { MembersSum, UNKNOWN_MEMBERS } from '#src/detection/family.ts'
import { type Plan, type Watch, watchIn } from '#src/detection/plan.ts'
import type { Members, Setting, Subject } from '#src/detection/subject.ts'
import { openService } from './changes.ts'
import { Early, type OfEntity } from './early.ts'
import type { Entity } from './shard.ts'
import type { OpenTicks } from './ticks.ts'

/** Tells what open ticks show already; `tick` is the one that crossed. */
type Tell = (alert: Alert, tick: number) => void

/**
 * Early notices, services before their endpoints: what belongs to a service's alert is not told beside it, also where neither is settled
 * yet. Both go by the same rules as when they settle.
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
        if (!this.#isWithService(entity, watch)) this.#tell(subject, watch, tick, null, tell)
      })
    }
  }

  /** Its endpoints are looked at only where it crosses if they are left out of account, which is seldom. */
  #lookAtService(service: Entity, openOf: (entity: Entity) => OfEntity, tell: Tell): void {
    const open = openOf(service)
    const crossed = new Set<Watch>()
    this.#early.look(
      service,
      open,
      (_entity, _subject, watch) => {
        if (!this.#waiting.has(nameOf(service, watch))) crossed.add(watch)
      },
      () => UNKNOWN_MEMBERS,
    )
    if (crossed.size === 0) return
    const shown = new Map([...crossed].map((watch) => [watch, this.#membersIn(service, watch, open, openOf)]))
    const membersAt = (watch: Watch, tick: number): Members | null => shown.get(watch)?.get(tick)?.members ?? null
    this.#early.look(
      service,
      open,
      (_, subject, watch, tick) => {
        const members = membersAt(watch, tick)
        if (members !== null) this.#tell(subject, watch, tick, members, tell)
      },
      (_, watch, tick) => membersAt(watch, tick),
    )
  }

  /**
   * What its endpoints show at each of its open ticks. Nothing where the alert of one of them ends: the service begins anew then, which is
   * for the close.
   */
  #membersIn(
    service: Entity,
    watch: Watch,
    open: OfEntity,
    openOf: (entity: Entity) => OfEntity,
  ): ReadonlyMap<number, MembersSum> {
    const own = watchIn(this.#plan.endpoint, watch)
    const ticks = open.map(([tick]) => tick)
    const sums = new Map(ticks.map((tick) => [tick, new MembersSum()]))
    let ends = own === undefined
    const heard: Setting['report'] = (_, its, outcome) => {
      if (its === own && outcome === 'resolved') ends = true
    }
    for (const endpoint of service.home.endpointsOf(service.ref.service)) {
      if (own === undefined || ends) break
      this.#early.walk(endpoint, openOf(endpoint), ticks, heard, (subject, tick) => {
        sums.get(tick)?.add(subject, own, tick)
      })
    }
    return ends ? new Map() : sums
  }

  #tell(subject: Subject, watch: Watch, tick: number, members: Members | null, tell: Tell): void {
    tell(alertOf(subject, watch, 'open', false, this.#calendar, { members }), tick)
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
