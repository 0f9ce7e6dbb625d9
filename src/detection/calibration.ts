import { TWINS } from './surprise.ts'

/**
 * Whether the false alarms that the budget allows are those that would come. Alarms are too few to count; crossings of the twins
 * are not. While the baselines hold, at most c times as many crossings as allowed alarms are expected of the twin of c times the
 * weight, whatever depends on what.
 *
 * How far a count may be from its expectation by chance does depend on it: what disturbs one entity often disturbs its
 * neighbours, so crossings come in clusters and spread wider than Poisson's. By how much is learned from the counts themselves
 * (quasi-Poisson, McCullagh and Nelder 1989, Generalized Linear Models, 6.2): Pearson's statistic over its degrees of freedom,
 * over shards and days, over days, and over shards, the largest of the three; clusters within any of them are then in it. The band
 * is taken on the square root of the count, where the deviation is half the root of the dispersion whatever the mean
 * (Anscombe 1948).
 */

/** `unknown`: too little was tested yet. `loose`: far fewer crossings than allowed. `over`: more than allowed. */
export const CALIBRATIONS = ['unknown', 'loose', 'calibrated', 'over'] as const
export type Calibration = (typeof CALIBRATIONS)[number]

/** Both ends of the band are missed by chance once in a thousand times. */
const DEVIATIONS = 3.09
/** So many crossings must be allowed before there is anything to say. */
const EXPECTED_LEAST = 30
/** A twin that may cross at more than one test in so many checks nothing: it cannot cross much oftener than that. */
const TESTS_A_CROSSING = 20
/** Below this part of what is allowed the budget is not used: alarms come later than they might. */
const LOOSE_BELOW = 0.1
/** Where an excursion has crossed a twin it may do so again before it ends, so never less than pairs is assumed. */
const DISPERSION_LEAST = 2
/** A tail so heavy that its alarms hardly fall with the weight: beyond it no weight is the remedy. */
const POWER_LEAST = 0.25
/** Fewer groups say nothing of how much they differ. */
const GROUPS_LEAST = 4

/** What one shard allowed and counted in one event-day. */
export interface Cell {
  readonly shard: number
  readonly day: number
  readonly tests: number
  readonly allowed: number
  readonly opened: number
  /** In the order of `TWINS`. */
  readonly crossed: readonly number[]
}

export interface TwinCheck {
  readonly factor: number
  /** At most so many crossings are expected while the baselines hold. */
  readonly expected: number
  readonly crossed: number
  /** Variance over mean of the counts. */
  readonly dispersion: number
  /** The band around `crossed` in which its own expectation lies. */
  readonly low: number
  readonly high: number
}

export interface Check {
  readonly calibration: Calibration
  /** False alarms that the twins foretell for the same time; `null` while unknown. Alerts beyond it are true, or about to be. */
  readonly forecast: number | null
  /**
   * What the weights would have to be multiplied with for as many false alarms as allowed: 1 unless `over`. Proposed, never applied. Where
   * it is the mean that is wrong, evidence grows by itself and no weight helps much.
   */
  readonly correction: number
  readonly twins: readonly TwinCheck[]
}

export function checkOf(cells: readonly Cell[]): Check {
  const tests = sum(cells, (cell) => cell.tests)
  const allowed = sum(cells, (cell) => cell.allowed)
  const twins = TWINS.map((factor, i) => checkTwin(cells, factor, i, factor * allowed))
  const telling = twins.filter(({ expected }) => expected * TESTS_A_CROSSING <= tests)
  if (!telling.some(({ expected }) => expected >= EXPECTED_LEAST)) {
    return { calibration: 'unknown', forecast: null, correction: 1, twins }
  }
  const power = powerOf(telling)
  const forecast = Math.max(...telling.map(({ factor, crossed }) => crossed / factor ** power))
  const over = telling.filter(({ low, expected }) => low > expected)
  if (over.length > 0) {
    const correction = Math.min(
      (allowed / forecast) ** (1 / power),
      ...over.map(({ expected, crossed }) => expected / crossed),
    )
    return { calibration: 'over', forecast, correction, twins }
  }
  const loose = telling.some(({ high, expected }) => high < LOOSE_BELOW * expected)
  return { calibration: loose ? 'loose' : 'calibrated', forecast, correction: 1, twins }
}

/**
 * Crossings go with a power of the weight: 1 where the baselines hold, and less where tails are heavier than theirs, whose alarms
 * are more than the twins alone would say. Taken from two twins, that is straight on to a weight of 1.
 */
function powerOf(twins: readonly TwinCheck[]): number {
  const [light, heavy] = twins
  if (light === undefined || heavy === undefined || light.crossed === 0) return 1
  const power = Math.log(heavy.crossed / light.crossed) / Math.log(heavy.factor / light.factor)
  return Math.min(1, Math.max(POWER_LEAST, power))
}

function checkTwin(cells: readonly Cell[], factor: number, i: number, expected: number): TwinCheck {
  const counted = (cell: Cell): number => cell.crossed[i] as number
  const crossed = sum(cells, counted)
  const groupings = [
    cells.map((cell) => [expectedOf(cell, factor), counted(cell)] as const),
    grouped(cells, (cell) => cell.day, factor, counted),
    grouped(cells, (cell) => cell.shard, factor, counted),
  ]
  const dispersion = Math.max(
    DISPERSION_LEAST,
    ...groupings.map((groups) => dispersionOf(groups, expected > 0 ? crossed / expected : 0)),
  )
  const half = (DEVIATIONS * Math.sqrt(dispersion)) / 2
  return {
    factor,
    expected,
    crossed,
    dispersion,
    low: Math.max(0, Math.sqrt(crossed) - half) ** 2,
    high: (Math.sqrt(crossed + 1) + half) ** 2,
  }
}

type Group = readonly [expected: number, crossed: number]

/** Pearson's statistic over its degrees of freedom; 0 where there are too few groups, or nothing was counted. */
function dispersionOf(groups: readonly Group[], ratio: number): number {
  const usable = groups.filter(([expected]) => expected > 0)
  if (usable.length < GROUPS_LEAST || ratio === 0) return 0
  const statistic = usable.reduce((total, [expected, crossed]) => {
    const mean = ratio * expected
    return total + (crossed - mean) ** 2 / mean
  }, 0)
  return statistic / (usable.length - 1)
}

function grouped(
  cells: readonly Cell[],
  groupOf: (cell: Cell) => number,
  factor: number,
  counted: (cell: Cell) => number,
): Group[] {
  const groups = new Map<number, [number, number]>()
  for (const cell of cells) {
    const group = groups.get(groupOf(cell)) ?? [0, 0]
    group[0] += expectedOf(cell, factor)
    group[1] += counted(cell)
    groups.set(groupOf(cell), group)
  }
  return [...groups.values()]
}

function expectedOf(cell: Cell, factor: number): number {
  return factor * cell.allowed
}

function sum(cells: readonly Cell[], of: (cell: Cell) => number): number {
  return cells.reduce((total, cell) => total + of(cell), 0)
}
