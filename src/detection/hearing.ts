/**
 * In which ticks anything was heard at all, of whatever service. Where nothing is, the telemetry is gone, or Tidemark was: that says nothing of any one endpoint, or a
 * restart after an hour would tell of all of them. Only settled ticks count; what is known reaches back `keptTicks`, further than anybody whose silence counts is judged.
 */
export interface Stretch {
  /** Its first tick, and the tick after its last as far as ticks are settled. */
  from: number
  until: number
  isDeaf: boolean
}

/** After a minute in which nothing at all was heard nobody is expected back at once: whoever sends tries again when it pleases. */
export const DEAF_MS = 60_000
/** After a day that nothing is heard is the new normal. */
const DEAF_MOST_MS = 86_400_000

/** Ticks of which nothing is known are taken for heard: what is not settled, and what is long ago. */
const HEARD: Readonly<Stretch> = { from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY, isDeaf: false }
export const ALWAYS_HEARD = { at: (): Readonly<Stretch> => HEARD }

/** What of it is state: the last tick that was heard and is settled, and the deaf stretches before it. */
export type HeardState = readonly [last: number, deaf: readonly (readonly [from: number, until: number])[]]

export class Hearing {
  readonly #keptTicks: number
  readonly #mostTicks: number
  /** Heard, and not settled. */
  readonly #open = new Set<number>()
  #last: number | null = null
  #deaf: (readonly [number, number])[] = []
  #settled = Number.NEGATIVE_INFINITY
  /** One object for all answers. */
  readonly #stretch: Stretch = { ...HEARD }

  constructor(tickMs: number, keptTicks: number, state: HeardState | null) {
    this.#keptTicks = keptTicks
    this.#mostTicks = DEAF_MOST_MS / tickMs
    if (state === null) return
    this.#last = state[0]
    this.#deaf = [...state[1]]
  }

  get state(): HeardState | null {
    return this.#last === null ? null : [this.#last, this.#deaf]
  }

  /** Whether ticks were heard that are not settled. */
  get waits(): boolean {
    return this.#open.size > 0
  }

  /** Something was heard in a tick that is not settled. */
  hear(tick: number): void {
    this.#open.add(tick)
  }

  /** Settles all ticks before this one. */
  settle(before: number): void {
    this.#settled = Math.max(this.#settled, before)
    const due: number[] = []
    for (const tick of this.#open) if (tick < before) due.push(tick)
    for (const tick of due.sort((a, b) => a - b)) {
      this.#open.delete(tick)
      if (this.#last !== null && tick > this.#last + 1) this.#deaf.push([this.#last + 1, tick])
      this.#last = tick
    }
    const oldest = this.#deaf[0]
    if (oldest !== undefined && oldest[1] <= before - 2 * this.#keptTicks)
      this.#deaf = this.#deaf.filter(([, until]) => until > before - this.#keptTicks)
  }

  /** The stretch of a tick: in all of its ticks from there on something was heard, or in none. Good until the next question. */
  at(tick: number): Readonly<Stretch> {
    const known = this.#settled - this.#keptTicks
    if (tick < known) return this.#answer(tick, known, false)
    if (this.#last === null || tick >= this.#settled) return HEARD
    if (tick > this.#last) return this.#deafAt(tick, this.#last + 1, this.#settled)
    let next = this.#last + 1
    for (let i = this.#deaf.length - 1; i >= 0; i -= 1) {
      const [from, until] = this.#deaf[i] as readonly [number, number]
      if (tick >= until) break
      if (tick >= from) return this.#deafAt(tick, from, until)
      next = from
    }
    return this.#answer(tick, next, false)
  }

  #deafAt(tick: number, from: number, until: number): Readonly<Stretch> {
    const end = Math.min(until, from + this.#mostTicks)
    return tick < end ? this.#answer(from, end, true) : this.#answer(end, until, false)
  }

  #answer(from: number, until: number, isDeaf: boolean): Readonly<Stretch> {
    this.#stretch.from = from
    this.#stretch.until = until
    this.#stretch.isDeaf = isDeaf
    return this.#stretch
  }
}
