import type * as z from 'zod'
import type { Scope } from '#src/baseline/measure.ts'
import type { Measures, Views } from './detector.ts'
import { ACCUMULATOR_WIDTH, START } from './surprise.ts'

/** Numbers that a context adds up over an alert's episode. */
export const CONTEXT_SUMS = 3
/** Beside them the tick with which the episode began. */
export const CONTEXT_WIDTH = 1 + CONTEXT_SUMS

/** What a context says of an episode. */
export interface Remark {
  readonly observed: Readonly<Record<string, number>>
  readonly expected: Readonly<Record<string, number>>
  /** For the alert's sentence; null where all is as expected. */
  readonly reason: string | null
}

/**
 * A detector that tells nothing by itself: what it measures is told with the alerts that others have about the same entity. It tests
 * nothing, so it takes no part of the budget and adds no bits. Default export of `detectors/<name>/detector.ts`, as of `Detector`.
 */
export interface Context<M extends Measures = Measures, P = unknown> {
  readonly name: string
  readonly about: { readonly title: string; readonly catches: string; readonly misses: string }
  readonly scopes: readonly Scope[]
  readonly measures: M
  readonly params: z.ZodType<P>
  /** Pure: fills `sums` with one odd tick's numbers. Returns false where its baseline is not warm enough: nothing is added then. */
  take(views: Views<M>, sums: Float64Array): boolean
  /** What is to be said of the sums of an episode; the views show the baseline as it stands. Null: nothing is known. */
  remark(sums: Float64Array, views: Views<M>, params: P): Remark | null
}

/** Gives a context the types of its own measures and settings. */
export function defineContext<const M extends Measures, P>(context: Context<M, P>): Context<M, P> {
  return context
}

export function isContext(plugin: object): plugin is Context {
  return 'remark' in plugin
}

/** One context at work in one scope. */
export interface ContextAtWork {
  readonly context: Context
  readonly params: unknown
  readonly views: Views<Measures>
}

interface WithContexts {
  readonly contexts: readonly ContextAtWork[]
}

const sums = new Float64Array(CONTEXT_SUMS)

/**
 * Adds what the views show of an odd tick to the episode of the accumulator at `at`. The numbers of an earlier episode are left where they
 * are until the next one begins: its first tick tells them apart.
 */
export function addContexts(row: Float64Array, at: number, { contexts }: WithContexts): void {
  for (let i = 0; i < contexts.length; i += 1) {
    const { context, views } = contexts[i] as ContextAtWork
    if (!context.take(views, sums)) continue
    const from = at + ACCUMULATOR_WIDTH + i * CONTEXT_WIDTH
    if (row[from] !== row[at + START]) {
      row[from] = row[at + START] as number
      row.fill(0, from + 1, from + CONTEXT_WIDTH)
    }
    for (let j = 0; j < CONTEXT_SUMS; j += 1) {
      row[from + 1 + j] = (row[from + 1 + j] as number) + (sums[j] as number)
    }
  }
}

/** What all contexts have to say of an open alert. Must be called while the views show its entity. */
export function remarksOf(row: Float64Array, at: number, { contexts }: WithContexts): readonly Remark[] {
  return contexts.flatMap(({ context, views, params }, i) => {
    const from = at + ACCUMULATOR_WIDTH + i * CONTEXT_WIDTH
    if (row[from] !== row[at + START]) return []
    return context.remark(row.slice(from + 1, from + CONTEXT_WIDTH), views, params) ?? []
  })
}
