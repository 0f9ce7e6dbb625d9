import { Malformed } from './bytes.ts'
import type { Cells, Kind, Pairs } from './kind.ts'
import { kindOf } from './kinds.ts'
import { type Layout, placesOf } from './measure.ts'
import { NO_NAMES, NO_PAIRS, NO_SAMPLE, type Tally } from './tally.ts'

/** What a tally holds and in which order, as far as it can be told from a layout's signature: kinds and names. */
export interface Shape {
  readonly parts: readonly { readonly name: string; readonly kind: Kind; readonly cells: Cells }[]
  readonly integers: number
  readonly pairs: readonly Pairs[]
  /** How many lists of names, and which samples. */
  readonly names: number
  readonly samples: readonly string[]
}

/** How many names a signature may hold: it comes from a topic. */
const NAMES_MOST = 256

/** Reads a signature. Throws `Malformed` for what is none of this scope. */
export function shapeOf(signature: string, scope: string): Shape {
  const match = /^([a-z]+)\(([^()[\]]*)\)\[([^()[\]]*)\]$/.exec(signature)
  if (match === null || match[1] !== scope)
    throw new Malformed(`not a signature of ${scope}: ${signature.slice(0, 100)}`)
  const measures = namesOf(match[2] as string).map((text) => {
    const colon = text.indexOf(':')
    const kind = kindOf(text.slice(0, colon))
    if (kind === undefined) throw new Malformed(`measures of an unknown kind: ${signature.slice(0, 100)}`)
    return { name: text.slice(colon + 1), kind }
  })
  const { cells, integers, pairs } = placesOf(measures.map(({ kind }) => kind))
  return {
    parts: measures.map((measure, i) => ({ ...measure, cells: cells[i] as Cells })),
    integers,
    pairs,
    names: measures.filter(({ kind }) => kind.hasNames).length,
    samples: namesOf(match[3] as string),
  }
}

/**
 * A tally as a process with other detectors wrote it, in this process's layout: what both know is kept, what only this one knows
 * is zero. So a change of detectors loses nothing that both of them count.
 */
export function translate(tally: Tally, written: Shape, layout: Layout): Tally {
  const integers = new Array<number>(layout.integers).fill(0)
  integers[0] = tally.integers[0] as number
  const pairs: (readonly number[])[] = layout.pairs.map(() => NO_PAIRS)
  const names: Tally['names'] = layout.names.map(() => NO_NAMES)
  for (const { measure, kind, cells } of layout.parts) {
    const from = written.parts.find((part) => part.name === measure.name && part.kind.kind === kind.kind)?.cells
    if (from === undefined) continue
    for (let i = 0; i < kind.integers; i += 1) integers[cells.integer + i] = tally.integers[from.integer + i] as number
    if (kind.pairs !== null) pairs[cells.pairs] = tally.pairs[from.pairs] ?? NO_PAIRS
    if (kind.hasNames) names[cells.names] = tally.names[from.names] ?? NO_NAMES
  }
  const samples = layout.samples.map(({ name }) => tally.samples[written.samples.indexOf(name)] ?? NO_SAMPLE)
  return { integers, pairs, names, samples }
}

function namesOf(list: string): string[] {
  const names = list === '' ? [] : list.split(',')
  if (names.length > NAMES_MOST) throw new Malformed(`${names.length} names in a signature`)
  return names
}
