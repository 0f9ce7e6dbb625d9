import { describe, expect, test } from 'vitest'
import type { BudgetReport } from '#src/detection/ledger.ts'
import { simulate } from './known.ts'

/** Seeds that were used for choosing nothing. */
const SEEDS = [101, 102, 103]
const DAYS = 7
const ENTITIES = 40

/** Weeks of traffic as the detector believes it to be, simulated once. */
const weeks = new Map<number, readonly BudgetReport[]>()
function weeksOf(budget: number): readonly BudgetReport[] {
  const reports =
    weeks.get(budget) ?? SEEDS.map((seed) => simulate({ seed, budget, entities: ENTITIES, days: DAYS }).report)
  weeks.set(budget, reports)
  return reports
}

function sumOf(reports: readonly BudgetReport[], of: (report: BudgetReport) => number): number {
  return reports.reduce((sum, report) => sum + of(report), 0)
}

describe('while the baseline holds', () => {
  test.for([0.1, 1, 10, 100])('a budget of %f a day is kept, and used', (budget) => {
    const reports = weeksOf(budget)
    const days = SEEDS.length * DAYS
    // What is published as allowed is what was configured, less the ticks at which an alert was open: those test nothing.
    const allowed = sumOf(reports, (report) => report.allowed)
    expect(allowed / (budget * days)).toSatisfy((part: number) => part > 0.98 && part < 1.01)
    const opened = sumOf(reports, ({ spent }) => spent)
    expect(opened).toBeLessThanOrEqual(2 * budget * days)
    if (budget >= 10) expect(opened).toBeGreaterThan(0.1 * budget * days)
    for (const { calibration, twins } of reports) {
      // At a hundred a day the twins would cross at every other test: nothing to be checked by.
      expect(calibration).toBe(budget === 100 ? 'unknown' : 'calibrated')
      for (const { crossed, expected } of budget === 100 ? [] : twins) {
        expect(crossed / expected).toSatisfy((ratio: number) => ratio >= 0.1 && ratio <= 1)
      }
    }
  })

  test('entities that are mostly silent spend the same, all their silence counted', () => {
    const { report } = simulate({ seed: SEEDS[0]!, budget: 10, entities: 4 * ENTITIES, days: DAYS, sparse: true })
    expect(report.allowed / (10 * DAYS)).toSatisfy((part: number) => part > 0.9 && part < 1.1)
    expect(report.spent).toBeLessThanOrEqual(10 * DAYS)
    expect(report.calibration).toBe('calibrated')
  })

  test('the twins foretell as many false alarms as there are', () => {
    const reports = weeksOf(10)
    const opened = sumOf(reports, ({ spent }) => spent)
    const forecast = sumOf(reports, (report) => report.forecast as number)
    expect(forecast / opened).toSatisfy((ratio: number) => ratio > 0.5 && ratio < 2)
  })
})

describe('where the baseline does not hold', () => {
  test.for([
    ['counts vary twice as much', { spread: 2 }, 2],
    // Evidence grows by itself then, and the fewer may cross, the longer it has grown: a smaller weight cannot mend all of it.
    ['the mean is a fifth above the most that is expected', { mean: 1.2 }, 4],
  ] as const)('because %s, that is said, and what would help', ([, traffic, most]) => {
    const world = { budget: 1, entities: ENTITIES, days: DAYS, ...traffic }
    for (const seed of SEEDS.slice(1)) {
      const { report } = simulate({ seed, ...world })
      expect(report.calibration).toBe('over')
      // By crossings alone.
      expect((report.forecast as number) / report.spent).toSatisfy((ratio: number) => ratio > 1 / 3 && ratio < 3)
      expect(report.spent).toBeGreaterThan(2 * most * report.allowed)
      const mended = simulate({ seed: seed + 50, ...world, budget: report.correction }).report
      expect(mended.spent).toBeLessThanOrEqual(most * report.allowed)
    }
  })

  test('because there is far less than expected, that is said too', () => {
    const { report } = simulate({ seed: SEEDS[0]!, budget: 1, entities: ENTITIES, days: DAYS, mean: 0.6 })
    expect([report.calibration, report.correction, report.spent]).toEqual(['loose', 1, 0])
  })
})

describe('weights', () => {
  const weightOf = (index: number): number => (index % 10 === 0 ? 6 : 1)

  test('share the budget out: the sum of what all may spend is still the budget', () => {
    const { report, shard } = simulate({ seed: 104, budget: 10, entities: ENTITIES, days: DAYS, weightOf })
    expect(report.allowed / DAYS).toBeCloseTo(10, 0)
    const [meter] = shard.meters.endpoint
    // Four entities that count sixfold among forty, at each of the 720 ticks of a day.
    expect(meter?.run.rate).toBe(Math.max(8640, (36 + 4 * 6) * 720))
  })

  test('give an entity so many times the false alarms of another', () => {
    const world = { budget: 100, entities: ENTITIES, days: DAYS, weightOf }
    const opened = SEEDS.flatMap((seed) => simulate({ seed, ...world }).opened)
    const heavy = opened.filter(({ weight }) => weight === 6).length / 4
    const light = opened.filter(({ weight }) => weight === 1).length / 36
    expect(heavy / light).toSatisfy((ratio: number) => ratio > 3 && ratio < 9)
    expect(opened.length).toBeLessThanOrEqual(100 * DAYS * SEEDS.length)
  })
})
