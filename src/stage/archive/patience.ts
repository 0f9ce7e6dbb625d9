import type { Table } from '#src/store/store.ts'
import { type ArchiveOptions, RETRY, type Refused, type Retry } from './options.ts'

/** The lane was closed while something was under way. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned'
  constructor() {
    super('the lane was closed')
  }
}

/** Waits that end when the lane is closed. */
export class Patience {
  readonly #options: ArchiveOptions
  readonly #retry: Retry
  readonly #signal: AbortSignal

  constructor(options: ArchiveOptions, signal: AbortSignal) {
    this.#options = options
    this.#retry = { ...RETRY, ...options.retry }
    this.#signal = signal
  }

  /** Tries until `attempt` gives a value; `{retry}` says why it did not. Throws `Abandoned` once the lane is closed. */
  async until<T>(table: Table | null, attempt: () => Promise<{ value: T } | { retry: string }>): Promise<T> {
    let wait = this.#retry.firstMs
    for (let count = 1; ; count++) {
      const outcome = await attempt()
      if ('value' in outcome) return outcome.value
      this.#options.events?.waiting?.(table, outcome.retry, count)
      await this.#sleep(wait)
      wait = Math.min(wait * 2, this.#retry.longestMs)
    }
  }

  /** Tells of what will never be stored, until somebody has taken note. */
  refuse(refused: Refused, reason: string): Promise<void> {
    return this.until(null, () => answerOf(async () => this.#options.onRefused(refused, reason)))
  }

  #sleep(ms: number): Promise<void> {
    const signal = this.#signal
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Abandoned())
      const abandon = (): void => {
        callOff()
        reject(new Abandoned())
      }
      const callOff = this.#options.after(ms, () => {
        signal.removeEventListener('abort', abandon)
        resolve()
      })
      signal.addEventListener('abort', abandon, { once: true })
    })
  }
}

/** A rejection as a reason to try again. */
export async function answerOf<T>(ask: () => Promise<T>): Promise<{ value: T } | { retry: string }> {
  try {
    return { value: await ask() }
  } catch (error) {
    return { retry: error instanceof Error ? error.message.slice(0, 500) : 'unknown' }
  }
}
