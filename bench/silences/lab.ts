import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { emptyTally, type Tally } from '#src/baseline/tally.ts'
import type { Plan } from '#src/detection/plan.ts'
import { OPENED } from '#src/detection/surprise.ts'
import { closeTick, isAlarmed } from '#src/stage/judge/close.ts'
import { Listening } from '#src/stage/judge/listening.ts'
import { type Entity, Shard } from '#src/stage/judge/shard.ts'
import { NO_TALLIES } from '#src/stage/judge/ticks.ts'
import type { World } from './stream.ts'

/** Monday 2026-03-02, midnight UTC, as a tick: clocks are changed on the 8th and on the 29th, somewhere. */
export const MONDAY = Date.UTC(2026, 2, 2) / 10_000
export const TICKS_A_DAY = 8640
const calendar = calendarOf(10_000)

/** Counts of one endpoint, as ticks from the start with how many calls each. */
export interface Counts {
  readonly ticks: Int32Array
  readonly calls: Int32Array
}

export function countsOf(world: World, seed: number, endpoint: number, until: number): Counts {
  const [ticks, calls]: [number[], number[]] = [[], []]
  world.play(seed, endpoint, MONDAY, until, (tick, k) => {
    if (tick >= until) return
    ticks.push(tick)
    calls.push(k)
  })
  return { ticks: Int32Array.from(ticks), calls: Int32Array.from(calls) }
}

export interface Told {
  readonly endpoint: number
  /** The ticks since the start at which it was detected and from which on the silence was odd. */
  readonly tick: number
  readonly opened: number
}

/** One shard of endpoints at work, tick by tick: the engine's own pieces, put together as the judge's lane does. */
export class Listener {
  readonly shard: Shard
  readonly told: Told[] = []
  readonly #plan: Plan
  readonly #listening: Listening
  readonly #entities: Entity[]
  readonly #tallies: Tally[]
  readonly #alarmed = new Set<Entity>()

  constructor(plan: Plan, names: readonly (readonly [service: string, route: string])[]) {
    this.#plan = plan
    this.shard = new Shard(0, plan, calendar, { endpoint: names.length + 1, identity: 1 }, () => 1)
    this.#listening = new Listening(plan, calendar)
    this.#entities = names.map(([service, route]) =>
      this.shard.entity('endpoint', keyOf(endpointRef(service, 'GET', route))),
    )
    this.#tallies = names.map(() => emptyTally(plan.endpoint.layout))
  }

  /** Plays the counts of all endpoints until a tick since the start. */
  play(counts: readonly Counts[], until: number): void {
    const next = new Int32Array(counts.length)
    const byTick = new Map<number, number[]>()
    const wait = (endpoint: number): void => {
      const { ticks } = counts[endpoint]!
      const tick = ticks[next[endpoint]!]
      if (tick === undefined || tick >= until) return
      const there = byTick.get(tick)
      if (there === undefined) byTick.set(tick, [endpoint])
      else there.push(endpoint)
    }
    for (let endpoint = 0; endpoint < counts.length; endpoint += 1) wait(endpoint)
    for (let tick = 0; tick < until; tick += 1) {
      const called = byTick.get(tick)
      const tallies = called === undefined ? NO_TALLIES : new Map<Entity, Tally>()
      for (const endpoint of called ?? []) {
        const tally = this.#tallies[endpoint]!
        tally.integers[0] = counts[endpoint]!.calls[next[endpoint]!]!
        ;(tallies as Map<Entity, Tally>).set(this.#entities[endpoint]!, tally)
        next[endpoint]! += 1
        wait(endpoint)
      }
      byTick.delete(tick)
      this.#close(tick, tallies)
    }
  }

  #close(tick: number, tallies: ReadonlyMap<Entity, Tally>): void {
    const at = MONDAY + tick
    const first = this.#listening.next(null, at)
    if (tallies.size === 0 && this.#alarmed.size === 0 && (first === null || first > at)) return
    const listened = this.#listening.take(at)(this.shard)
    const judged = closeTick(
      this.shard,
      calendar,
      at,
      tallies,
      this.#alarmed,
      ({ row, rows, ref }, watch, outcome) => {
        if (outcome !== 'opened') return
        const opened = rows.numbers[row * rows.width + watch.at + OPENED]! - MONDAY
        const endpoint = this.#entities.findIndex((entity) => entity.ref === ref)
        this.told.push({ endpoint, tick: tick + 1, opened })
      },
      listened,
    )
    for (const entity of judged) {
      if (isAlarmed(entity, this.#plan[entity.ref.scope].watches)) this.#alarmed.add(entity)
      else this.#alarmed.delete(entity)
      this.#listening.add(entity)
    }
    for (const entity of listened) this.#listening.add(entity)
  }
}
