import type { Calendar } from '#src/baseline/blocks.ts'
import { SCOPES } from '#src/baseline/measure.ts'
import { mergeTally, type Tally } from '#src/baseline/tally.ts'
import { hashText } from '#src/call/hash.ts'
import { turnMeter } from '#src/detection/budget.ts'
import type { Outcome } from '#src/detection/decide.ts'
import type { Watch } from '#src/detection/plan.ts'
import { OPEN } from '#src/detection/surprise.ts'
import { admit, advance } from '#src/detection/watch.ts'
import type { Entity, Shard } from './shard.ts'

/** Told for every settled change, in no particular order. */
export type Report = (entity: Entity, watch: Watch, outcome: Outcome, tick: number) => void

/**
 * Settles one tick of one shard: admits who is new, judges all that were counted and all that have an open alert, learns.
 * Returns everybody who was judged. What it does depends on the shard's tallies of the tick and on nothing else.
 */
export function closeTick(
  shard: Shard,
  calendar: Calendar,
  tick: number,
  tallies: ReadonlyMap<Entity, Tally>,
  alarmed: ReadonlySet<Entity>,
  report: Report,
): readonly Entity[] {
  for (const scope of SCOPES) {
    for (const { run, single } of shard.meters[scope]) {
      turnMeter(run, tick, calendar)
      turnMeter(single, tick, calendar)
    }
  }
  const judged = makePlaces(shard, tick, tallies)
  const sums = new Map<string, number[]>()
  for (const [entity, tally] of judged) {
    judge(shard, entity, tick, tally, report)
    shard.addToService(sums, entity, tally)
  }
  const silent: Entity[] = []
  for (const entity of alarmed) {
    if (judged.has(entity)) continue
    judge(shard, entity, tick, null, report)
    silent.push(entity)
  }
  shard.observeServices(tick, sums)
  return [...judged.keys(), ...silent]
}

function judge(shard: Shard, entity: Entity, tick: number, tally: Tally | null, report: Report): void {
  const { scope, service } = entity.ref
  const setting = shard.setting(scope, service, tick, false, (watch, outcome, at) => report(entity, watch, outcome, at))
  if (entity.row < 0) {
    entity.row = entity.rows.take()
    admit(setting, entity, tick)
  }
  advance(setting, entity, tick, tally)
}

/** Admits the new entities of a tick while there is room, those with the smallest hashes first; the rest is counted for `other`. */
function makePlaces(shard: Shard, tick: number, tallies: ReadonlyMap<Entity, Tally>): ReadonlyMap<Entity, Tally> {
  const fresh = [...tallies.keys()].filter((entity) => entity.row < 0)
  if (fresh.length === 0) return tallies
  const places = new Map(tallies)
  fresh.sort((a, b) => hashText(a.key) - hashText(b.key) || (a.key < b.key ? -1 : 1))
  for (const entity of fresh) {
    const { scope } = entity.ref
    const other = shard.other(scope)
    if (entity === other || shard.hasRoom(scope, tick)) {
      entity.row = entity.rows.take()
      admit(shard.setting(scope, entity.ref.service, tick, false, ignore), entity, tick)
      continue
    }
    const tally = tallies.get(entity) as Tally
    const shared = places.get(other) ?? emptyTallyLike(tally)
    const sum = emptyTallyLike(tally)
    mergeTally(sum, shared)
    mergeTally(sum, tally)
    places.set(other, sum)
    places.delete(entity)
    shard.homeless.add(entity)
  }
  return places
}

function ignore(): void {}

function emptyTallyLike(tally: Tally): Tally {
  return {
    integers: tally.integers.map(() => 0),
    bins: tally.bins.map(() => []),
    samples: tally.samples.map(() => []),
  }
}

/** Whether any of an entity's alerts is open. */
export function isAlarmed(entity: Entity, watches: readonly Watch[]): boolean {
  if (entity.row < 0) return false
  const base = entity.row * entity.rows.width
  return watches.some((watch) => entity.rows.numbers[base + watch.at + OPEN] === 1)
}
