import type { Cells, Kind } from '#src/baseline/kind.ts'
import { type Layout, layoutOf, type Measure, SCOPES, type Scope } from '#src/baseline/measure.ts'
import type { Detector, Views } from './detector.ts'
import { ACCUMULATOR_WIDTH } from './surprise.ts'

/** A detector with its settings, as configured. */
export interface Enabled {
  readonly detector: Detector
  readonly params: unknown
}

/** One detector at work in one scope: where its numbers lie, and the views that it is shown. */
export interface Watch {
  readonly detector: Detector
  readonly params: unknown
  readonly scope: Scope
  /** Its place among the watches of its scope. */
  readonly index: number
  /** Offset of its accumulator in an entity's row. */
  readonly at: number
  /** Offset of each of its measures in an entity's row, in the order of `slots`. */
  readonly slots: readonly Slot[]
  readonly views: Views<Readonly<Record<string, Measure>>>
  /** Names of the measures that its evidence is told by, and the place among them of each alternative's. */
  readonly weighed: readonly string[]
  readonly weighedOf: readonly number[]
  /** Which of the layout's samples hold its examples, in the order of its rules; none where its measures name them. */
  readonly samples: readonly number[]
  /** ln of its part of the budget of one shard, in false alarms a day; half of it for each way where single calls are tested too. */
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
  /** Numbers in an entity's row. The first two are the tick of admission and the first tick that was not yet judged. */
  readonly width: number
  /** Bins in an entity's row: memories of peaks and histograms. */
  readonly binsWidth: number
}

export type Plan = Readonly<Record<Scope, ScopePlan>>

/** Offsets in every entity's row. */
export const ADMITTED = 0
export const NEXT = 1
const FIRST_SLOT = 2

/**
 * Lays out what the detectors need. `falseAlarmsPerDay` is shared by the detectors' parts and the shards.
 * Throws for contradicting measures: a detector's mistake.
 */
export function planOf(enabled: readonly Enabled[], falseAlarmsPerDay: number, shards: number): Plan {
  const sorted = [...enabled].sort((a, b) => (a.detector.name < b.detector.name ? -1 : 1))
  const parts = sorted.reduce((sum, { detector }) => sum + detector.share * detector.scopes.length, 0)
  const plan = (scope: Scope): ScopePlan => {
    const here = sorted.filter(({ detector }) => detector.scopes.includes(scope))
    const layout = layoutOf(
      scope,
      here.flatMap(({ detector }) => Object.values(detector.measures)),
      here.flatMap(({ detector }) => detector.sample),
    )
    const { slots, width, binsWidth } = slotsOf(layout)
    const watches = here.map(({ detector, params }, index): Watch => {
      const own = Object.entries(detector.measures).map(([key, measure]) => {
        const slot = slots.find((one) => one.name === measure.name)
        if (slot === undefined) throw new Error(`${detector.name}: no slot for ${measure.name}`)
        return { key, slot }
      })
      const weighed = [...new Set(detector.measureOf)]
      return {
        detector,
        params,
        scope,
        index,
        at: width + index * ACCUMULATOR_WIDTH,
        slots: own.map(({ slot }) => slot),
        // Each view is that of its measure's kind.
        views: Object.fromEntries(own.map(({ key, slot }) => [key, slot.view])) as Watch['views'],
        weighed: weighed.map((key) => nameOf(detector, key)),
        weighedOf: detector.measureOf.map((key) => weighed.indexOf(key)),
        samples: [detector.sample].flat().map(({ name }) => layout.samples.findIndex((rule) => rule.name === name)),
        logBudget: Math.log(((falseAlarmsPerDay / shards) * detector.share) / parts / (detector.single ? 2 : 1)),
      }
    })
    return { scope, layout, slots, watches, width: width + watches.length * ACCUMULATOR_WIDTH, binsWidth }
  }
  const [endpoint, identity] = SCOPES.map(plan)
  return { endpoint: endpoint as ScopePlan, identity: identity as ScopePlan }
}

function nameOf({ name, measures }: Detector, key: string): string {
  const measure = measures[key]
  if (measure === undefined) throw new Error(`${name}: alternatives of ${key}, which is none of its measures`)
  return measure.name
}

/** The layouts by scope, for blocks. */
export function layoutsOf(plan: Plan): Readonly<Record<Scope, Layout>> {
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
