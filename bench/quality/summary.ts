import { quantile } from '../figures.ts'
import { isCovered } from './families.ts'
import { poissonInterval } from './interval.ts'
import type { Played } from './play.ts'
import type { Score } from './score.ts'
import type { World } from './world.ts'

/** One world, played at one budget and scored. */
export interface Run {
  readonly seed: number
  readonly world: World
  readonly days: number
  /** Nats that an alert needs in this world at one false alarm a day. */
  readonly needed: number
  readonly played: Played
  readonly score: Score
}

/** How many of a group of attacks were told, and how soon; seconds, `null` where none was. */
export interface Recall {
  readonly name: string
  readonly attacks: number
  readonly told: number
  readonly medianSeconds: number | null
  readonly p95Seconds: number | null
}

export interface Summary {
  readonly budget: number
  readonly seeds: readonly number[]
  readonly days: number
  readonly byKind: readonly Recall[]
  /** Of the kinds that a detector exists for, by evidence as a multiple of what is needed. */
  readonly byEvidence: readonly Recall[]
  /** All attacks, and those of kinds that a detector exists for. */
  readonly all: Recall
  readonly covered: Recall
  /** Further alerts for each attack that was told. */
  readonly duplicatesPerHit: number
  readonly falseAlarms: number
  /** False alarms a day with the exact interval of 95%. */
  readonly perDay: { readonly rate: number; readonly low: number; readonly high: number }
  readonly byDetector: Readonly<Record<string, number>>
  /** By what went on there and then. */
  readonly during: Readonly<Record<string, number>>
  readonly calls: number
  readonly replaySeconds: number
}

interface Told {
  readonly kind: string
  /** As a multiple of what is needed. */
  readonly evidence: number
  readonly delayMs: number | null
}

/** The bins of evidence that the goals name. */
const bins = [
  { name: 'below what is needed', from: Number.NEGATIVE_INFINITY, to: 1 },
  { name: '1 to 2 times', from: 1, to: 2 },
  { name: '2 times and more', from: 2, to: Number.POSITIVE_INFINITY },
]

/** Puts the runs of one budget together. */
export function summaryOf(runs: readonly Run[], detectors: ReadonlySet<string>): Summary {
  const attacks = runs.flatMap(({ score, needed }) => {
    const delays = new Map(score.hits.map(({ label, delayMs }) => [label, delayMs]))
    return score.attacks.map(
      (label): Told => ({ kind: label.kind, evidence: label.nats / needed, delayMs: delays.get(label) ?? null }),
    )
  })
  const covered = attacks.filter(({ kind }) => isCovered(kind, detectors))
  const sum = (of: (run: Run) => number): number => runs.reduce((total, run) => total + of(run), 0)
  const days = sum((run) => run.days)
  const falseAlarms = runs.flatMap(({ score }) => score.falseAlarms)
  const { low, high } = poissonInterval(falseAlarms.length)
  const hits = sum(({ score }) => score.hits.length)
  return {
    budget: runs[0]!.played.budget,
    seeds: runs.map(({ seed }) => seed),
    days,
    byKind: [...new Set(attacks.map(({ kind }) => kind))].sort().map((kind) =>
      recallOf(
        kind,
        attacks.filter((one) => one.kind === kind),
      ),
    ),
    byEvidence: bins.map(({ name, from, to }) =>
      recallOf(
        name,
        covered.filter(({ evidence }) => evidence >= from && evidence < to),
      ),
    ),
    all: recallOf('all', attacks),
    covered: recallOf('with a detector', covered),
    duplicatesPerHit: hits === 0 ? 0 : sum(({ score }) => score.duplicates.length) / hits,
    falseAlarms: falseAlarms.length,
    perDay: { rate: falseAlarms.length / days, low: low / days, high: high / days },
    byDetector: countsOf(falseAlarms.map(({ alert }) => alert.detector)),
    during: countsOf(falseAlarms.map((one) => one.during?.kind ?? 'nothing')),
    calls: sum(({ played }) => played.calls),
    replaySeconds: sum(({ played }) => played.seconds),
  }
}

function recallOf(name: string, attacks: readonly Told[]): Recall {
  const delays = attacks.flatMap(({ delayMs }) => (delayMs === null ? [] : [delayMs / 1000])).sort((a, b) => a - b)
  const at = (share: number): number | null => (delays.length === 0 ? null : quantile(delays, share))
  return { name, attacks: attacks.length, told: delays.length, medianSeconds: at(0.5), p95Seconds: at(0.95) }
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
