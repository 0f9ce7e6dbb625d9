/**
 * Counts what is between its arrival and its durability, so that memory stays bounded however slow the stream is.
 * A body is counted from before it is read until its append has settled, also when its sender has gone.
 */
export class WaitingRoom {
  readonly #maxRequests: number
  readonly #maxBytes: number
  readonly #changed: (requests: number, bytes: number) => void
  #requests = 0
  #bytes = 0

  constructor(maxRequests: number, maxBytes: number, changed: (requests: number, bytes: number) => void) {
    this.#maxRequests = maxRequests
    this.#maxBytes = maxBytes
    this.#changed = changed
  }

  /** A seat, or `null` where there is none. A single body that is larger than the room may have it for itself. */
  enter(bytes: number): Seat | null {
    if (this.#requests >= this.#maxRequests || !this.#fits(bytes, this.#requests)) return null
    this.#move(1, bytes)
    return new Seat(bytes, (from, to) => this.#resize(from, to))
  }

  #fits(more: number, others: number): boolean {
    return others === 0 || this.#bytes + more <= this.#maxBytes
  }

  #resize(from: number, to: number | null): boolean {
    if (to === null) {
      this.#move(-1, -from)
      return true
    }
    if (to > from && !this.#fits(to - from, this.#requests - 1)) return false
    this.#move(0, to - from)
    return true
  }

  #move(requests: number, bytes: number): void {
    this.#requests += requests
    this.#bytes += bytes
    this.#changed(this.#requests, this.#bytes)
  }
}

/** One request's place. It is free again when the answer is out and every promise held by it has settled. */
export class Seat {
  readonly #resize: (from: number, to: number | null) => boolean
  #bytes: number
  #answered = false
  #freed = false
  #holds = 0

  constructor(bytes: number, resize: (from: number, to: number | null) => boolean) {
    this.#bytes = bytes
    this.#resize = resize
  }

  /** Whether the room has place for the new size. */
  resize(bytes: number): boolean {
    if (this.#freed || !this.#resize(this.#bytes, bytes)) return false
    this.#bytes = bytes
    return true
  }

  /** Keeps the seat until the promise has settled, whatever becomes of the request. */
  hold(until: Promise<unknown>): void {
    this.#holds += 1
    const settled = (): void => {
      this.#holds -= 1
      this.#free()
    }
    until.then(settled, settled)
  }

  /** The answer is out or the sender is gone. May be called more than once. */
  answered(): void {
    this.#answered = true
    this.#free()
  }

  #free(): void {
    if (this.#freed || !this.#answered || this.#holds > 0) return
    this.#freed = true
    this.#resize(this.#bytes, null)
  }
}
