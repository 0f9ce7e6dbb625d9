import type { EpochMs } from '#src/call/call.ts'
import type { Position, Produced } from '#src/stream/stream.ts'
import type { DeliveryRow } from './row.ts'

/** The world as deliver sees it: given from outside, so that tests can script time and chance. */
export interface Surroundings {
  /** Resolves once the rows are durable. */
  append(topic: 'deliveries', records: readonly Produced[]): Promise<void>
  /** Milliseconds since 1970. */
  now(): EpochMs
  /** 0 to below 1. */
  random(): number
  /** Resolves after so many milliseconds, or resolves or rejects as soon as `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<unknown>
}

/** What deliver tells its surroundings (metrics, logs). Must not throw. */
export interface DeliverEvents {
  /** An attempt ended, or a notice was recorded without one because the sink is off. */
  attempted?(row: DeliveryRow): void
  /** A record of the alerts topic that cannot be read; it is passed over. */
  bad?(sink: string, source: string, position: Position, reason: string): void
  /** The receiver counts as down: it is probed from now on. */
  down?(sink: string, reason: string): void
  /** The receiver that was down took a notice. */
  up?(sink: string): void
  /** The receiver wants nothing more: notices are recorded as `disabled` until the process is started again. */
  disabled?(sink: string, reason: string): void
  /** Rows of the delivery log did not get through (they are tried again), or a commit (the stream opens the lane again). */
  held?(sink: string, source: string, what: 'rows' | 'commit', reason: string): void
}

/** Sleeps whichever way the sleep says that it was cut short. */
export async function pause(surroundings: Surroundings, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  try {
    await surroundings.sleep(ms, signal)
  } catch (error) {
    // A sleep that fails for another reason would turn every wait into a busy loop.
    if (!signal.aborted) throw error
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 500) : 'unknown'
}
