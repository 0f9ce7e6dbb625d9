import type { EpochMs } from '#src/call/call.ts'
import type { Delivery } from '#src/sink/sink.ts'
import { askedFor, doubled } from './attempt.ts'
import type { DeliverLimits } from './limits.ts'

/** What the attempts so far say of a receiver. Shared by all lanes of a sink. */
export interface Health {
  /** Failures in a row. */
  readonly failures: number
  /** The receiver asked not to be called before. */
  readonly askedUntil: EpochMs
  /** When a receiver that is down may be tried again, with one notice. */
  readonly probeAt: EpochMs
  /** The receiver wants nothing more. */
  readonly off: boolean
}

export const HEALTHY: Health = { failures: 0, askedUntil: 0, probeAt: 0, off: false }

/** The health after one more attempt. An answer of any kind, also a refusal, shows that the receiver is there. */
export function afterAttempt(
  health: Health,
  delivery: Delivery,
  now: EpochMs,
  random: number,
  limits: DeliverLimits,
): Health {
  if (delivery.kind === 'disabled') return { ...health, off: true }
  if (delivery.kind !== 'retry') return { ...health, failures: 0, probeAt: 0 }
  const failures = health.failures + 1
  const asked = askedFor(delivery, limits)
  const askedUntil = asked === 0 ? health.askedUntil : Math.max(health.askedUntil, now + asked)
  if (failures < limits.failuresBeforePause) return { ...health, failures, askedUntil }
  const pause = doubled(limits.firstPauseMs, failures - limits.failuresBeforePause, limits.longestPauseMs)
  // Half of it is certain, so that a receiver that is down is never hammered; half is jitter, so that many do not return at once.
  return { ...health, failures, askedUntil, probeAt: now + Math.ceil(pause / 2 + (random * pause) / 2) }
}

export function isDown(health: Health, limits: DeliverLimits): boolean {
  return health.failures >= limits.failuresBeforePause
}

/** When the next attempt may start; `null` where the end of one under way must come first, or for good. */
export function mayStartAt(health: Health, underWay: number, limits: DeliverLimits): EpochMs | null {
  if (health.off) return null
  const down = isDown(health, limits)
  if (underWay >= (down ? 1 : limits.concurrency)) return null
  return Math.max(health.askedUntil, down ? health.probeAt : 0)
}
