import type { AlertRecord } from '#src/alert/alert.ts'

/** What became of one attempt. The sink classifies, deliver decides. */
export type Delivery =
  | { readonly kind: 'delivered'; readonly status: number | null }
  /** Try again, not before `afterMs` where the receiver said so. */
  | { readonly kind: 'retry'; readonly status: number | null; readonly reason: string; readonly afterMs: number | null }
  /** This notice will never be taken; the next one may be. */
  | { readonly kind: 'rejected'; readonly status: number | null; readonly reason: string }
  /** The receiver wants nothing more (410): the sink is switched off until an operator switches it on. */
  | { readonly kind: 'disabled'; readonly status: number | null; readonly reason: string }

/** Somewhere that alerts go. One file in this folder per kind; all pass one contract suite. */
export interface Sink {
  /** Unique among the configured sinks; names its consumer group, so a new name starts from the beginning. */
  readonly name: string
  readonly kind: string
  /** One attempt, bounded by the sink's own timeout and by `signal`. Never throws for what a receiver does. */
  deliver(
    record: AlertRecord & { telling: NonNullable<AlertRecord['telling']> },
    signal: AbortSignal,
  ): Promise<Delivery>
  close(): Promise<void>
}
