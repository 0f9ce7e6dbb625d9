import type { AlertRecord } from '#src/alert/alert.ts'
import { CALIBRATIONS, type Calibration } from '#src/detection/calibration.ts'
import { type BudgetReport, Ledger, type ShardAccounts } from '#src/detection/ledger.ts'
import { TWINS } from '#src/detection/surprise.ts'
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
  readonly spending: Readonly<Record<string, { readonly allowed: number; readonly crossed: readonly number[] }>>
  readonly accounts: readonly ShardAccounts[] | null
}

/** Fits JudgeObserver of the judge stage. */
export interface JudgeCounts {
  told(record: AlertRecord): void
  held(state: Held): void
  /** The budget over the last seven event-days, of the shards that are judged by this process. */
  budget(): BudgetReport
}

interface BudgetLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

const sinceOpening = ['overflowed', 'evicted', 'lateAfterIdle', 'malformed'] as const

/** Counts alerts and shows what the lanes hold, over all lanes. `falseAlarmsPerDay`: the budget, as configured. */
export function watchJudge(metrics: Metrics, log: BudgetLog, falseAlarmsPerDay: number): JudgeCounts {
  const lanes = new Map<number, Held>()
  const seen = new Map<string, number>()
  const ledger = new Ledger(falseAlarmsPerDay)
  const verdicts = new Map<string, Calibration>()
  return {
    budget: () => ledger.report(),
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
      spend(metrics, seen, state)
      show(metrics, [...lanes.values()])
      if (state.accounts === null) return
      ledger.hear(state.accounts)
      showBudget(metrics, log, verdicts, ledger.report())
    },
  }
}

/** What the budget came to is part of a lane's state: only what it grew beyond what was seen is added. */
function spend(metrics: Metrics, seen: Map<string, number>, { partition, spending }: Held): void {
  const grown = (key: string, sum: number): number => {
    const most = seen.get(key) ?? sum
    seen.set(key, Math.max(sum, most))
    return Math.max(0, sum - most)
  }
  for (const [detector, { allowed, crossed }] of Object.entries(spending)) {
    metrics.budgetAllowed.add({ detector }, grown(`${partition} ${detector}`, allowed))
    crossed.forEach((count, i) => {
      const factor = String(TWINS[i])
      metrics.budgetCrossings.add({ detector, factor }, grown(`${partition} ${detector} ${factor}`, count))
    })
  }
}

/** A verdict is logged when it changes: a warning where the budget is exceeded, and when it no longer is. */
function showBudget(
  metrics: Metrics,
  log: BudgetLog,
  verdicts: Map<string, Calibration>,
  { detectors }: BudgetReport,
): void {
  for (const { detector, calibration, correction, allowed, twins } of detectors) {
    for (const verdict of CALIBRATIONS) {
      metrics.budgetCalibration.set({ detector, verdict }, verdict === calibration ? 1 : 0)
    }
    metrics.budgetCorrection.set({ detector }, correction)
    const before = verdicts.get(detector)
    verdicts.set(detector, calibration)
    if (before === calibration) continue
    if (calibration === 'over') {
      log.warn(
        { detector, allowed, correction, twins },
        'the alert budget is not kept: this detector crosses more often than its baseline allows',
      )
    } else if (before !== undefined) log.info({ detector, calibration }, 'calibration of the alert budget')
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
