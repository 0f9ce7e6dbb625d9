import type { Place } from '#src/baseline/kind.ts'

/** A place that is filled before it is used. */
export function newPlace(): Place {
  return { numbers: new Float64Array(0), at: 0, bins: new Uint16Array(0), binsAt: 0 }
}

/**
 * Where entities keep their numbers: one row of doubles and one of histogram bins each, in two large arrays that grow by
 * doubling. Struct of arrays: nothing for the garbage collector to walk, a copy is one `set`, a checkpoint is the row.
 */
export class Rows {
  readonly width: number
  readonly binsWidth: number
  numbers: Float64Array
  bins: Uint16Array
  readonly #free: number[] = []
  #used = 0

  constructor(width: number, binsWidth: number, capacity = 64) {
    this.width = width
    this.binsWidth = binsWidth
    this.numbers = new Float64Array(width * capacity)
    this.bins = new Uint16Array(binsWidth * capacity)
  }

  /** How many rows are in use. */
  get size(): number {
    return this.#used - this.#free.length
  }

  /** Takes a row of zeros; its number stays valid until it is released. */
  take(): number {
    const again = this.#free.pop()
    if (again !== undefined) return again
    if ((this.#used + 1) * this.width > this.numbers.length) this.#grow()
    this.#used += 1
    return this.#used - 1
  }

  release(row: number): void {
    this.numbers.fill(0, row * this.width, (row + 1) * this.width)
    this.bins.fill(0, row * this.binsWidth, (row + 1) * this.binsWidth)
    this.#free.push(row)
  }

  /** Where one measure of a row lies. `into` is filled and returned: this is asked several times for each tally. */
  place(row: number, { at, binsAt }: { readonly at: number; readonly binsAt: number }, into: Place): Place {
    into.numbers = this.numbers
    into.at = row * this.width + at
    into.bins = this.bins
    into.binsAt = row * this.binsWidth + binsAt
    return into
  }

  /** Copies a row to row 0 of another set of the same widths. */
  copyTo(row: number, scratch: Rows): void {
    scratch.numbers.set(this.numbers.subarray(row * this.width, (row + 1) * this.width))
    scratch.bins.set(this.bins.subarray(row * this.binsWidth, (row + 1) * this.binsWidth))
  }

  #grow(): void {
    const numbers = new Float64Array(this.numbers.length * 2)
    numbers.set(this.numbers)
    this.numbers = numbers
    const bins = new Uint16Array(this.bins.length * 2)
    bins.set(this.bins)
    this.bins = bins
  }
}
