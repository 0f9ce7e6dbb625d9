import type { Position } from '#src/stream/stream.ts'

/**
 * Remembers which records hold ticks that no checkpoint has yet. The resume position is the oldest of them: reading on from there
 * brings back every tally that the state does not hold.
 */
export class ResumePoint {
  readonly #records: { readonly position: Position; readonly lastTick: number }[] = []
  #head = 0
  #next: Position

  constructor(next: Position) {
    this.#next = next
  }

  /** The position after the last record read. */
  get next(): Position {
    return this.#next
  }

  read(position: Position, lastTick: number): void {
    this.#next = position + 1
    if (lastTick > Number.NEGATIVE_INFINITY) this.#records.push({ position, lastTick })
  }

  /** All ticks before `closed` are in the state now. */
  saved(closed: number): void {
    while (this.#head < this.#records.length && (this.#records[this.#head] as { lastTick: number }).lastTick < closed)
      this.#head += 1
    if (this.#head > 1024) {
      this.#records.splice(0, this.#head)
      this.#head = 0
    }
  }

  get position(): Position {
    return this.#records[this.#head]?.position ?? this.#next
  }
}
