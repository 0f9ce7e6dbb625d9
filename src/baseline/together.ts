import type { Cells } from './kind.ts'
import type { Layout } from './measure.ts'
import { emptyTally, mergeTally, type Tally } from './tally.ts'

/**
 * Adds what was counted for endpoints to the tally of their service: of an endpoint's tally what a service's holds. Endpoints are counted
 * once, so it merges as exactly as they do.
 */
export class Together {
  readonly #layout: Layout
  /** Where in an endpoint's tally each thing of a service's lies. */
  readonly #integers: readonly number[]
  readonly #pairs: readonly number[]
  readonly #names: readonly number[]
  readonly #samples: readonly number[]
  /** What is taken of the tally in hand; used again. */
  readonly #taken: Tally

  /** Throws where services are to be judged by what is not counted for endpoints: a detector's mistake. */
  constructor(service: Layout, endpoint: Layout) {
    const found = service.parts.map(({ measure, kind }) => {
      const part = endpoint.parts.find((one) => one.measure.name === measure.name)
      if (part === undefined) throw new Error(`measure ${measure.name} is counted for no endpoint`)
      return { kind, cells: part.cells }
    })
    const placesOf = (has: (part: (typeof found)[number]) => boolean, place: (cells: Cells) => number): number[] =>
      found.filter(has).map(({ cells }) => place(cells))
    this.#layout = service
    // The first integer is that of all calls.
    this.#integers = [
      0,
      ...found.flatMap(({ kind, cells }) => Array.from({ length: kind.integers }, (_, i) => cells.integer + i)),
    ]
    this.#pairs = placesOf(
      ({ kind }) => kind.pairs !== null,
      ({ pairs }) => pairs,
    )
    this.#names = placesOf(
      ({ kind }) => kind.hasNames,
      ({ names }) => names,
    )
    this.#samples = service.samples.map(({ name }) => {
      const at = endpoint.samples.findIndex((rule) => rule.name === name)
      if (at < 0) throw new Error(`no calls are sampled as ${name} for endpoints`)
      return at
    })
    this.#taken = emptyTally(service)
  }

  add(into: Tally, from: Tally): void {
    take(this.#taken.integers, from.integers, this.#integers)
    take(this.#taken.pairs, from.pairs, this.#pairs)
    take(this.#taken.names, from.names, this.#names)
    take(this.#taken.samples, from.samples, this.#samples)
    mergeTally(this.#layout, into, this.#taken)
  }
}

function take<T>(into: T[], from: readonly T[], places: readonly number[]): void {
  for (let i = 0; i < places.length; i += 1) into[i] = from[places[i] as number] as T
}
