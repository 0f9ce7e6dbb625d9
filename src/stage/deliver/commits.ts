import type { DrainOpening } from '#src/stream/stream.ts'
import type { Progress } from './note.ts'
import { pause, reasonOf, type Surroundings } from './surroundings.ts'

/**
 * Commits how far a lane is, one commit at a time and not too often. The first failure is the last commit: the lane may have a
 * newer owner, so it must do nothing more outside, and the stream opens it again if it has none.
 */
export class Commits {
  readonly #opening: DrainOpening
  readonly #surroundings: Surroundings
  readonly #progress: () => Progress | null
  readonly #failed: (failure: Error) => void
  readonly #signal: AbortSignal
  readonly #everyMs: number
  #last: Progress | null
  #working: Promise<void> | null = null
  #failure: Error | null = null

  constructor(
    opening: DrainOpening,
    surroundings: Surroundings,
    everyMs: number,
    signal: AbortSignal,
    progress: () => Progress | null,
    failed: (failure: Error) => void,
  ) {
    this.#opening = opening
    this.#surroundings = surroundings
    this.#everyMs = everyMs
    this.#signal = signal
    this.#progress = progress
    this.#failed = failed
    this.#last = opening.resume === null ? null : { resume: opening.resume, note: opening.note }
  }

  get failure(): Error | null {
    return this.#failure
  }

  /** There may be something to commit. */
  soon(): void {
    if (!this.#signal.aborted) this.#working ??= this.#work()
  }

  /** The last commit, after everything else has come to rest and `signal` was aborted. */
  async last(): Promise<void> {
    await this.#working
    const next = this.#due()
    if (this.#failure === null && next !== null) await this.#commit(next)
  }

  async #work(): Promise<void> {
    // Not in the caller's turn: `#working` must be set before it is cleared.
    await Promise.resolve()
    while (!this.#signal.aborted && this.#failure === null) {
      const next = this.#due()
      if (next === null) break
      await this.#commit(next)
      await pause(this.#surroundings, this.#everyMs, this.#signal)
    }
    this.#working = null
  }

  #due(): Progress | null {
    const next = this.#progress()
    if (next === null) return null
    return next.resume === this.#last?.resume && next.note === this.#last.note ? null : next
  }

  async #commit(next: Progress): Promise<void> {
    try {
      await this.#opening.commit(next.resume, next.note)
      this.#last = next
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(reasonOf(error))
      this.#failed(this.#failure)
    }
  }
}
