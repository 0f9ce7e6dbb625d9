import type { ApiCall } from '#src/call/call.ts'
import type { Cells, Kind, Pairs } from './kind.ts'
import { KINDS } from './kinds.ts'
import { PRIOR_SHARE_TOP } from './ratio.ts'

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
  /** The share that is taken for normal where nothing is known, 0 to 1: worth 151 calls. */
  readonly usual: number
}

/** Which sizes, in bytes; `null` where a call does not count. */
export interface Sizes {
  readonly kind: 'sizes'
  readonly name: string
  readonly of: (call: ApiCall) => number | null
}

/**
 * Which things are met for the first time: endpoints, say. `of` names what a call meets (`key` is the other side of the call, as
 * for tallies), null: nothing. `except`: what is nothing new although it was never met: what is `young` (nobody knew it a day ago)
 * or `shared` (at least three others have met it).
 */
export interface Novel {
  readonly kind: 'novel'
  readonly name: string
  readonly of: Naming
  readonly except: 'young' | 'shared'
}

/**
 * Names one of several things: `null` where a call does not count. `key` names the other side of the tally: the endpoint for an
 * identity's, the identity for an endpoint's.
 */
export type Naming = (call: ApiCall, key: string) => string | null

/** How many different things in a tick. */
export interface Distinct {
  readonly kind: 'distinct'
  readonly name: string
  readonly of: Naming
}

/** How many different things beyond the first, among so many calls. */
export interface Breadth {
  readonly kind: 'breadth'
  readonly name: string
  /** Asked of the calls that `among` takes. */
  readonly of: Naming
  readonly among: (call: ApiCall) => boolean
  /** As a ratio's. */
  readonly usual: number
}

/** All calls, and how few of them are normal. */
export interface Flow {
  readonly kind: 'flow'
  readonly name: string
}

/** How many bytes in all, within five minutes, an hour and 24 hours; `null` where a call does not count. */
export interface Volume {
  readonly kind: 'volume'
  readonly name: string
  readonly of: (call: ApiCall) => number | null
}

/** How long calls take, in milliseconds; `null` where a call does not count. */
export interface Durations {
  readonly kind: 'durations'
  readonly name: string
  readonly of: (call: ApiCall) => number | null
}

/** An identity's tokens: how long they are good for, and from where they are used, in the calls that count. */
export interface Tokens {
  readonly kind: 'tokens'
  readonly name: string
  readonly where: (call: ApiCall) => boolean
}

/** One thing counted. Equal names mean equal measures: two detectors that share one share its tallies and its baseline. */
export type Measure = Count | Ratio | Sizes | Distinct | Breadth | Novel | Flow | Volume | Durations | Tokens

export function count(name: string, where: (call: ApiCall) => boolean): Count {
  return { kind: 'count', name, where }
}

export function ratio(
  name: string,
  of: (call: ApiCall) => boolean,
  among: (call: ApiCall) => boolean,
  usual: number = PRIOR_SHARE_TOP,
): Ratio {
  return { kind: 'ratio', name, of, among, usual }
}

export function distinct(name: string, of: Naming): Distinct {
  return { kind: 'distinct', name, of }
}

export function breadth(
  name: string,
  of: Naming,
  among: (call: ApiCall) => boolean,
  usual: number = PRIOR_SHARE_TOP,
): Breadth {
  return { kind: 'breadth', name, of, among, usual }
}

export function sizes(name: string, of: (call: ApiCall) => number | null): Sizes {
  return { kind: 'sizes', name, of }
}

/** For identities: what endpoints meet is known to none of their peers. */
export function novel(name: string, of: Novel['of'], except: Novel['except']): Novel {
  return { kind: 'novel', name, of, except }
}

export function flow(name: string): Flow {
  return { kind: 'flow', name }
}

export function volume(name: string, of: (call: ApiCall) => number | null): Volume {
  return { kind: 'volume', name, of }
}

export function durations(name: string, of: (call: ApiCall) => number | null): Durations {
  return { kind: 'durations', name, of }
}

/** For identities. Calls without a token are not asked about. */
export function tokens(name: string, where: (call: ApiCall) => boolean): Tokens {
  return { kind: 'tokens', name, where }
}

/** The kinds of entity that calls are counted for. */
export type Counted = 'endpoint' | 'identity'

/** The kinds of entity that are judged. A service's tally is that of its endpoints together. Services come after their endpoints. */
export type Scope = Counted | 'service'
export const SCOPES: readonly Scope[] = ['endpoint', 'identity', 'service']

/** One thing for each scope. */
export function byScope<T>(make: (scope: Scope) => T): Record<Scope, T> {
  return { endpoint: make('endpoint'), identity: make('identity'), service: make('service') }
}

/** Which calls illustrate a detector's alerts, and in which order they are preferred (see `Sampled.rank`). */
export interface SampleRule {
  readonly name: string
  /** `null`: not an example. `hash` is an even 32-bit hash of the call's id. */
  readonly rank: (call: ApiCall, hash: number) => number | null
}

/** One measure of a scope, its kind, and where it lies in a tally. */
export interface Part {
  readonly measure: Measure
  readonly kind: Kind
  readonly cells: Cells
}

/**
 * What is counted for every entity of a scope: the measures and samples of all detectors that look at it, by kind and name. A tally's
 * integers are: calls, then those of the parts.
 */
export interface Layout {
  readonly scope: Scope
  readonly parts: readonly Part[]
  readonly samples: readonly SampleRule[]
  readonly integers: number
  /** How each list of pairs merges. */
  readonly pairs: readonly Pairs[]
  /** The measures that have lists of names. */
  readonly names: readonly string[]
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
  const rules = [...new Map(samples.map((rule) => [rule.name, rule])).values()].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )
  const kinds = KINDS.flatMap((kind) =>
    sorted.filter((one) => one.kind === kind.kind).map((measure) => ({ kind, measure })),
  )
  const names = kinds.map(({ measure }) => `${measure.kind}:${measure.name}`)
  const placed = placesOf(kinds.map(({ kind }) => kind))
  return {
    scope,
    parts: kinds.map((part, i) => ({ ...part, cells: placed.cells[i] as Cells })),
    samples: rules,
    integers: placed.integers,
    pairs: placed.pairs,
    names: kinds.filter(({ kind }) => kind.hasNames).map(({ measure }) => measure.name),
    signature: `${scope}(${names.join(',')})[${rules.map((rule) => rule.name).join(',')}]`,
  }
}

/** Where the parts of a tally lie that holds measures of these kinds, in this order. */
export function placesOf(kinds: readonly Pick<Kind, 'integers' | 'pairs' | 'hasNames'>[]): {
  readonly cells: readonly Cells[]
  readonly integers: number
  readonly pairs: readonly Pairs[]
} {
  const cells: Cells[] = []
  const pairs: Pairs[] = []
  let integers = 1
  let names = 0
  for (const kind of kinds) {
    cells.push({ integer: integers, pairs: pairs.length, names })
    integers += kind.integers
    if (kind.pairs !== null) pairs.push(kind.pairs)
    if (kind.hasNames) names += 1
  }
  return { cells, integers, pairs }
}
