import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LaneRun } from './lane.ts'
import { type BatchLimits, Fenced, type StreamEvents } from './stream.ts'

/** Wakes a driver that waits. */
export class Signal {
  #ring: (() => void) | null = null

  ring(): void {
    this.#ring?.()
  }

  /** Resolves at the next ring or after `ms`, whichever is first. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#ring = null
        resolve()
      }
      // Longer than a timer can count: only a ring ends the wait.
      const timer = ms < 2 ** 31 ? setTimeout(done, ms) : undefined
      this.#ring = done
    })
  }
}

export interface DriverOptions {
  readonly run: LaneRun
  readonly batch: BatchLimits
  /** `Infinity` for a stage that is not told of silence. */
  readonly idleAfterMs: number
  readonly events: StreamEvents
  readonly signal: Signal
  readonly now: () => number
}

const FIRST_BACKOFF_MS = 20
const LAST_BACKOFF_MS = 10_000

/** Runs one lane by the clock: opens it, steps when a step is due, drops it at any failure and opens it again. */
export class Driver {
  readonly run: LaneRun
  readonly #options: DriverOptions
  readonly #ended: Promise<void>
  #stopping = false
  #failures = 0

  constructor(options: DriverOptions) {
    this.run = options.run
    this.#options = options
    this.#ended = this.#loop().catch((error: unknown) => {
      options.events.fatal?.(error instanceof Error ? error : new Error(String(error)))
    })
  }

  wake(): void {
    this.#options.signal.ring()
  }

  /** Finishes the step under way and leaves. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.wake()
    await this.#drop()
    await this.#ended
  }

  async #loop(): Promise<void> {
    while (!this.#stopping) {
      const failure = await this.#life()
      await this.#drop()
      if (failure === null) return
      this.#tell(failure.error)
      if (failure.error instanceof Fenced) return
      await this.#backOff()
    }
  }

  /** From opening to failure; `null` when the lane was asked to stop. */
  async #life(): Promise<{ readonly error: unknown } | null> {
    try {
      await this.run.open()
      await this.#serve()
      return null
    } catch (error) {
      return { error }
    }
  }

  async #serve(): Promise<void> {
    const { run, batch, idleAfterMs, signal, now } = this.#options
    let quietSince = performance.now()
    let waitingSince: number | null = null
    while (!this.#stopping) {
      run.check()
      const behind = run.behind()
      const at = performance.now()
      waitingSince = behind === 0 ? null : (waitingSince ?? at)
      const due = waitingSince === null ? quietSince + idleAfterMs : waitingSince + batch.waitMs
      if (behind < batch.records && due > at) {
        await signal.wait(Math.ceil(due - at))
        continue
      }
      if (behind === 0) await run.idle(now())
      else await run.advance(batch.records)
      this.#failures = 0
      waitingSince = null
      quietSince = performance.now()
      // Commits may resolve without leaving the event loop's turn: let timers and sockets have theirs.
      await nextTurn()
    }
  }

  /** New records ring too, and must not shorten it. */
  async #backOff(): Promise<void> {
    this.#failures += 1
    const ms = Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(this.#failures - 1, 16))
    const until = performance.now() + ms
    for (let left = ms; left > 0 && !this.#stopping; left = until - performance.now()) {
      await this.#options.signal.wait(Math.ceil(left))
    }
  }

  async #drop(): Promise<void> {
    try {
      await this.run.drop()
    } catch (error) {
      this.#tell(error)
    }
  }

  #tell(error: unknown): void {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    this.#options.events.dropped?.(this.run.name.stage, this.run.source, reason)
  }
}
