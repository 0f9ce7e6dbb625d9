/** Time that passes only when the test says so. */
export class Clock {
  now: number
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = []

  constructor(now = Date.parse('2026-11-22T09:30:00Z')) {
    this.now = now
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const sleeper = { at: this.now + ms, wake: resolve }
    this.#sleepers.push(sleeper)
    signal.addEventListener('abort', () => {
      const index = this.#sleepers.indexOf(sleeper)
      if (index >= 0) this.#sleepers.splice(index, 1)
      resolve()
    })
    return promise
  }

  /** Lets everything run that needs no time. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** Lets time pass from sleeper to sleeper, until `done`, or nobody sleeps, or `limitMs` are over. */
  async run(done: () => boolean = () => false, limitMs = 86_400_000): Promise<boolean> {
    const end = this.now + limitMs
    for (;;) {
      await this.settle()
      if (done()) return true
      const next = this.#sleepers.reduce<number | null>((at, sleeper) => Math.min(at ?? sleeper.at, sleeper.at), null)
      if (next === null) return false
      if (next > end) {
        this.now = end
        return false
      }
      this.now = next
      const due = this.#sleepers.filter(({ at }) => at <= next)
      for (const sleeper of due) this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1)
      for (const { wake } of due) wake()
    }
  }
}
