import type { ApiCall } from '#src/call/call.ts'

/** How many calls of a kind. */
export interface Count {
  readonly kind: 'count'
  readonly name: string
  readonly where: (call: ApiCall) => boolean
}

/** How many calls of a kind among calls of another kind. */
export interface Ratio {
  readonly kind: 'ratio'
  readonly name: string
  readonly of: (call: ApiCall) => boolean
  readonly among: (call: ApiCall) => boolean
}

/** Which sizes, in bytes; `null` where a call does not count. */
export interface Sizes {
  readonly kind: 'sizes'
  readonly name: string
  readonly of: (call: ApiCall) => number | null
}

/** One thing counted. Equal names mean equal measures: two detectors that share one share its tallies and its baseline. */
export type Measure = Count | Ratio | Sizes

export function count(name: string, where: (call: ApiCall) => boolean): Count {
  return { kind: 'count', name, where }
}

export function ratio(name: string, of: (call: ApiCall) => boolean, among: (call: ApiCall) => boolean): Ratio {
  return { kind: 'ratio', name, of, among }
}

export function sizes(name: string, of: (call: ApiCall) => number | null): Sizes {
  return { kind: 'sizes', name, of }
}

/** The kinds of entity that have tallies of their own. */
export type Scope = 'endpoint' | 'identity'
export const SCOPES: readonly Scope[] = ['endpoint', 'identity']

/** Which calls illustrate a detector's alerts, and in which order they are preferred (see `Sampled.rank`). */
export interface SampleRule {
  readonly name: string
  /** `null`: not an example. `hash` is an even 32-bit hash of the call's id. */
  readonly rank: (call: ApiCall, hash: number) => number | null
}

/**
 * What is counted for every entity of a scope: the measures and samples of all detectors that look at it, by name.
 * A tally's integers are: calls, then one for each count, two (part, whole) for each ratio.
 */
export interface Layout {
  readonly scope: Scope
  readonly counts: readonly Count[]
  readonly ratios: readonly Ratio[]
  readonly sizes: readonly Sizes[]
  readonly samples: readonly SampleRule[]
  readonly integers: number
  /** Tells two layouts apart: tallies of one are not merged into the other. */
  readonly signature: string
}

/** Names stand in signatures, separated by commas. */
const NAME = /^[a-z][a-z0-9 -]{0,62}$/

/** Throws when two measures share a name and not a kind: a detector's mistake, found at start-up. */
export function layoutOf(scope: Scope, measures: readonly Measure[], samples: readonly SampleRule[]): Layout {
  const byName = new Map<string, Measure>()
  for (const { name } of [...measures, ...samples]) {
    if (!NAME.test(name))
      throw new Error(`${JSON.stringify(name)} is no name: expected lower-case letters, digits, blanks and hyphens`)
  }
  for (const measure of measures) {
    const known = byName.get(measure.name)
    if (known !== undefined && known.kind !== measure.kind) {
      throw new Error(`measure ${measure.name} is declared as ${known.kind} and as ${measure.kind}`)
    }
    byName.set(measure.name, measure)
  }
  const sorted = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const counts = sorted.filter((one) => one.kind === 'count')
  const ratios = sorted.filter((one) => one.kind === 'ratio')
  const kinds = sorted.filter((one) => one.kind === 'sizes')
  const rules = [...new Map(samples.map((rule) => [rule.name, rule])).values()].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )
  const names = [...counts, ...ratios, ...kinds].map((one) => `${one.kind}:${one.name}`)
  return {
    scope,
    counts,
    ratios,
    sizes: kinds,
    samples: rules,
    integers: 1 + counts.length + 2 * ratios.length,
    signature: `${scope}(${names.join(',')})[${rules.map((rule) => rule.name).join(',')}]`,
  }
}
