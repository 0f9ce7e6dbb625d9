import type { Produced } from '#src/stream/stream.ts'
import { doubled } from './attempt.ts'
import { pause, reasonOf, type Surroundings } from './surroundings.ts'

const BATCH = 500
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 30_000

interface Pending {
  readonly row: Produced
  readonly durable: () => void
}

/** Appends rows in order, in batches, until they are durable: a stream that is away for a while loses none. */
export class Rows {
  readonly #surroundings: Surroundings
  readonly #signal: AbortSignal
  readonly #held: (reason: string) => void
  readonly #pending: Pending[] = []
  #working: Promise<void> | null = null

  /** @param signal ends all trying; what is not durable by then is given up */
  constructor(surroundings: Surroundings, signal: AbortSignal, held: (reason: string) => void) {
    this.#surroundings = surroundings
    this.#signal = signal
    this.#held = held
  }

  get size(): number {
    return this.#pending.length
  }

  /** @param durable is called once the row is durable; must not throw */
  add(row: Produced, durable: () => void): void {
    this.#pending.push({ row, durable })
    this.#working ??= this.#work()
  }

  /** Resolves once nothing is pending, or the signal is aborted. */
  async settled(): Promise<void> {
    while (this.#working !== null) await this.#working
  }

  async #work(): Promise<void> {
    // Not in the caller's turn: rows that are added together go together, and `#working` must be set before it is cleared.
    await Promise.resolve()
    for (let failures = 0; this.#pending.length > 0 && !this.#signal.aborted; ) {
      const batch = this.#pending.slice(0, BATCH)
      try {
        await this.#surroundings.append(
          'deliveries',
          batch.map(({ row }) => row),
        )
      } catch (error) {
        this.#held(reasonOf(error))
        await pause(this.#surroundings, doubled(FIRST_RETRY_MS, failures++, LONGEST_RETRY_MS), this.#signal)
        continue
      }
      failures = 0
      this.#pending.splice(0, batch.length)
      for (const { durable } of batch) durable()
    }
    this.#working = null
  }
}
