import type { ApiCall } from '#src/call/call.ts'
import type { Calendar } from './blocks.ts'
import type { Measure } from './measure.ts'
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

/** What stands around an entity: its weight in the budget, and the share that a ratio of its parent has. */
export interface Surroundings {
  readonly weight: number
  prior(): number
}

/** What analysts see of a baseline. Counts are calls a minute, ratios shares, sizes bytes. */
export interface Norm {
  readonly level: number
  readonly low: number
  readonly high: number
  readonly dispersion: number
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
  view(): View
  /** Counts one call. `key` names the other side: the endpoint for an identity's tally, the identity for an endpoint's. */
  add(measure: M, call: ApiCall, key: string, tally: Tally, cells: Cells): void
  /** Starts the baseline of an entity that is admitted at this tick. */
  open(place: Place, tick: number, calendar: Calendar): void
  /** Commits the blocks that ended before this tick. Comes before `show` and `learn` of the tick. */
  roll(place: Place, tick: number, calendar: Calendar, around: Surroundings): void
  /** Fills the view with this tick's numbers and the baseline's. */
  show(view: View, place: Place, tick: number, tally: Tally | null, cells: Cells): void
  learn(view: View, place: Place, tick: number, tally: Tally, cells: Cells): void
  /** Keeps the current block out of what is learned. */
  freeze(place: Place): void
  /** How many of what was counted may be evidence before the tick closes; 0: there is none. `place` is null for who is not admitted. */
  rising(place: Place | null, tally: Tally, cells: Cells): number
  readiness(view: View): Readiness
  /** Calls that the baseline rests on. */
  seen(view: View): number
  norm(view: View, calendar: Calendar): Norm
}

/** Gives the functions of a kind the types of its measure and its view. */
export function defineKind<M extends Measure, View>(kind: Kind<M, View>): Kind<M, View> {
  return kind
}
