/**
 * NAB's own scoring (Lavin and Ahmad 2015, *Evaluating real-time anomaly detection algorithms*; sweeper.py of the benchmark):
 * of each labelled window only the earliest detection counts, the more the earlier; each detection outside costs, the more the farther from
 * the last window; one threshold for all files is chosen on the same labels.
 */
import type { Series, Window } from './series.ts'

export interface Profile {
  readonly name: 'standard' | 'low FP' | 'low FN'
  readonly hit: number
  readonly miss: number
  readonly false: number
}

export const profiles: readonly Profile[] = [
  { name: 'standard', hit: 1, miss: 1, false: 0.11 },
  { name: 'low FP', hit: 1, miss: 1, false: 0.22 },
  { name: 'low FN', hit: 1, miss: 2, false: 0.11 },
]

/** A file and what a detector said of each of its rows: the larger, the odder; negative infinity: never a detection. */
export interface Scored {
  readonly series: Series
  readonly scores: Float64Array
}

/** What follows when every row at or above the threshold is a detection. */
export interface Outcome {
  /** 0 for no detections at all, 100 for each window found in its first row and nothing else. */
  readonly score: number
  readonly threshold: number
  /** Windows found. */
  readonly hits: number
  /** Rows outside of all windows that were detections. */
  readonly falseRows: number
}

/** One scored row: its window (-1: none) and what it brings (within) or costs (outside) before weights. */
interface Row {
  readonly score: number
  readonly window: number
  readonly worth: number
}

/** A detector's rows of many files in the order of falling scores, to try thresholds on. */
export interface Sweep {
  readonly rows: readonly Row[]
  /** Labelled windows, also those that no scored row is in. */
  readonly windows: number
  /** Windows with a scored row. */
  readonly scorable: number
}

export function sweepOf(files: readonly Scored[]): Sweep {
  const rows: Row[] = []
  let windows = 0
  const seen = new Set<number>()
  for (const { series, scores } of files) {
    if (scores.length !== series.values.length) throw new Error(`${series.name}: a score for each row, and no more`)
    for (let i = series.probation; i < scores.length; i += 1) {
      const within = series.windows.findIndex(({ from, to }) => i >= from && i <= to)
      const window = within < 0 ? -1 : windows + within
      if (window >= 0) seen.add(window)
      if (scores[i] === Number.NEGATIVE_INFINITY) continue
      rows.push({ score: scores[i]!, window, worth: worthOf(series.windows, within, i) })
    }
    windows += series.windows.length
  }
  rows.sort((a, b) => b.score - a.score)
  return { rows, windows, scorable: seen.size }
}

/** The best threshold for a profile. */
export function optimise(sweep: Sweep, profile: Profile): Outcome {
  let best: Outcome | null = null
  for (const outcome of outcomes(sweep, profile)) if (best === null || outcome.score > best.score) best = outcome
  return best!
}

/** What a given threshold brings. */
export function scoreAt(sweep: Sweep, profile: Profile, threshold: number): Outcome {
  let last: Outcome | null = null
  for (const outcome of outcomes(sweep, profile)) {
    if (outcome.threshold < threshold) break
    last = outcome
  }
  return { ...last!, threshold }
}

/** The most windows that can be found with at most so many false rows. */
export function hitsWithin(sweep: Sweep, falseRows: number): number {
  let hits = 0
  for (const outcome of outcomes(sweep, profiles[0]!))
    if (outcome.falseRows <= falseRows) hits = Math.max(hits, outcome.hits)
  return hits
}

/** Every threshold from above all scores down to the lowest. Rows of one score switch together. */
function* outcomes({ rows, windows, scorable }: Sweep, profile: Profile): Generator<Outcome> {
  const perfect = windows * profile.hit
  const none = -scorable * profile.miss
  const found = new Map<number, number>()
  let sum = none
  let falseRows = 0
  let threshold = Number.POSITIVE_INFINITY
  const outcome = (): Outcome => ({
    score: (100 * (sum - none)) / (perfect - none),
    threshold,
    hits: found.size,
    falseRows,
  })
  for (const { score, window, worth } of rows) {
    if (score !== threshold) {
      yield outcome()
      threshold = score
    }
    if (window < 0) {
      falseRows += 1
      sum += worth * profile.false
      continue
    }
    const before = found.get(window) ?? -profile.miss
    const after = Math.max(before, worth * profile.hit)
    found.set(window, after)
    sum += after - before
  }
  yield outcome()
}

/** From 1 in the first row of a window to almost 0 in its last; from almost 0 right after it down to -1, where also rows before any are. */
function worthOf(windows: readonly Window[], within: number, i: number): number {
  if (within >= 0) {
    const { from, to } = windows[within]!
    return sigmoid(-(to - i + 1) / (to - from + 1)) / sigmoid(-1)
  }
  const last = windows.findLast(({ to }) => to < i)
  return last === undefined ? -1 : sigmoid((i - last.to) / (last.to - last.from))
}

function sigmoid(position: number): number {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1
}
