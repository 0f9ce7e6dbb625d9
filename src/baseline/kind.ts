import type { ApiCall } from '#src/call/call.ts'
import type { Sampled } from '#src/sketch/sample.ts'
import type { Calendar } from './blocks.ts'
import type { Measure, Scope } from './measure.ts'
import type { Tally } from './tally.ts'

/** Where what one measure has counted lies in a tally: its first integer, its list of pairs, its list of names. */
export interface Cells {
  readonly integer: number
  readonly pairs: number
  readonly names: number
}

/** Where the baseline of one measure of one entity lies: numbers from `at` on, bins from `binsAt` on. One object is used again. */
export interface Place {
  numbers: Float64Array
  at: number
  bins: Uint16Array
  binsAt: number
}

/** What stands around an entity: its weight in the budget, and what its peers have in common. */
export interface Surroundings {
  readonly weight: number
  /** What its peers' baseline says of this measure: the share of the service, the novelty of the shard. */
  prior(): number
  /** What its peers know of a name; null where none of them has met it. */
  known(name: string): Known | null
  /** The weight in the budget of what a name stands for; 1 unless it is a sensitive endpoint. */
  weightOf(name: string): number
}

/** What the entities of a shard know of a name together. */
export interface Known {
  /** The tick from which on it is no longer young: something that nobody knew a day ago. */
  readonly oldFrom: number
  /** How many of them have met it. */
  readonly met: number
}

/**
 * What the peers of an entity have in common, as a baseline of its own that is fed with the sums of what they count: the prior of
 * each of them. The peers of an endpoint are the endpoints of its service, those of an identity all identities of its shard.
 */
export interface Peers<View = unknown> {
  /** Doubles of that baseline, and integers of a tick that are summed up for it. */
  readonly width: number
  readonly sums: number
  /** Which scopes have such peers. */
  readonly scopes: readonly Scope[]
  /** What holds as long as peers have nothing to say, where the measure does not say it. */
  readonly prior: number
  open(row: Float64Array, at: number, tick: number, calendar: Calendar): void
  /** Adds what the view of one of them shows of a tick. */
  add(view: View, sums: number[], at: number): void
  /** Commits the blocks that ended before this tick; comes before `observe` and `share` of the tick. */
  roll(row: Float64Array, at: number, tick: number, calendar: Calendar, usual: number): void
  observe(row: Float64Array, at: number, sums: readonly number[], from: number): void
  share(row: Float64Array, at: number): number
  /** Names that one of them met in this tick for the first time, for the others to know. */
  met?(view: View): readonly Met[]
  /** Whether its names are endpoints, of which every shard is told when they are called for the first time. */
  hears?(view: View): boolean
  /** For a name that one of them met first in this tick, `Known.oldFrom`. */
  oldFrom?(row: Float64Array, at: number, tick: number, calendar: Calendar): number
}

/** A name that an entity met for the first time, and a call with it. */
export interface Met {
  readonly hash: number
  readonly name: string
  readonly example: string
}

/** What analysts see of a baseline. Counts are calls a minute, ratios and novelty shares, sizes bytes, durations milliseconds. */
export interface Norm {
  readonly level: number
  readonly low: number
  readonly high: number
  readonly dispersion: number
}

/** A change that lasted until it was taken for normal (see blocks.ts, `BLOCKS_FROZEN`). Levels are as `Norm` has them. */
export interface Shift {
  /** The first tick that was learned again. */
  readonly tick: number
  /** What was normal before, and what was learned then; null where that is not remembered. */
  readonly levels: { readonly from: number; readonly to: number } | null
}

/** How far a baseline is: nothing seen, too little, enough to be judged by. */
export type Readiness = 'cold' | 'warming' | 'ready'

/** How lists of pairs merge: counts of a bin add up, of a register the larger rank stays. */
export type Pairs = 'bins' | 'registers'

/**
 * Everything about one kind of measure: what it takes of a tally, what its baseline is, and how both become the view that a detector
 * is shown. A new kind is one file beside the others and one line in `kinds.ts`. All functions are on the hot path: nothing is
 * allocated in them. `tally` is null where a tick was silent.
 */
export interface Kind<M extends Measure = Measure, View = unknown> {
  readonly kind: M['kind']
  /** How many integers, and which list of pairs, it has in a tally; whether it has a list of names. */
  readonly integers: number
  readonly pairs: Pairs | null
  readonly hasNames: boolean
  /** Doubles and bins of its baseline. */
  readonly width: number
  readonly binsWidth: number
  view(measure: M): View
  /** Counts one call, named `id`. `key` names the other side: the endpoint for an identity's tally, the identity for an endpoint's. */
  add(measure: M, call: ApiCall, key: string, tally: Tally, cells: Cells, id: string): void
  /** Starts the baseline of an entity that is admitted at this tick. */
  open(place: Place, tick: number, calendar: Calendar): void
  /** Commits the blocks that ended before this tick. Comes before `show` and `learn` of the tick. */
  roll(place: Place, tick: number, calendar: Calendar, around: Surroundings): void
  /** Fills the view with this tick's numbers and the baseline's. */
  show(view: View, place: Place, tick: number, tally: Tally | null, cells: Cells, around: Surroundings): void
  /** The first tick at which another view is shown, if nothing comes until then; not given where that is the next block's. */
  changesAt?(place: Place, tick: number): number
  learn(view: View, place: Place, tick: number, tally: Tally, cells: Cells): void
  /** Nothing at all was heard, of anybody, for longer than a moment: that this entity is silent, until it is called again, says nothing. */
  deafen?(place: Place): void
  /** Keeps the current block out of what is learned. */
  freeze(place: Place): void
  /** How many of what was counted may be evidence before the tick closes; 0: there is none. `place` is null for who is not admitted. */
  rising(place: Place | null, tally: Tally, cells: Cells): number
  readiness(view: View): Readiness
  /** Calls that the baseline rests on. */
  seen(view: View): number
  norm(view: View, calendar: Calendar): Norm
  /** The last change that was taken for normal; null: there was none. Kinds that learn on through what is odd have none. */
  shift?(place: Place, calendar: Calendar): Shift | null
  /** What peers have in common; null where each is judged by itself. */
  readonly peers: Peers<View> | null
  /** Calls that the view itself can name as odd: examples for detectors that sample none. */
  examples?(view: View): readonly Sampled[]
}

/** Gives the functions of a kind the types of its measure and its view. */
export function defineKind<M extends Measure, View>(kind: Kind<M, View>): Kind<M, View> {
  return kind
}
