import type { EpochMs } from '#src/call/call.ts'
import { MINUTE_MS, usualRate } from './arrivals.ts'
import type { Call } from './calls.ts'
import { type Endpoint, endpointName } from './endpoints.ts'
import type { Identity } from './identities.ts'
import { logCount, type Spread, shapeOf, spreadOfEndpoint, spreadOfIdentity } from './nats.ts'
import type { World } from './world.ts'

/** What happened in a log, and to whom. Times are event times; `to` is not included. */
export interface Label {
  readonly id: string
  /** `benign_…` for trouble that must not be told. */
  readonly kind: string
  readonly endpoints: readonly string[]
  readonly identities: readonly string[]
  /** Whose usual calls carry it, though it is not about them: an alert for one of them is one too many, and not a false one. */
  readonly through: readonly string[]
  readonly from: EpochMs
  readonly to: EpochMs
  /** When it strikes, where it prepares itself before; delays count from then on. */
  readonly strikesAt?: EpochMs
  /** In the unit of its kind: a share, a factor, a number. */
  readonly intensity: number
  /** Evidence in its events; complete when the log has been read to its end. 0 for trouble. */
  nats: number
}

export type Push = (call: Call) => void

/** An attack or a trouble at work. */
export interface Effect {
  readonly label: Label
  /** Whether it goes on after its label ends, until the log does. */
  readonly lasts?: boolean
  /** Looks at an ordinary call within [from, to) and may change it, or add others. False: it never happened. */
  touch?(call: Call, push: Push): boolean
  /** Adds the calls that begin in [start, end), which lies within [from, to). */
  add?(start: EpochMs, end: EpochMs, push: Push): void
  /** Evidence of the events so far. */
  nats?(): number
}

/** Calls that an endpoint gets (or, of one identity, makes) in a window on average. */
export function expectedCalls(world: World, of: Endpoint | Identity, from: EpochMs, to: EpochMs): number {
  let sum = 0
  for (let at = from; at < to; at += MINUTE_MS) {
    const seconds = Math.min(MINUTE_MS, to - at) / 1000
    if ('callers' in of) {
      for (const { identity, share } of of.callers) sum += usualRate(world.identities[identity]!, at) * share * seconds
    } else sum += usualRate(of, at) * seconds
  }
  return sum
}

/** A counted window: how many calls came, against how many usually do. */
export class WindowCount {
  readonly mean: number
  readonly shape: number
  seen = 0
  /** Calls that the attack adds (or, below 0, takes away) on average. */
  added = 0

  constructor(mean: number, shape: number) {
    this.mean = mean
    this.shape = shape
  }

  /** All calls of an endpoint or an identity; `part`: only that share of them is meant. */
  static of(world: World, of: Endpoint | Identity, from: EpochMs, to: EpochMs, part = 1): WindowCount {
    const mean = part * expectedCalls(world, of, from, to)
    const spread: Spread = 'callers' in of ? spreadOfEndpoint(world, of) : spreadOfIdentity(of)
    const thinned = { fano: 1 + (spread.fano - 1) * part, phi: spread.phi }
    return new WindowCount(mean, shapeOf(mean, thinned, (to - from) / MINUTE_MS))
  }

  nats(): number {
    return logCount(this.seen, this.mean, this.added, this.shape)
  }

  /** What so many added calls come to on average. */
  expected(added: number): number {
    return logCount(this.mean + added, this.mean, added, this.shape)
  }
}

export function labelOf(
  label: Omit<Label, 'nats' | 'endpoints' | 'identities' | 'through'>,
  endpoints: readonly Endpoint[],
  identities: readonly { readonly name: string }[],
  through: readonly { readonly name: string }[] = [],
): Label {
  return {
    ...label,
    endpoints: [...new Set(endpoints.map(endpointName))],
    identities: [...new Set(identities.map(({ name }) => name))],
    through: [...new Set(through.map(({ name }) => name))],
    nats: 0,
  }
}
