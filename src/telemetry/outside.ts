import type { Metrics } from './metrics.ts'

interface OutsideLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Fits ArchiveEvents of the archive stage. */
export interface ArchiveCounts {
  stored(table: string, rows: number, ms: number): void
  waiting(table: string | null, reason: string, attempt: number): void
}

/** Counts and logs what the archive tells. */
export function watchArchive(metrics: Metrics, log: OutsideLog): ArchiveCounts {
  return {
    stored: (table, rows, ms) => {
      metrics.insertedRows.add({ table }, rows)
      metrics.insertSeconds.observe({ table }, ms / 1_000)
    },
    waiting: (table, reason, attempt) => {
      metrics.insertRetries.add({ table: table ?? 'none' })
      // The first says that it began; after that every tenth, so that an hour of outage is no flood.
      if (attempt % 10 === 1) log.warn({ table, reason, attempt }, 'the store does not take rows; they wait')
    },
  }
}

/** The part of a delivery row that is counted. */
interface AttemptRow {
  readonly sink: string
  readonly outcome: string
  readonly latency_ms: number
}

/** Fits DeliverEvents of the deliver stage. */
export interface DeliverCounts {
  attempted(row: AttemptRow): void
  bad(sink: string, source: string, position: number, reason: string): void
  down(sink: string, reason: string): void
  up(sink: string): void
  disabled(sink: string, reason: string): void
  held(sink: string, source: string, what: string, reason: string): void
}

/** Counts and logs what deliver tells. */
export function watchDeliver(metrics: Metrics, log: OutsideLog): DeliverCounts {
  return {
    attempted: ({ sink, outcome, latency_ms }) => {
      metrics.deliveries.add({ sink, outcome })
      metrics.deliverySeconds.observe({ sink }, latency_ms / 1_000)
    },
    bad: (sink, source, position, reason) => {
      metrics.deliveries.add({ sink, outcome: 'bad' })
      log.error({ sink, source, position, reason }, 'a record of the alerts topic cannot be read; it is passed over')
    },
    down: (sink, reason) => {
      metrics.sinkDown.set({ sink }, 1)
      log.warn({ sink, reason }, 'the receiver is down; notices wait for it')
    },
    up: (sink) => {
      metrics.sinkDown.set({ sink }, 0)
      log.info({ sink }, 'the receiver takes notices again')
    },
    disabled: (sink, reason) => {
      metrics.sinkDisabled.set({ sink }, 1)
      log.error({ sink, reason }, 'the receiver wants nothing more (410); restart to ask it again')
    },
    held: (sink, source, what, reason) =>
      log.warn({ sink, source, what, reason }, 'deliver holds; it will be tried again'),
  }
}
