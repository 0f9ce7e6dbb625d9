import type { EpochMs } from '#src/call/call.ts'
import type { Attack } from './attacks.ts'
import { attacksMs, type DemoScript, type ExpectedAlert, expectedAlerts } from './script.ts'
import { openTraffic, type Sent } from './traffic.ts'

/** Wall time, as the feed needs it. */
export interface FeedClock {
  now(): EpochMs
  /** Resolves after so long, or at once when the signal is given. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export interface FeedOptions {
  readonly script: DemoScript
  readonly clock: FeedClock
  /** Resolves once the lines (one record each) are durable: the feed's back-pressure. */
  append(lines: Uint8Array[]): Promise<void>
  readonly signal: AbortSignal
  /** Lines to an append while the past is told; 5,000. */
  readonly pastBatch?: number
  /** How often live traffic is sent, in milliseconds; 100. */
  readonly liveEveryMs?: number
  readonly events?: FeedEvents
}

/** What the feed tells whoever shows it. Must not throw. */
export interface FeedEvents {
  past?(calls: number, reachedEventTime: EpochMs): void
  live?(liveFrom: EpochMs, expected: readonly ExpectedAlert[]): void
  attack?(attack: Attack): void
}

/** Where the feed is. */
export interface Feed {
  /** Resolves when the past has been told: the live part starts then, and with it the attack script. */
  readonly live: Promise<{
    readonly liveFrom: EpochMs
    /** When the last attack is over. */
    readonly overAt: EpochMs
    readonly expected: readonly ExpectedAlert[]
  }>
  /** Resolves when the signal was given; rejects when an append failed. */
  readonly done: Promise<void>
}

/**
 * Sends the past as fast as `append` takes it, up to the present moment, then live traffic at its true rate with the attack script in
 * it, until the signal is given. Nothing overtakes: every line is appended in the log's order.
 */
export function startFeed(options: FeedOptions): Feed {
  const { promise: live, resolve, reject } = Promise.withResolvers<Awaited<Feed['live']>>()
  const done = run(options, resolve)
  done.then(
    () => reject(new Error('the feed was stopped before its live part')),
    (error: unknown) => reject(error),
  )
  // Whoever only awaits `done` must not be met by an unhandled rejection of `live`.
  live.catch(() => undefined)
  return { live, done }
}

async function run(options: FeedOptions, began: (live: Awaited<Feed['live']>) => void): Promise<void> {
  const { script, clock, signal, events } = options
  const reached = await tellPast(options)
  if (signal.aborted) return
  const liveFrom = reached
  const attacks = script.attacks(liveFrom)
  const expected = expectedAlerts(script.world, attacks)
  const traffic = openTraffic(script.world, liveFrom, [...script.trouble, ...attacks])
  events?.live?.(liveFrom, expected)
  began({ liveFrom, overAt: liveFrom + attacksMs, expected })
  const announced = new Set<Attack>()
  while (!signal.aborted) {
    await clock.sleep(options.liveEveryMs ?? 100, signal)
    const now = clock.now()
    for (const attack of attacks) {
      if (attack.from > now || announced.has(attack)) continue
      announced.add(attack)
      events?.attack?.(attack)
    }
    const lines = Array.from(traffic(now), encoded)
    if (lines.length > 0) await options.append(lines)
  }
}

/** Resolves with the event time that was reached: the present, give or take the last batch. */
async function tellPast(options: FeedOptions): Promise<EpochMs> {
  const { script, clock, signal, events } = options
  const size = options.pastBatch ?? 5_000
  const traffic = openTraffic(script.world, script.pastFrom, script.trouble)
  let calls = 0
  let reached = script.pastFrom
  // Telling two hours takes a few seconds, telling those takes less: it converges.
  while (!signal.aborted && clock.now() - reached > 50) {
    const until = Math.min(clock.now(), reached + 60_000)
    const lines = Array.from(traffic(until), encoded)
    for (let start = 0; start < lines.length; start += size) await options.append(lines.slice(start, start + size))
    calls += lines.length
    reached = until
    events?.past?.(calls, reached)
  }
  return reached
}

const encoder = new TextEncoder()

function encoded(sent: Sent): Uint8Array {
  return encoder.encode(sent.line)
}
