import { type DrainOpening, Fenced } from '#src/stream/stream.ts'
import { doubled } from './attempt.ts'
import type { Progress } from './note.ts'
import { pause, reasonOf, type Surroundings } from './surroundings.ts'

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

/**
 * Commits how far a lane is, one commit at a time and not too often. After a failure nothing may be done outside until a later
 * commit shows that the lane is still the owner; after a refusal, nothing ever.
 */
export class Commits {
  readonly #opening: DrainOpening
  readonly #surroundings: Surroundings
  readonly #progress: () => Progress | null
  readonly #changed: (failure: Error | null) => void
  readonly #signal: AbortSignal
  readonly #everyMs: number
  #last: Progress | null
  #working: Promise<void> | null = null
  #failure: Error | null = null

  /** @param changed is told of a failure, and of `null` once a commit got through again */
  constructor(
    opening: DrainOpening,
    surroundings: Surroundings,
    everyMs: number,
    signal: AbortSignal,
    progress: () => Progress | null,
    changed: (failure: Error | null) => void,
  ) {
    this.#opening = opening
    this.#surroundings = surroundings
    this.#everyMs = everyMs
    this.#signal = signal
    this.#progress = progress
    this.#changed = changed
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
    for (let failures = 0; !this.#signal.aborted && !(this.#failure instanceof Fenced); ) {
      const next = this.#due()
      if (next === null) break
      failures = (await this.#commit(next)) ? 0 : failures + 1
      const wait = failures === 0 ? this.#everyMs : doubled(FIRST_RETRY_MS, failures - 1, LONGEST_RETRY_MS)
      await pause(this.#surroundings, wait, this.#signal)
    }
    this.#working = null
  }

  #due(): Progress | null {
    const next = this.#progress()
    if (next === null) return null
    return next.resume === this.#last?.resume && next.note === this.#last.note ? null : next
  }

  async #commit(next: Progress): Promise<boolean> {
    try {
      await this.#opening.commit(next.resume, next.note)
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(reasonOf(error))
      this.#changed(this.#failure)
      return false
    }
    this.#last = next
    const failed = this.#failure !== null
    this.#failure = null
    if (failed) this.#changed(null)
    return true
  }
}
