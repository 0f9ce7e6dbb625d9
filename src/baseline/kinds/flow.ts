import { freezeCount } from '../count.ts'
import { ARMED, num, SEEN } from '../count-row.ts'
import { FLOW_BINS, FLOW_WIDTH, type FlowNorm, normOfFlow, observeFlow, openFlow, rollFlow } from '../flow.ts'
import { defineKind } from '../kind.ts'
import type { Flow } from '../measure.ts'

/** One tick of all calls of an entity beside how few are normal. */
export interface FlowView extends FlowNorm {
  /** Calls in this tick. */
  k: number
  armed: boolean
  seen: number
}

export default defineKind<Flow, FlowView>({
  kind: 'flow',
  // Every tally holds the number of its calls already.
  integers: 0,
  pairs: null,
  hasNames: false,
  peers: null,
  width: FLOW_WIDTH,
  binsWidth: FLOW_BINS,
  view: () => ({ k: 0, mean: 0, low: 0, shape: 1, silent: 0, gap: 0, armed: false, seen: 0 }),
  add() {},
  open({ numbers, at, bins, binsAt }, tick, calendar) {
    openFlow(numbers, at, bins, binsAt, tick, calendar)
  },
  roll({ numbers, at, bins, binsAt }, tick, calendar) {
    rollFlow(numbers, at, bins, binsAt, tick, calendar)
  },
  show(view, { numbers, at }, tick, tally) {
    view.k = tally === null ? 0 : (tally.integers[0] as number)
    normOfFlow(numbers, at, tick, view.k, view)
    view.armed = num(numbers, at + ARMED) === 1
    view.seen = num(numbers, at + SEEN)
  },
  learn({ k }, { numbers, at }, tick) {
    observeFlow(numbers, at, tick, k)
  },
  freeze({ numbers, at }) {
    freezeCount(numbers, at)
  },
  // How few came is known when the tick has closed, not before.
  rising: () => 0,
  readiness: ({ low, seen }) => (low > 0 ? 'ready' : seen > 0 ? 'warming' : 'cold'),
  seen: ({ seen }) => seen,
  norm({ mean, low, shape }, { tickMs }) {
    const aMinute = 60_000 / tickMs
    return { level: mean * aMinute, low: low * aMinute, high: 0, dispersion: 1 + low / shape }
  },
})
