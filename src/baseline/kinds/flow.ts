import { freezeCount } from '../count.ts'
import { num, SEEN } from '../count-row.ts'
import {
  FLOW_BINS,
  FLOW_WIDTH,
  type FlowNorm,
  flowChangesAt,
  newFlowNorm,
  normOfFlow,
  observeFlow,
  openFlow,
  restFlow,
  rollFlow,
} from '../flow.ts'
import { defineKind } from '../kind.ts'
import type { Flow } from '../measure.ts'

/** One tick of all calls of an entity beside how few are normal. */
export interface FlowView extends FlowNorm {
  /** Calls in this tick. */
  k: number
  /**
   * For how many ticks before this one none of its service's endpoints was called; 0 where its own pause is nothing odd, -1 where no two of them
   * were ever called in one tick, so that its own silence is that of its service.
   */
  serviceSilent: number
  seen: number
}

/** What the endpoints of a service have in common: the tick that is looked at, the tick after the last call of any, and how many were called in one tick at most. */
const NOW = 0
const HEARD = 1
const MOST = 2
const ODD_NATS = 3

export default defineKind<Flow, FlowView>({
  kind: 'flow',
  // Every tally holds the number of its calls already.
  integers: 0,
  pairs: null,
  hasNames: false,
  peers: {
    width: 3,
    sums: 1,
    scopes: ['endpoint'],
    prior: 0,
    open(row, at, tick) {
      row[at + NOW] = tick
      row[at + HEARD] = tick
      row[at + MOST] = 0
    },
    add({ k }, sums, at) {
      if (k > 0) sums[at] = (sums[at] as number) + 1
    },
    roll(row, at, tick) {
      row[at + NOW] = tick
    },
    observe(row, at, sums, from) {
      row[at + HEARD] = num(row, at + NOW) + 1
      row[at + MOST] = Math.max(num(row, at + MOST), sums[from] as number)
    },
    // Not a share: for how many ticks nothing has been heard of any of them.
    share: (row, at) => (num(row, at + MOST) < 2 ? -1 : Math.max(0, num(row, at + NOW) - num(row, at + HEARD))),
  },
  width: FLOW_WIDTH,
  binsWidth: FLOW_BINS,
  view: () => ({ ...newFlowNorm(), k: 0, serviceSilent: 0, seen: 0 }),
  add() {},
  open({ numbers, at, bins, binsAt }, tick, calendar) {
    openFlow(numbers, at, bins, binsAt, tick, calendar)
  },
  roll({ numbers, at, bins, binsAt }, tick, calendar) {
    rollFlow(numbers, at, bins, binsAt, tick, calendar)
  },
  show(view, { numbers, at }, tick, tally, _cells, around) {
    view.k = tally === null ? 0 : (tally.integers[0] as number)
    normOfFlow(numbers, at, tick, view)
    // Asked only where the pause begins to be odd: it is seldom needed.
    view.serviceSilent = view.k === 0 && view.rate * view.silent >= ODD_NATS ? around.prior() : 0
    view.seen = num(numbers, at + SEEN)
  },
  learn({ k }, { numbers, at }, tick) {
    observeFlow(numbers, at, tick, k)
  },
  deafen({ numbers, at }) {
    restFlow(numbers, at)
  },
  freeze({ numbers, at }) {
    freezeCount(numbers, at)
  },
  changesAt: ({ numbers, at }, tick) => flowChangesAt(numbers, at, tick),
  // How few came is known when the tick has closed, not before.
  rising: () => 0,
  readiness: ({ armed, seen }) => (armed ? 'ready' : seen > 0 ? 'warming' : 'cold'),
  seen: ({ seen }) => seen,
  norm({ mean, low, shape }, { tickMs }) {
    const aMinute = 60_000 / tickMs
    return { level: mean * aMinute, low: low * aMinute, high: 0, dispersion: 1 + low / shape }
  },
})
