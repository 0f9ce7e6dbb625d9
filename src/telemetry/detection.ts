import type { AlertRecord } from '#src/alert/alert.ts'
import type { Metrics } from './metrics.ts'

/** The part of collect's counts that is shown. */
interface StepCounts {
  readonly fates: ReadonlyMap<string, number>
  readonly reasons: ReadonlyMap<string, number>
  readonly forgotten: number
  readonly last: number | null
}

export interface CollectCounts {
  /** Fits `counted` of collect's options. */
  counted(counts: StepCounts): void
  /** Time of the newest call so far, in milliseconds since 1970; `null` before the first. */
  lastCallAt(): number | null
}

/** Counts what became of records. A step whose commit failed is counted again when it is repeated. */
export function watchCollect(metrics: Metrics): CollectCounts {
  let newest: number | null = null
  return {
    counted: ({ fates, reasons, forgotten, last }) => {
      for (const [outcome, count] of fates) metrics.calls.add({ outcome }, count)
      for (const [reason, count] of reasons) metrics.deadLetters.add({ reason }, count)
      metrics.forgottenIds.add(forgotten)
      if (last === null || (newest !== null && last <= newest)) return
      newest = last
      metrics.lastCall.set(last / 1_000)
    },
    lastCallAt: () => newest,
  }
}

/** The part of what a lane of judge holds that is shown. Its counts grow from the lane's opening on. */
interface Held {
  readonly partition: number
  readonly closedBefore: number | null
  readonly entities: Readonly<Record<string, number>>
  readonly openTallies: number
  readonly overflowed: number
  readonly evicted: number
  readonly lateAfterIdle: number
  readonly malformed: number
  readonly allowed: Readonly<Record<string, number>>
}

/** Fits JudgeObserver of the judge stage. */
export interface JudgeCounts {
  told(record: AlertRecord): void
  held(state: Held): void
}

const sinceOpening = ['overflowed', 'evicted', 'lateAfterIdle', 'malformed'] as const

/** Counts alerts and shows what the lanes hold, over all lanes. */
export function watchJudge(metrics: Metrics): JudgeCounts {
  const lanes = new Map<number, Held>()
  const allowed = new Map<string, number>()
  return {
    told: ({ alert, telling }) => {
      const { detector, severity } = alert
      if (telling !== null) metrics.alerts.add({ detector, severity, event: telling.event })
      if (telling?.event === 'withdrawn') metrics.withdrawn.add({ detector })
      // The first version is the one that settles.
      if (alert.version === 1 && alert.status === 'open') metrics.budgetSpent.add({ detector })
    },
    held: (state) => {
      const before = lanes.get(state.partition)
      lanes.set(state.partition, state)
      for (const name of sinceOpening) {
        const had = before?.[name] ?? 0
        // A smaller count means that the lane was opened again and began anew.
        metrics[name].add(state[name] >= had ? state[name] - had : state[name])
      }
      spend(metrics, allowed, state)
      show(metrics, [...lanes.values()])
    },
  }
}

/** What the budget allowed is part of a lane's state: only what it grew beyond what was seen is added. */
function spend(metrics: Metrics, seen: Map<string, number>, { partition, allowed }: Held): void {
  for (const [detector, sum] of Object.entries(allowed)) {
    const key = `${partition} ${detector}`
    const most = seen.get(key) ?? sum
    metrics.budgetAllowed.add({ detector }, Math.max(0, sum - most))
    seen.set(key, Math.max(sum, most))
  }
}

function show(metrics: Metrics, lanes: readonly Held[]): void {
  const sums = new Map<string, number>()
  for (const { entities } of lanes) {
    for (const [scope, count] of Object.entries(entities)) sums.set(scope, (sums.get(scope) ?? 0) + count)
  }
  for (const [scope, count] of sums) metrics.entities.set({ scope }, count)
  metrics.openTallies.set(lanes.reduce((sum, lane) => sum + lane.openTallies, 0))
  const closed = lanes.flatMap((lane) => (lane.closedBefore === null ? [] : [lane.closedBefore]))
  if (closed.length > 0) metrics.watermark.set(Math.min(...closed) / 1_000)
}
