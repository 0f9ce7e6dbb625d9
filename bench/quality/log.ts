import type { EpochMs } from '#src/call/call.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import { MINUTE_MS, openArrivals } from './arrivals.ts'
import { type Call, nativeLine, usualCall } from './calls.ts'
import type { Effect, Label } from './effect.ts'
import type { Identity } from './identities.ts'
import type { World } from './world.ts'

/** One in a thousand lines is sent twice, within five seconds. */
const REPEATED = 0.001
/** An effect may begin while calls of an earlier minute's sessions are still to come: this much later at most. */
const REACH_MS = 5 * MINUTE_MS

/** A log of one world: lines in the order in which they reach it, which is not quite that of the calls. */
export interface QualityLog {
  /** What happens in it. The evidence in `nats` is complete when all lines have been read. */
  readonly labels: readonly Label[]
  /** May be read once. Never holds more than about ten minutes of it. */
  lines(): Generator<string>
}

export function qualityLog(world: World, effects: readonly Effect[]): QualityLog {
  return { labels: effects.map(({ label }) => label), lines: () => linesOf(world, effects) }
}

function* linesOf(world: World, effects: readonly Effect[]): Generator<string> {
  const arrive = openArrivals(world)
  const random = randomFor(world.seed, 40)
  const waiting = new Waiting(world)
  const push = (call: Call): void => waiting.put(call)
  for (let start = world.from; start < world.to; start += MINUTE_MS) {
    const end = start + MINUTE_MS
    const near = effects.filter((effect) => effect.label.from < end + REACH_MS && endOf(world, effect) > start)
    const touching = near.filter(({ touch }) => touch !== undefined)
    arrive(start, (ts: EpochMs, identity: Identity, own: Random) => {
      const call = usualCall(world, ts, identity, own)
      for (const effect of touching) {
        if (ts < effect.label.from || ts >= endOf(world, effect)) continue
        if (effect.touch?.(call, push) === false) return
      }
      waiting.put(call)
    })
    for (const effect of near) {
      const from = Math.max(start, effect.label.from)
      const to = Math.min(end, effect.label.to)
      if (from < to) effect.add?.(from, to, push)
    }
    yield* waiting.release(end, random)
  }
  for (const { label, nats } of effects) label.nats = nats?.() ?? 0
}

function endOf(world: World, effect: Effect): EpochMs {
  return effect.lasts === true ? world.to : effect.label.to
}

/** Calls that have begun and whose lines have not reached the log, by the minute in which they will. */
class Waiting {
  readonly #minutes = new Map<number, { readonly at: EpochMs; readonly call: Call }[]>()
  readonly #to: EpochMs

  constructor(world: World) {
    this.#to = world.to
  }

  put(call: Call): void {
    this.#putAt(call.ts + Math.ceil(call.durationMs) + call.delayMs, call)
  }

  #putAt(at: EpochMs, call: Call): void {
    // What would come after the end never comes.
    if (at >= this.#to) return
    const minute = Math.floor(at / MINUTE_MS)
    const there = this.#minutes.get(minute)
    if (there === undefined) this.#minutes.set(minute, [{ at, call }])
    else there.push({ at, call })
  }

  /** The lines of the minute that ends at `end`. Sorting is stable, so that equal times keep their order. */
  *release(end: EpochMs, random: Random): Generator<string> {
    const minute = Math.floor(end / MINUTE_MS) - 1
    const due = this.#minutes.get(minute) ?? []
    this.#minutes.delete(minute)
    due.sort((a, b) => a.at - b.at)
    for (const { at, call } of due) {
      yield nativeLine(call)
      if (random.unit() < REPEATED) this.#putAt(Math.max(end, at + random.below(5_000)), call)
    }
  }
}
