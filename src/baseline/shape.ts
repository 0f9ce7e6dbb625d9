import { Malformed } from './bytes.ts'
import type { Layout } from './measure.ts'
import { NO_BINS, NO_SAMPLE, type Tally } from './tally.ts'

/** What a tally holds and in which order, as far as it can be told from a layout's signature: names only. */
export interface Shape {
  readonly counts: readonly string[]
  readonly ratios: readonly string[]
  readonly sizes: readonly string[]
  readonly samples: readonly string[]
}

/** How many names a signature may hold: it comes from a topic. */
const NAMES_MOST = 256

/** Reads a signature. Throws `Malformed` for what is none of this scope. */
export function shapeOf(signature: string, scope: string): Shape {
  const match = /^([a-z]+)\(([^()[\]]*)\)\[([^()[\]]*)\]$/.exec(signature)
  if (match === null || match[1] !== scope)
    throw new Malformed(`not a signature of ${scope}: ${signature.slice(0, 100)}`)
  const measures = namesOf(match[2] as string)
  const ofKind = (kind: string): string[] =>
    measures.filter((name) => name.startsWith(`${kind}:`)).map((name) => name.slice(kind.length + 1))
  const shape = {
    counts: ofKind('count'),
    ratios: ofKind('ratio'),
    sizes: ofKind('sizes'),
    samples: namesOf(match[3] as string),
  }
  if (shape.counts.length + shape.ratios.length + shape.sizes.length !== measures.length) {
    throw new Malformed(`measures of an unknown kind: ${signature.slice(0, 100)}`)
  }
  return shape
}

/**
 * A tally as a process with other detectors wrote it, in this process's layout: what both know is kept, what only this one knows
 * is zero. So a change of detectors loses nothing that both of them count.
 */
export function translate(tally: Tally, written: Shape, layout: Layout): Tally {
  const integers = new Array<number>(layout.integers).fill(0)
  integers[0] = tally.integers[0] as number
  layout.counts.forEach(({ name }, i) => {
    const from = written.counts.indexOf(name)
    if (from >= 0) integers[1 + i] = tally.integers[1 + from] as number
  })
  const ratiosAt = 1 + layout.counts.length
  const writtenAt = 1 + written.counts.length
  layout.ratios.forEach(({ name }, i) => {
    const from = written.ratios.indexOf(name)
    if (from < 0) return
    integers[ratiosAt + 2 * i] = tally.integers[writtenAt + 2 * from] as number
    integers[ratiosAt + 2 * i + 1] = tally.integers[writtenAt + 2 * from + 1] as number
  })
  return {
    integers,
    bins: layout.sizes.map(({ name }) => tally.bins[written.sizes.indexOf(name)] ?? NO_BINS),
    samples: layout.samples.map(({ name }) => tally.samples[written.samples.indexOf(name)] ?? NO_SAMPLE),
  }
}

function namesOf(list: string): string[] {
  const names = list === '' ? [] : list.split(',')
  if (names.length > NAMES_MOST) throw new Malformed(`${names.length} names in a signature`)
  return names
}
