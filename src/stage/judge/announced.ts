import type { Announcement } from '#src/baseline/block.ts'

/** Endpoints that sources have announced, and whose tick is not settled yet: each once, with the earliest tick of all sources. */
export class Announced {
  readonly #most: number
  readonly #waiting = new Map<string, number>()

  /** More than `most` are not kept: where so many are new at once, names say nothing. */
  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#waiting.size
  }

  add({ key, tick }: Announcement): void {
    const known = this.#waiting.get(key)
    if (known === undefined && this.#waiting.size >= this.#most) return
    this.#waiting.set(key, Math.min(tick, known ?? tick))
  }

  /** Takes out what was announced for ticks before this one, in an order that does not depend on who came first. */
  take(before: number): readonly Announcement[] {
    if (this.#waiting.size === 0) return []
    const due: Announcement[] = []
    for (const [key, tick] of this.#waiting) if (tick < before) due.push({ key, tick })
    for (const { key } of due) this.#waiting.delete(key)
    return due.sort((a, b) => a.tick - b.tick || (a.key < b.key ? -1 : 1))
  }
}
