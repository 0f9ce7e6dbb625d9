/** Runs at most `atOnce` tasks at once, the others in the order of their asking. Whoever asks bounds how many ask. */
export class Turns {
  readonly #atOnce: number
  readonly #queue: (() => void)[] = []
  #running = 0

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  /** How many run or wait. */
  get size(): number {
    return this.#running + this.#queue.length
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) await new Promise<void>((go) => this.#queue.push(go))
    else this.#running += 1
    try {
      return await task()
    } finally {
      // The place is handed on, so nobody can slip in between.
      const next = this.#queue.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}

/** The promise's value, or a rejection with `tooLate()` after so many milliseconds. The promise itself goes on. */
export async function within<T>(promise: Promise<T>, ms: number, tooLate: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate()), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
