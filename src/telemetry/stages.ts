import type { Metrics } from './metrics.ts'

/** No step may hold the event loop longer: consumers would miss their heartbeats. */
const longestStepMs = 500

interface StageLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  fatal(fields: object, message: string): void
}

/** Fits StreamEvents of the stream's room, `fatal` aside: what ends the process is main's. */
export interface StageEvents {
  opened(stage: string, source: string, resume: number | null): void
  stepped(stage: string, source: string, records: number, stepMs: number, commitMs: number): void
  dropped(stage: string, source: string, reason: string): void
  lost(stage: string, source: string, reason: string): void
  gap(gap: { readonly stage: string; readonly source: string; readonly from: number; readonly to: number }): void
}

/** Counts and logs what running stages tell. */
export function watchStages(metrics: Metrics, log: StageLog): StageEvents {
  return {
    opened: (stage, source, resume) => {
      metrics.lanesOpened.add({ stage })
      log.info({ stage, source, resume }, 'lane opened')
    },
    stepped: (stage, source, records, stepMs, commitMs) => {
      metrics.recordsRead.add({ stage }, records)
      metrics.stepSeconds.observe({ stage }, stepMs / 1_000)
      metrics.commitSeconds.observe({ stage }, commitMs / 1_000)
      log.debug({ stage, source, records, stepMs, commitMs }, 'step committed')
      if (stepMs <= longestStepMs) return
      metrics.longSteps.add({ stage })
      log.warn({ stage, source, records, stepMs }, 'a step held the event loop too long')
    },
    dropped: (stage, source, reason) => {
      metrics.lanesDropped.add({ stage })
      log.warn({ stage, source, reason }, 'lane dropped; it will be opened again')
    },
    lost: (stage, source, reason) => {
      log.info({ stage, source, reason }, 'lane lost to another member; what was under way is done there')
    },
    gap: (gap) => {
      metrics.gaps.add({ stage: gap.stage })
      metrics.gapRecords.add({ stage: gap.stage }, gap.to - gap.from)
      log.error({ ...gap }, 'records were gone before they could be read')
    },
  }
}

/** Reads the lag at each scrape. A stage that has no lane here keeps the sum 0. */
export function watchLag(
  metrics: Metrics,
  stages: readonly string[],
  lag: () => readonly { readonly stage: string; readonly records: number }[],
): void {
  metrics.beforeScrape(() => {
    const sums = new Map(stages.map((stage) => [stage, 0]))
    for (const { stage, records } of lag()) sums.set(stage, (sums.get(stage) ?? 0) + records)
    for (const [stage, records] of sums) metrics.lagRecords.set({ stage }, records)
  })
}
