import type { EpochMs } from '#src/call/call.ts'
import type { Delivery } from '#src/sink/sink.ts'
import type { DeliverLimits } from './limits.ts'

/** What follows from one attempt, for its notice. */
export type Next =
  | { readonly kind: 'done'; readonly outcome: 'delivered' | 'rejected' | 'given-up' | 'disabled' }
  | { readonly kind: 'again'; readonly at: EpochMs }

/** What is known besides the attempt itself. */
export interface Circumstances {
  /** Attempts at this notice so far, this one included. */
  readonly attempt: number
  /** Whether the receiver has taken another notice since the first attempt at this one. */
  readonly othersTaken: boolean
  readonly now: EpochMs
  /** 0 to below 1. */
  readonly random: number
}

/**
 * Exponential back-off with full jitter; not before what the receiver asked for. A notice is given up only where the receiver
 * takes others: while it takes nothing, everything waits, however long.
 */
export function nextAttempt(delivery: Delivery, circumstances: Circumstances, limits: DeliverLimits): Next {
  if (delivery.kind !== 'retry') return { kind: 'done', outcome: delivery.kind }
  const { attempt, othersTaken, now, random } = circumstances
  if (attempt >= limits.attempts && othersTaken) return { kind: 'done', outcome: 'given-up' }
  const jittered = random * doubled(limits.firstBackoffMs, attempt - 1, limits.longestBackoffMs)
  return { kind: 'again', at: now + Math.ceil(Math.max(jittered, askedFor(delivery, limits))) }
}

/** How long the receiver asked not to be called, in milliseconds: 0 unless it did. */
export function askedFor(delivery: Delivery, limits: DeliverLimits): number {
  const asked = delivery.kind === 'retry' ? (delivery.afterMs ?? 0) : 0
  return Number.isNaN(asked) ? 0 : Math.min(Math.max(0, asked), limits.longestRetryAfterMs)
}

/** `first` doubled so many times, at most `longest`. */
export function doubled(first: number, times: number, longest: number): number {
  // 2^30 is beyond every bound; without it the power overflows to Infinity and times 0 is not a number.
  return Math.min(first * 2 ** Math.min(Math.max(0, times), 30), longest)
}
