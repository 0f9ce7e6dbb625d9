import type * as z from 'zod'
import type { EntityRef } from '#src/baseline/entity.ts'
import type { ViewOf } from '#src/baseline/kinds.ts'
import type { Measure, SampleRule, Scope } from '#src/baseline/measure.ts'
import type { Severity } from './severity.ts'
import type { Evidence } from './surprise.ts'

export type { CountView } from '#src/baseline/kinds/count.ts'
export type { FlowView } from '#src/baseline/kinds/flow.ts'
export type { NovelView } from '#src/baseline/kinds/novel.ts'
export type { RatioView } from '#src/baseline/kinds/ratio.ts'
export type { SizesView } from '#src/baseline/kinds/sizes.ts'
export type { VolumeView } from '#src/baseline/kinds/volume.ts'
export type { TokensView } from '#src/baseline/token-uses.ts'

export type Measures = Readonly<Record<string, Measure>>
export type Views<M extends Measures> = { readonly [K in keyof M]: ViewOf<M[K]> }

/** An episode, for `explain`: everything that was added up since it began. */
export interface Episode {
  readonly ref: EntityRef
  /** As `Evidence.sums` and `Evidence.peaks` were filled. */
  readonly sums: Float64Array
  readonly peaks: Float64Array
  readonly windowSeconds: number
  /** Nats that would have been needed. */
  readonly needed: number
  /** Whether one single call decided, not the accumulated evidence. */
  readonly single: boolean
  /** The weight that the entity has in the budget; above 1 it is sensitive. */
  readonly weight: number
  /** What is behind the sampled calls, each once, at most 32: endpoints of an identity, or what was new to it. */
  readonly names: readonly string[]
  /** Share of the most frequent of those behind the sampled calls, 0 to 1, and its name. */
  readonly top: { readonly name: string; readonly share: number } | null
  /** Of a service: what part of `sums[0]` one endpoint shows beyond what was expected of it, 0 to 1. 0 for others. */
  readonly alone: number
}

/** What an alert says in words and numbers. */
export interface Explanation {
  readonly severity: Severity
  readonly observed: Readonly<Record<string, number>>
  readonly expected: Readonly<Record<string, number>>
  readonly reason: string
  readonly silentIf: string
  /**
   * The least of `sums[0]` at which it would have been told, and of a service without what one endpoint carries alone (`leastTogether`
   * is the number for `silentIf`). Left out where nothing is an endpoint's; then an alert of a service may rest on one.
   */
  readonly least?: number
  /** The part of the SQL that picks the calls which the alert is about, beside entity and window: `status >= 500`. */
  readonly condition: string
}

/** What a detector's file says of it: everything, stateless. */
interface Described<M extends Measures, P> {
  /** The folder's name. */
  readonly name: string
  readonly about: { readonly title: string; readonly catches: string; readonly misses: string }
  readonly scopes: readonly Scope[]
  /** Its part of the alert budget, relative to the other detectors' parts, for each scope. */
  readonly share: number
  readonly measures: M
  /** Settings, all with defaults. */
  readonly params: z.ZodType<P>
  /**
   * Which calls illustrate its alerts. Several where what is odd lies in several directions: `Evidence.sample` says which. None
   * where its measures name them: those that met something new.
   */
  readonly sample: SampleRule | readonly SampleRule[]
  /** Whether ticks without any call are judged too (counts: their silence is evidence for the baseline). */
  readonly silence: boolean
  /** Given where silence may be evidence for the anomaly as well: an alert of it opens while nothing is heard. Demands `silence`. */
  readonly alarmsInSilence?: true
  /** Whether `judge` makes single tests as well (of calls, of spans of time); they get half of the share. */
  readonly single: boolean
  /**
   * False where what ticks say must not be multiplied, because they depend on each other: only single tests alarm then, with the whole share,
   * and `logE` does no more than mark where an episode begins. `weight` is to be 0. Demands `single`.
   */
  readonly accumulates?: false
  /**
   * Nats beyond the threshold at which open ticks are told early: 0 where evidence can only grow (counts), 2 for ratios,
   * Infinity where it has to wait for the watermark.
   */
  readonly earlyMargin: number
  /**
   * Pure: fills `evidence` for one tick. Returns false where the baseline is not warm enough to judge: nothing is tested then.
   */
  judge(views: Views<M>, evidence: Evidence, params: P): boolean
  /**
   * Both floors, absolute and relative: whether an episode is large enough to be worth telling. `top` is `Episode.top.share`. `scope` is
   * left out where open ticks are looked at first: of `sums` only [0] and [1] are known then, and at most that large.
   */
  floor(
    sums: Float64Array,
    peaks: Float64Array,
    params: P,
    single: boolean,
    scope?: Scope,
    top?: number | null,
  ): boolean
  explain(episode: Episode, params: P): Explanation
}

/** One detector, as `defineDetector` makes it. Default export of `detectors/<name>/detector.ts`. */
export interface Detector<M extends Measures = Measures, P = unknown> extends Described<M, P> {
  /** How many alternatives `judge` fills, 1 to 5. */
  readonly alternatives: number
  /** The measure that each of them is evidence of: its key in `measures`. */
  readonly measureOf: readonly string[]
}

interface Declared<M extends Measures, P> extends Described<M, P> {
  /**
   * How many alternatives `judge` fills for each measure, 1 to 5 in all, in their order in `Evidence.logE`. An alert's bits are told by
   * measure accordingly. A measure that only says what others are held against has none.
   */
  readonly alternatives: { readonly [K in keyof NoInfer<M>]?: number }
}

/** Gives a detector's `judge` the types of its own measures and settings. */
export function defineDetector<const M extends Measures, P>(declared: Declared<M, P>): Detector<M, P> {
  const counts: readonly (readonly [string, number | undefined])[] = Object.entries(declared.alternatives)
  const measureOf = counts.flatMap(([key, count = 0]) => Array.from({ length: count }, () => key))
  return { ...declared, alternatives: measureOf.length, measureOf }
}
