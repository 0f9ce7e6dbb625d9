import type { Calendar } from '#src/baseline/blocks.ts'
import { byScope, SCOPES, type Scope } from '#src/baseline/measure.ts'
import { emptyTally, mergeTally, type Tally } from '#src/baseline/tally.ts'
import { hashText } from '#src/call/hash.ts'
import { settleMeter, turnMeter } from '#src/detection/budget.ts'
import { dueOf } from '#src/detection/due.ts'
import { beginAnew } from '#src/detection/family.ts'
import { type Plan, type ScopePlan, type Watch, watchIn } from '#src/detection/plan.ts'
import type { Outcome, Setting } from '#src/detection/subject.ts'
import { OPEN } from '#src/detection/surprise.ts'
import { admit, advance } from '#src/detection/watch.ts'
import type { Entity, Shard } from './shard.ts'

/** Told for every settled change, in no particular order. */
export type Report = (entity: Entity, watch: Watch, outcome: Outcome) => void

const NOBODY: ReadonlySet<Entity> = new Set()

/**
 * Settles one tick of one shard: admits who is new, judges all that were counted, all that have an open alert, and those `listened` to
 * whose silence is due, learns. Returns everybody who was judged. What it does depends on the shard's tallies of the tick and on nothing else.
 * `silentUntil`: from that tick on silence is no evidence, as the input has ended.
 */
export function closeTick(
  shard: Shard,
  calendar: Calendar,
  tick: number,
  tallies: ReadonlyMap<Entity, Tally>,
  alarmed: ReadonlySet<Entity>,
  report: Report,
  listened: ReadonlySet<Entity> = NOBODY,
  silentUntil = Number.POSITIVE_INFINITY,
): readonly Entity[] {
  for (const scope of SCOPES) {
    for (const { run, single } of shard.meters[scope]) {
      turnMeter(run, tick, calendar)
      turnMeter(single, tick, calendar)
    }
  }
  const heard: Setting['report'] = (subject, watch, outcome) => {
    // Whoever is reported was judged here, so every subject is an entity.
    const entity = subject as Entity
    report(entity, watch, outcome)
    if (outcome === 'resolved') letServiceBeginAnew(shard, settings.service.plan, entity, watch, tick)
  }
  const settings = byScope((scope) => shard.setting(scope, false, heard, { silentUntil }))
  const judged = makePlaces(shard, settings, tick, tallies)
  const silent: Entity[] = []
  const judge = (entity: Entity, tally: Tally | null): void => {
    const { scope } = entity.ref
    advance(settings[scope], entity, tick, tally)
    if (tally === null) silent.push(entity)
    else shard.peers[scope].add(entity.ref)
  }
  // A service is judged by what its endpoints show: these come first.
  const services: (readonly [Entity, Tally | null])[] = []
  const judgeInTurn = (entity: Entity, tally: Tally | null): void => {
    if (entity.ref.scope === 'service') services.push([entity, tally])
    else judge(entity, tally)
  }
  for (const [entity, tally] of judged) judgeInTurn(entity, tally)
  for (const entity of alarmed) if (!judged.has(entity)) judgeInTurn(entity, null)
  for (const entity of listened) {
    if (entity.row < 0 || judged.has(entity)) continue
    if (dueOf(settings[entity.ref.scope].plan, calendar, entity) > tick) continue
    if (!alarmed.has(entity)) judgeInTurn(entity, null)
    if (entity.ref.scope !== 'service') continue
    // Silent endpoints stand where they were last judged; a service that may be told is held against all of them as they are now.
    for (const endpoint of shard.endpointsOf(entity.ref.service))
      if (endpoint.row >= 0 && !judged.has(endpoint) && !alarmed.has(endpoint)) judge(endpoint, null)
  }
  for (const [entity, tally] of services) judge(entity, tally)
  for (const scope of SCOPES) shard.peers[scope].settle(tick)
  for (const scope of SCOPES) {
    shard.meters[scope].forEach(({ run, single }, i) => {
      const budget = Math.exp((settings[scope].plan.watches[i] as Watch).logBudget)
      settleMeter(run, budget)
      settleMeter(single, budget)
    })
  }
  return [...judged.keys(), ...silent]
}

function letServiceBeginAnew(shard: Shard, plan: ScopePlan, entity: Entity, watch: Watch, tick: number): void {
  const service = shard.serviceOf(entity)
  const own = watchIn(plan, watch)
  if (service === undefined || own === undefined) return
  beginAnew(service, own, tick)
}

/** Admits the new entities of a tick while there is room, those with the smallest hashes first; the rest is counted for `other`. */
function makePlaces(
  shard: Shard,
  settings: Readonly<Record<Scope, Setting>>,
  tick: number,
  tallies: ReadonlyMap<Entity, Tally>,
): ReadonlyMap<Entity, Tally> {
  const fresh: Entity[] = []
  for (const entity of tallies.keys()) if (entity.row < 0) fresh.push(entity)
  if (fresh.length === 0) return tallies
  const places = new Map(tallies)
  fresh.sort((a, b) => hashText(a.key) - hashText(b.key) || (a.key < b.key ? -1 : 1))
  for (const entity of fresh) {
    const { scope } = entity.ref
    const other = shard.other(scope)
    if (entity === other || shard.hasRoom(scope, tick, tallies)) {
      place(settings[scope], entity, tick)
      continue
    }
    place(settings[scope], other, tick)
    const tally = tallies.get(entity) as Tally
    const { layout } = settings[scope].plan
    const sum = emptyTally(layout)
    const shared = places.get(other)
    if (shared !== undefined) mergeTally(layout, sum, shared)
    mergeTally(layout, sum, tally)
    places.set(other, sum)
    places.delete(entity)
    shard.homeless.add(entity)
  }
  return places
}

function place(setting: Setting, entity: Entity, tick: number): void {
  if (entity.row >= 0) return
  entity.row = entity.rows.take()
  admit(setting, entity, tick)
}

/** Whether any of an entity's alerts is open. */
export function isAlarmed(entity: Entity, watches: readonly Watch[]): boolean {
  if (entity.row < 0) return false
  const base = entity.row * entity.rows.width
  return watches.some((watch) => entity.rows.numbers[base + watch.at + OPEN] === 1)
}

/** All of a shard that have an open alert. */
export function alarmedOf(shard: Shard, plan: Plan): Set<Entity> {
  const alarmed = new Set<Entity>()
  for (const scope of SCOPES) {
    for (const entity of shard.entities[scope].values()) if (isAlarmed(entity, plan[scope].watches)) alarmed.add(entity)
  }
  return alarmed
}
