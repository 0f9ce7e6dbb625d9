/** Slots of a fresh set; a power of two. */
const FIRST_SLOTS = 256

/**
 * A set of 64-bit hashes, in an array that the garbage collector does not walk. Two ids with one hash are taken for one: by chance
 * that happens once in 10^9 for 200,000 ids, and who wants it can as well send the same id twice.
 */
export class HashSet {
  #slots = new Uint32Array(2 * FIRST_SLOTS)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(high: number, low: number): boolean {
    return this.#find(high, low | 1) >= 0
  }

  /** Adds a hash that is not in the set. */
  add(high: number, low: number): void {
    if (2 * (this.#size + 1) > this.#slots.length / 2) this.#grow()
    this.#put(high, low | 1)
    this.#size += 1
  }

  /** The slot of a hash, or -1. The low half is odd, so that zero means an empty slot. */
  #find(high: number, low: number): number {
    const mask = this.#slots.length / 2 - 1
    for (let slot = high & mask; ; slot = (slot + 1) & mask) {
      const there = this.#slots[2 * slot + 1] as number
      if (there === 0) return -1
      if (there === low >>> 0 && this.#slots[2 * slot] === high >>> 0) return slot
    }
  }

  #put(high: number, low: number): void {
    const mask = this.#slots.length / 2 - 1
    let slot = high & mask
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask
    this.#slots[2 * slot] = high
    this.#slots[2 * slot + 1] = low
  }

  #grow(): void {
    const before = this.#slots
    this.#slots = new Uint32Array(2 * before.length)
    for (let i = 0; i < before.length; i += 2) {
      if (before[i + 1] !== 0) this.#put(before[i] as number, before[i + 1] as number)
    }
  }
}
