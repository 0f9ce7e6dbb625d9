import type { Alert, AlertRecord } from '#src/alert/alert.ts'
import type { EpochMs } from '#src/call/call.ts'
import type { BudgetReport } from '#src/detection/ledger.ts'
import type { StepCounts } from '#src/stage/collect/options.ts'
import type { Drain, DrainLane } from '#src/stream/stream.ts'

/** What a replay found; one JSON object with `--report json`. All but `wall_seconds` depends on the lines alone. */
export interface Report {
  readonly calls: number
  readonly rejected: number
  readonly duplicates: number
  /** Event time of the earliest and the latest call; `null` where there was none. */
  readonly first: string | null
  readonly last: string | null
  readonly wall_seconds: number
  readonly alerts: readonly Alert[]
  readonly late: number
  readonly skipped: number
  /** Rejected lines by reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** What stood in for the append time: lines dated later than this (and 5 minutes) were rejected. */
  readonly run_start: string
  /** The alert budget over the last seven event-days. */
  readonly budget: BudgetReport
}

/** Collects what the stages say while a replay runs. */
export class Findings {
  readonly #fates = new Map<string, number>()
  readonly #reasons = new Map<string, number>()
  readonly #alerts = new Map<string, Alert>()
  #first: EpochMs | null = null
  #last: EpochMs | null = null

  readonly counted = ({ fates, reasons, first, last }: StepCounts): void => {
    for (const [fate, count] of fates) this.#fates.set(fate, (this.#fates.get(fate) ?? 0) + count)
    for (const [reason, count] of reasons) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + count)
    if (first !== null) this.#first = Math.min(this.#first ?? first, first)
    if (last !== null) this.#last = Math.max(this.#last ?? last, last)
  }

  /** How many lines have been read so far. */
  get lines(): number {
    let lines = 0
    for (const count of this.#fates.values()) lines += count
    return lines
  }

  /** Reads the alerts topic; the last settled state of each alert is what the report shows. */
  readonly drain: Drain = {
    stage: 'report',
    inputs: ['alerts'],
    batch: { records: 1000, waitMs: 0 },
    open: async ({ commit }): Promise<DrainLane> => ({
      take: async (records) => {
        for (const { value } of records) {
          const { alert } = JSON.parse(Buffer.from(value).toString()) as AlertRecord
          if (alert.settled) this.#alerts.set(alert.id, alert)
        }
        const last = records.at(-1)
        if (last !== undefined) await commit(last.position + 1, '')
      },
      close: async () => {},
    }),
  }

  report(runStart: EpochMs, wallSeconds: number): Omit<Report, 'budget'> {
    const count = (fate: string): number => this.#fates.get(fate) ?? 0
    const alerts = [...this.#alerts.values()]
    alerts.sort((a, b) => compare(a.opened_at, b.opened_at) || compare(a.id, b.id))
    return {
      calls: count('call') + count('late'),
      rejected: count('rejected'),
      duplicates: count('duplicate'),
      first: this.#first === null ? null : new Date(this.#first).toISOString(),
      last: this.#last === null ? null : new Date(this.#last).toISOString(),
      wall_seconds: wallSeconds,
      alerts,
      late: count('late'),
      skipped: count('skipped'),
      reasons: Object.fromEntries([...this.#reasons].sort(([a], [b]) => compare(a, b))),
      run_start: new Date(runStart).toISOString(),
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const CALIBRATION_WORDS = {
  unknown: 'too little traffic to tell whether it is calibrated',
  loose: 'calibrated, with much to spare',
  calibrated: 'calibrated',
  over: 'NOT calibrated',
} as const

/** Two digits: an expectation is no more exact than that. */
function budgetText({ first_day, last_day, allowed, spent, calibration, detectors }: BudgetReport): string {
  const over = detectors
    .filter((one) => one.calibration === 'over')
    .map(
      ({ detector, correction }) =>
        `${detector}: weights would have to be ${Number(correction.toPrecision(2))} times as large`,
    )
  const days = first_day === null ? '' : `, ${first_day} to ${last_day}`
  return `budget${days}: ${Number(allowed.toPrecision(2))} false alarms allowed, ${spent} alert${spent === 1 ? '' : 's'} opened; ${CALIBRATION_WORDS[calibration]}${over.length > 0 ? ` (${over.join('; ')})` : ''}`
}

function countText(alerts: readonly Alert[]): string {
  const attached = alerts.filter(({ parent }) => parent !== null).length
  const count = `${alerts.length} alert${alerts.length === 1 ? '' : 's'}`
  return attached === 0 ? count : `${count}, ${attached} of them told with that of a service`
}

/** The report for people. Text from logs was stripped of control characters when it was read. */
export function reportText(report: Report): string {
  const reasons = Object.entries(report.reasons).map(([reason, count]) => `${count} ${reason}`)
  const lines = [
    `${report.calls} calls from ${report.first ?? '-'} to ${report.last ?? '-'}, read in ${report.wall_seconds} s`,
    `${report.rejected} rejected${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}, ${report.duplicates} duplicates, ${report.late} late, ${report.skipped} skipped`,
    countText(report.alerts),
    budgetText(report.budget),
  ]
  for (const alert of report.alerts) {
    const { entity } = alert
    const name =
      entity.identity ?? [entity.method, entity.service, entity.route].filter((part) => part !== null).join(' ')
    lines.push(
      '',
      `${alert.severity.toUpperCase()} ${alert.detector} on ${name}${alert.parent === null ? '' : ', told with its service'}`,
      `  ${alert.reason}`,
      `  ${alert.opened_at} to ${alert.last_seen_at}, ${alert.status}; ${alert.surprise_bits} bits of surprise, baseline of ${alert.baseline.calls} calls (${alert.baseline.readiness})`,
      `  examples: ${alert.examples.join(', ') || '-'}`,
      `  silent if ${alert.silent_if}`,
    )
  }
  return `${lines.join('\n')}\n`
}
