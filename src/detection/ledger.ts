import * as z from 'zod'
import { ACCOUNT_DAYS, type Account } from './budget.ts'
import { CALIBRATIONS, type Cell, type Check, checkOf } from './calibration.ts'

const DAY_MS = 86_400_000

const checked = {
  /** False alarms that were allowed: an expectation, so no whole number. */
  allowed: z.number(),
  /** Alerts that opened, true ones among them. */
  spent: z.int(),
  calibration: z.enum(CALIBRATIONS),
  /** False alarms that the twins foretell for these days; `null` while that is unknown. */
  forecast: z.number().nullable(),
  /** What the weights would have to be multiplied with; 1 unless the budget is not kept. */
  correction: z.number(),
  /** Crossings of the twin accumulators: at most `expected` while the baselines hold, give or take what `low` and `high` leave open. */
  twins: z.array(
    z.strictObject({
      factor: z.int(),
      expected: z.number(),
      crossed: z.int(),
      dispersion: z.number(),
      low: z.number(),
      high: z.number(),
    }),
  ),
}

/** The alert budget over the last seven event-days, today included: what was allowed, what came of it, and whether that fits. */
export const budgetReport = z.strictObject({
  /** False alarms a day that are configured. */
  per_day: z.number(),
  /** The first and the last event-day (UTC) that are counted; `null` before anything was tested. */
  first_day: z.iso.date().nullable(),
  last_day: z.iso.date().nullable(),
  ...checked,
  detectors: z.array(z.strictObject({ detector: z.string(), ...checked })),
})
export type BudgetReport = z.infer<typeof budgetReport>

/** What a shard's meters hold, over all scopes and kinds of tests, by detector. */
export interface ShardAccounts {
  readonly shard: number
  readonly detectors: Readonly<Record<string, readonly Account[]>>
}

/**
 * Puts the accounts of all shards together. Sums are taken in the order of shards, detectors and days, so that the report depends
 * on the log alone and not on who told first.
 */
export class Ledger {
  readonly #perDay: number
  readonly #shards = new Map<number, ShardAccounts>()

  constructor(perDay: number) {
    this.#perDay = perDay
  }

  /** Takes what shards hold now, in place of what they held before. */
  hear(accounts: readonly ShardAccounts[]): void {
    for (const one of accounts) this.#shards.set(one.shard, one)
  }

  report(): BudgetReport {
    const cells = this.#cells()
    const days = [...cells.values()].flatMap((own) => own.map(({ day }) => day))
    const last = Math.max(...days)
    const recent = new Map([...cells].map(([name, own]) => [name, own.filter(({ day }) => day > last - ACCOUNT_DAYS)]))
    const detectors = [...recent].map(([detector, own]) => ({ detector, ...part(own, checkOf(own)) }))
    const all = [...recent.values()].flat()
    const whole = part(all, checkOf(joined(all)))
    const over = detectors.filter(({ calibration }) => calibration === 'over')
    return {
      per_day: this.#perDay,
      first_day: dayText(Math.min(...days.filter((day) => day > last - ACCOUNT_DAYS))),
      last_day: dayText(last),
      ...whole,
      // One detector that exceeds its part is not made good by others that do not use theirs.
      ...(over.length === 0
        ? {}
        : { calibration: 'over' as const, correction: Math.min(...over.map(({ correction }) => correction)) }),
      detectors,
    }
  }

  #cells(): Map<string, Cell[]> {
    const shards = [...this.#shards.values()].sort((a, b) => a.shard - b.shard)
    const names = [...new Set(shards.flatMap(({ detectors }) => Object.keys(detectors)))].sort()
    return new Map(
      names.map((name) => [
        name,
        shards.flatMap(({ shard, detectors }) => (detectors[name] ?? []).map((account) => ({ shard, ...account }))),
      ]),
    )
  }
}

/** Cells of several detectors, one for each shard and day. */
function joined(cells: readonly Cell[]): Cell[] {
  const sums = new Map<string, Cell>()
  for (const cell of cells) {
    const key = `${cell.shard} ${cell.day}`
    const before = sums.get(key)
    sums.set(key, before === undefined ? cell : { ...cell, ...added(before, cell) })
  }
  return [...sums.values()]
}

/** Copies the accounts of several meters into one, by day, the earliest first. */
export function joinAccounts(accounts: readonly Account[]): Account[] {
  const sums = new Map<number, Account>()
  for (const account of accounts) {
    const before = sums.get(account.day)
    sums.set(
      account.day,
      before === undefined ? { ...account, crossed: [...account.crossed] } : { ...account, ...added(before, account) },
    )
  }
  return [...sums.values()].sort((a, b) => a.day - b.day)
}

type Counts = Omit<Cell, 'shard' | 'day'>

function added(a: Counts, b: Counts): { tests: number; allowed: number; opened: number; crossed: number[] } {
  return {
    tests: a.tests + b.tests,
    allowed: a.allowed + b.allowed,
    opened: a.opened + b.opened,
    crossed: a.crossed.map((count, i) => count + (b.crossed[i] as number)),
  }
}

function part(
  cells: readonly Cell[],
  { calibration, forecast, correction, twins }: Check,
): Omit<BudgetReport['detectors'][number], 'detector'> {
  return {
    allowed: rounded(cells.reduce((sum, { allowed }) => sum + allowed, 0)),
    spent: cells.reduce((sum, { opened }) => sum + opened, 0),
    calibration,
    forecast: forecast === null ? null : rounded(forecast),
    correction: rounded(correction),
    twins: twins.map(({ factor, expected, crossed, dispersion, low, high }) => ({
      factor,
      expected: rounded(expected),
      crossed,
      dispersion: rounded(dispersion),
      low: rounded(low),
      high: rounded(high),
    })),
  }
}

/** Four digits: what is beyond them is nothing to be read from a count. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function dayText(day: number): string | null {
  return Number.isFinite(day) ? new Date(day * DAY_MS).toISOString().slice(0, 10) : null
}
