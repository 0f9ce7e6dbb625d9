import type { Cells, Kind } from '#src/baseline/kind.ts'
import { byScope, type Counted, type Layout, layoutOf, type Measure, type Scope } from '#src/baseline/measure.ts'
import { Together } from '#src/baseline/together.ts'
import { CONTEXT_WIDTH, type Context, type ContextAtWork, isContext } from './context.ts'
import type { Detector, Measures, Views } from './detector.ts'
import { ACCUMULATOR_WIDTH } from './surprise.ts'

/** A detector with its settings, as configured. */
export interface Enabled {
  readonly detector: Detector | Context
  readonly params: unknown
}

/** One detector at work in one scope: where its numbers lie, and the views that it is shown. */
export interface Watch {
  readonly detector: Detector
  readonly params: unknown
  readonly scope: Scope
  /** Its place among the watches of its scope. */
  readonly index: number
  /** Offset of its accumulator in an entity's row; behind it lie the numbers of the scope's contexts. */
  readonly at: number
  readonly contexts: readonly ContextAtWork[]
  /** Offset of each of its measures in an entity's row, in the order of `slots`. */
  readonly slots: readonly Slot[]
  readonly views: Views<Readonly<Record<string, Measure>>>
  /** Names of the measures that its evidence is told by, and the place among them of each alternative's. */
  readonly weighed: readonly string[]
  readonly weighedOf: readonly number[]
  /** Which of the layout's samples hold its examples, in the order of its rules; none where its measures name them. */
  readonly samples: readonly number[]
  /** ln of its part of the budget of one shard, in false alarms a day; half of it for each way where there are two. */
  readonly logBudget: number
}

/** One measure of a scope: where its tally and its baseline lie, and the view that shows both. */
export interface Slot {
  readonly kind: Kind
  readonly name: string
  /** The share that a ratio starts from where nothing is known; 0 for what is none. */
  readonly usual: number
  /** Offset of its numbers and of its bins in an entity's row. */
  readonly at: number
  readonly binsAt: number
  readonly cells: Cells
  readonly view: unknown
}

/** Everything that is the same for all entities of a scope. */
export interface ScopePlan {
  readonly scope: Scope
  readonly layout: Layout
  readonly slots: readonly Slot[]
  readonly watches: readonly Watch[]
  /** Measures that no watch judges: those of contexts. */
  readonly beside: readonly Slot[]
  /** Numbers of each watch in an entity's row, its contexts' with them. */
  readonly watchWidth: number
  /** Numbers in an entity's row. The first two are the tick of admission and the first tick that was not yet judged. */
  readonly width: number
  /** Bins in an entity's row: memories of peaks and histograms. */
  readonly binsWidth: number
}

export interface Plan extends Readonly<Record<Scope, ScopePlan>> {
  /** Makes a service's tally of those of its endpoints. */
  readonly together: Together
}

/** Offsets in every entity's row. */
export const ADMITTED = 0
export const NEXT = 1
const FIRST_SLOT = 2

/**
 * Lays out what the detectors need. `falseAlarmsPerDay` is shared by the detectors' parts and the shards.
 * Throws for contradicting measures: a detector's mistake.
 */
export function planOf(enabled: readonly Enabled[], falseAlarmsPerDay: number, shards: number): Plan {
  const { detectors, contexts: all } = sortedOf(enabled)
  const parts = detectors.reduce((sum, { detector }) => sum + detector.share * detector.scopes.length, 0)
  const plan = (scope: Scope): ScopePlan => {
    const here = detectors.filter(({ detector }) => detector.scopes.includes(scope))
    const around = here.length === 0 ? [] : all.filter(({ context }) => context.scopes.includes(scope))
    const layout = layoutOf(
      scope,
      [...here.map(({ detector }) => detector), ...around.map(({ context }) => context)].flatMap(({ measures }) =>
        Object.values(measures),
      ),
      here.flatMap(({ detector }) => detector.sample),
    )
    const { slots, width, binsWidth } = slotsOf(layout)
    const contexts = around.map(({ context, params }) => ({ context, params, ...shownTo(context, slots) }))
    const watchWidth = ACCUMULATOR_WIDTH + contexts.length * CONTEXT_WIDTH
    const watches = here.map(({ detector, params }, index): Watch => {
      const weighed = [...new Set(detector.measureOf)]
      return {
        detector,
        params,
        scope,
        index,
        at: width + index * watchWidth,
        contexts,
        ...shownTo(detector, slots),
        weighed: weighed.map((key) => nameOf(detector, key)),
        weighedOf: detector.measureOf.map((key) => weighed.indexOf(key)),
        samples: [detector.sample].flat().map(({ name }) => layout.samples.findIndex((rule) => rule.name === name)),
        logBudget: Math.log(((falseAlarmsPerDay / shards) * detector.share) / parts / waysOf(detector)),
      }
    })
    const judged = new Set(watches.flatMap((watch) => watch.slots))
    const beside = slots.filter((slot) => !judged.has(slot))
    return { scope, layout, slots, watches, beside, watchWidth, width: width + watches.length * watchWidth, binsWidth }
  }
  const plans = byScope(plan)
  for (const watch of plans.service.watches) {
    if (watchIn(plans.endpoint, watch) === undefined)
      throw new Error(`${watch.detector.name}: who judges services judges their endpoints as well`)
  }
  return { ...plans, together: new Together(plans.service.layout, plans.endpoint.layout) }
}

/** The same detector's watch in another scope; undefined where it has none there. */
export function watchIn(plan: ScopePlan, { detector }: Watch): Watch | undefined {
  return plan.watches.find((watch) => watch.detector === detector)
}

/** In how many ways a detector may alarm, each with as much of its part of the budget: by what accumulates, by single tests. */
function waysOf({ single, accumulates }: Detector): number {
  return single && accumulates !== false ? 2 : 1
}

/** Detectors and contexts apart, each in the order of their names. */
function sortedOf(enabled: readonly Enabled[]) {
  const sorted = [...enabled].sort((a, b) => (a.detector.name < b.detector.name ? -1 : 1))
  return {
    detectors: sorted.flatMap(({ detector, params }) => (isContext(detector) ? [] : [{ detector, params }])),
    contexts: sorted.flatMap(({ detector, params }) => (isContext(detector) ? [{ context: detector, params }] : [])),
  }
}

/** Where the measures of a detector or a context lie, and the views of them; each view is that of its measure's kind. */
function shownTo({ name, measures }: Detector | Context, slots: readonly Slot[]) {
  const own = Object.entries(measures).map(([key, measure]) => {
    const slot = slots.find((one) => one.name === measure.name)
    if (slot === undefined) throw new Error(`${name}: no slot for ${measure.name}`)
    return { key, slot }
  })
  const views = Object.fromEntries(own.map(({ key, slot }) => [key, slot.view])) as Views<Measures>
  return { slots: own.map(({ slot }) => slot), views }
}

function nameOf({ name, measures }: Detector, key: string): string {
  const measure = measures[key]
  if (measure === undefined) throw new Error(`${name}: alternatives of ${key}, which is none of its measures`)
  return measure.name
}

/** The layouts of what calls are counted for, for blocks. */
export function layoutsOf(plan: Plan): Readonly<Record<Counted, Layout>> {
  return { endpoint: plan.endpoint.layout, identity: plan.identity.layout }
}

function slotsOf(layout: Layout): { slots: Slot[]; width: number; binsWidth: number } {
  const slots: Slot[] = []
  let width = FIRST_SLOT
  let binsWidth = 0
  for (const { measure, kind, cells } of layout.parts) {
    const usual = 'usual' in measure ? measure.usual : (kind.peers?.prior ?? 0)
    slots.push({ kind, name: measure.name, usual, at: width, binsAt: binsWidth, cells, view: kind.view(measure) })
    width += kind.width
    binsWidth += kind.binsWidth
  }
  return { slots, width, binsWidth }
}
