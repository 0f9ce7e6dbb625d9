import { SCOPES } from '#src/baseline/measure.ts'
import { joinAccounts, type ShardAccounts } from '#src/detection/ledger.ts'
import type { Plan } from '#src/detection/plan.ts'
import type { WatchMeters } from '#src/detection/subject.ts'
import { TWINS } from '#src/detection/surprise.ts'
import type { Shard } from './shard.ts'

/** What a detector's budget has come to since the first start: allowed false alarms, and crossings of its twins. */
export interface Spending {
  allowed: number
  /** In the order of `TWINS`. */
  readonly crossed: number[]
}

/** By detector, over all shards of a lane. */
export function spendingOf(plan: Plan, shards: Iterable<Shard>): Readonly<Record<string, Spending>> {
  const spending: Record<string, Spending> = {}
  for (const shard of shards) {
    for (const { detector, meters } of metersOf(plan, shard)) {
      const own = spending[detector] ?? { allowed: 0, crossed: TWINS.map(() => 0) }
      spending[detector] = own
      for (const { allowed, crossed } of [meters.run, meters.single]) {
        own.allowed += allowed
        crossed.forEach((count, i) => {
          own.crossed[i] = (own.crossed[i] as number) + count
        })
      }
    }
  }
  return spending
}

/** The last seven event-days of each shard of a lane. A copy: it may travel to another thread. */
export function accountsOf(plan: Plan, shards: ReadonlyMap<number, Shard>): ShardAccounts[] {
  return [...shards].map(([number, shard]) => {
    const all = metersOf(plan, shard)
    const names = new Set(all.map(({ detector }) => detector))
    const accounts = (name: string) =>
      all
        .filter(({ detector }) => detector === name)
        .flatMap(({ meters }) => [...meters.run.accounts, ...meters.single.accounts])
    return {
      shard: number,
      detectors: Object.fromEntries([...names].map((name) => [name, joinAccounts(accounts(name))])),
    }
  })
}

function metersOf(plan: Plan, shard: Shard): { detector: string; meters: WatchMeters }[] {
  return SCOPES.flatMap((scope) =>
    plan[scope].watches.map((watch, i) => ({
      detector: watch.detector.name,
      meters: shard.meters[scope][i] as WatchMeters,
    })),
  )
}
