import {
  DURATIONS_WIDTH,
  type DurationsNorm,
  freezeDurations,
  msOf,
  normOfDurations,
  observeDurations,
  openDurations,
  reachOf,
  rollDurations,
  stepsOf,
} from '../durations.ts'
import { defineKind } from '../kind.ts'
import type { Durations } from '../measure.ts'
import { COUNT_MAX } from '../tally.ts'

/** One tick's durations beside what is normal for them, in steps (see durations.ts). */
export interface DurationsView extends DurationsNorm {
  /** Calls of the tick that have a duration, and the sum of those in steps and of their squares. */
  calls: number
  steps: number
  squares: number
}

export default defineKind<Durations, DurationsView>({
  kind: 'durations',
  integers: 3,
  pairs: null,
  hasNames: false,
  peers: null,
  width: DURATIONS_WIDTH,
  binsWidth: 0,
  view: () => ({ calls: 0, steps: 0, squares: 0, armed: false, level: 0, within: 0, stray: 0, seen: 0 }),
  add({ of }, call, _key, { integers }, { integer }) {
    const ms = of(call)
    if (ms === null) return
    const steps = stepsOf(ms)
    integers[integer] = (integers[integer] as number) + 1
    integers[integer + 1] = Math.min(COUNT_MAX, (integers[integer + 1] as number) + steps)
    integers[integer + 2] = Math.min(COUNT_MAX, (integers[integer + 2] as number) + steps * steps)
  },
  open({ numbers, at }, tick, calendar) {
    openDurations(numbers, at, tick, calendar)
  },
  roll({ numbers, at }, tick, calendar) {
    rollDurations(numbers, at, tick, calendar)
  },
  show(view, { numbers, at }, _tick, tally, { integer }) {
    normOfDurations(numbers, at, view)
    view.calls = tally === null ? 0 : (tally.integers[integer] as number)
    view.steps = tally === null ? 0 : (tally.integers[integer + 1] as number)
    view.squares = tally === null ? 0 : (tally.integers[integer + 2] as number)
  },
  learn({ calls, steps, squares }, { numbers, at }) {
    if (calls > 0) observeDurations(numbers, at, calls, steps, squares)
  },
  freeze({ numbers, at }) {
    freezeDurations(numbers, at)
  },
  // No alert is opened for them, so none before its time.
  rising: () => 0,
  readiness: ({ armed, seen }) => (armed ? 'ready' : seen > 0 ? 'warming' : 'cold'),
  seen: ({ seen }) => seen,
  norm(norm) {
    // The limits are those of a mean over many calls.
    const reach = reachOf(norm, Number.POSITIVE_INFINITY)
    const { armed, level, within } = norm
    if (!armed) return { level: 0, low: 0, high: 0, dispersion: 0 }
    return { level: msOf(level), low: msOf(level - reach), high: msOf(level + reach), dispersion: Math.sqrt(within) }
  },
})
