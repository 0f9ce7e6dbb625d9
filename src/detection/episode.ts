import { nameText } from '#src/baseline/entity.ts'
import type { Sampled } from '#src/sketch/sample.ts'
import type { Episode } from './detector.ts'
import type { Watch } from './plan.ts'
import type { Subject } from './subject.ts'
import { LAST, NEEDED, OPENED, PEAK, PEAKS, SINGLE, SUM, SUMS } from './surprise.ts'

/** Fewer sampled calls say nothing about who is behind them. */
const SAMPLED_LEAST = 3

/** The open episode of one watch, as its detector explains it. */
export function episodeOf(subject: Subject, watch: Watch, at: number, tickMs: number): Episode {
  const row = subject.rows.numbers
  const sample = subject.examples[watch.index] ?? []
  const behind = behindOf(watch, sample)
  return {
    ref: subject.ref,
    sums: row.slice(at + SUM, at + SUM + SUMS),
    peaks: row.slice(at + PEAK, at + PEAK + PEAKS),
    windowSeconds: (((row[at + LAST] as number) - (row[at + OPENED] as number)) * tickMs) / 1000,
    needed: row[at + NEEDED] as number,
    single: row[at + SINGLE] === 1,
    weight: subject.weight,
    names: [...new Set(sample.map(({ who }) => who))],
    top: behind[0] ?? null,
    alone: 0,
  }
}

/** Who made the sampled calls, the most frequent first, at most five. */
export function behindOf({ samples }: Watch, sample: readonly Sampled[]): { name: string; share: number }[] {
  // What is not a sample, but all that was new, may be told from the first.
  if (samples.length > 0 && sample.length < SAMPLED_LEAST) return []
  const calls = new Map<string, number>()
  for (const { who } of sample) calls.set(who, (calls.get(who) ?? 0) + 1)
  return [...calls]
    .map(([who, count]) => ({
      name: nameText(who),
      share: count / sample.length,
    }))
    .sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1))
    .slice(0, 5)
}
