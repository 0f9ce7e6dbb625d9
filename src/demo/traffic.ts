import type { EpochMs } from '#src/call/call.ts'
import { rateAt, sessionsIn } from './arrivals.ts'
import { addedCalls, type Disturbance, disturb } from './attacks.ts'
import { type DemoCall, nativeLine, ordinaryCall } from './calls.ts'
import { indexOf, randomFor } from './random.ts'
import type { World } from './world.ts'

/** One line of the company's log. */
export interface Sent {
  /** When the call started, as the line says. */
  readonly ts: EpochMs
  /** When the line reaches the log: after the call, in the order that the log has. */
  readonly at: EpochMs
  /** Which endpoint, identity and outcome: for labels and tests. */
  readonly call: DemoCall
  readonly line: string
}

/** Traffic is drawn slot by slot, each from a seed of its own. */
const slotMs = 10_000
/** A line reaches the log at most so long after the start of its slot: a session of 60 s, a call of 30 s, a delay of 20 s. */
const longestMs = 120_000
const longestSessionMs = 60_000

/**
 * The lines that reach the log from `from` up to, not including, `to`, in the log's order, which is not quite the order of the calls.
 * However a span is cut, its parts give the same lines.
 */
export function* callsBetween(
  world: World,
  from: EpochMs,
  to: EpochMs,
  disturbances: readonly Disturbance[] = [],
): Generator<Sent> {
  yield* openTraffic(world, from, disturbances)(to)
}

/** The same from `from` on, in steps: each call gives the lines that reach the log up to (not including) its `to`. */
export function openTraffic(
  world: World,
  from: EpochMs,
  disturbances: readonly Disturbance[] = [],
): (to: EpochMs) => Generator<Sent> {
  let next = Math.floor((from - longestMs) / slotMs)
  let reached = from
  let waiting: Queued[] = []
  return function* (to) {
    while (next * slotMs < to) {
      // Lines of later slots cannot precede this slot's beginning, so what is before it is complete.
      yield* release(Math.min(to, next * slotMs))
      // Calls before `from` are drawn too, since their lines may come after it.
      const drawn = slotCalls(world, next++, disturbances).filter((queued) => queued.at >= reached)
      waiting = waiting.concat(drawn).sort((a, b) => a.at - b.at || a.slot - b.slot || a.order - b.order)
    }
    yield* release(to)
    reached = Math.max(reached, to)
  }

  function* release(until: EpochMs): Generator<Sent> {
    const ready = waiting.findIndex((queued) => queued.at >= until)
    const due = waiting.splice(0, ready === -1 ? waiting.length : ready)
    reached = Math.max(reached, until)
    for (const { at, call } of due) yield { ts: call.ts, at, call, line: nativeLine(call) }
  }
}

interface Queued {
  readonly at: EpochMs
  readonly slot: number
  readonly order: number
  readonly call: DemoCall
}

/** All calls drawn in one slot: those of ordinary life, disturbed, then those that disturbances add. */
function slotCalls(world: World, slot: number, disturbances: readonly Disturbance[]): Queued[] {
  const from = slot * slotMs
  const ordinary = ordinaryCalls(world, slot)
  const near = disturbances.filter((d) => d.from < from + slotMs + longestSessionMs && d.to > from)
  const added = near.flatMap((disturbance) => addedCalls(disturbance, world, from, from + slotMs, ordinary))
  for (const disturbance of near) {
    const random = randomFor(world.seed, 9, slot, disturbance.from)
    for (const call of ordinary) disturb(disturbance, call, random)
  }
  return [...ordinary, ...added].map((call, order) => ({ at: sentAt(call), slot, order, call }))
}

function sentAt(call: DemoCall): EpochMs {
  return call.ts + Math.ceil(call.durationMs) + call.delayMs
}

function ordinaryCalls(world: World, slot: number): DemoCall[] {
  const from = slot * slotMs
  const calls: DemoCall[] = []
  for (const identity of world.identities) {
    const sessions = sessionsIn(world, identity, rateAt(world, identity, from), slot, slotMs)
    if (sessions.length === 0) continue
    const random = randomFor(world.seed, 7, identity.index, slot)
    for (const session of sessions) {
      let ts = from + session.at
      for (let i = 0; i < session.calls && ts < from + longestSessionMs; i++) {
        const endpoint = world.endpoints[identity.endpoints[indexOf(identity.shares, random.unit())]!]!
        calls.push(ordinaryCall(ts, endpoint, identity, random))
        ts += Math.round(random.exponential(3_000))
      }
    }
  }
  return calls
}
