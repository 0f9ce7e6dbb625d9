import type { EpochMs } from '#src/call/call.ts'
import type { Random } from '#src/demo/random.ts'
import type { Effect } from '../effect.ts'
import type { Places } from '../place.ts'

/** What one attack is drawn from. */
export interface Draw {
  readonly places: Places
  readonly random: Random
  readonly id: string
  /** The evidence in nats that it should carry; what is physically impossible is cut off. */
  readonly wanted: number
}

/** Draws one attack of a kind. */
export type DrawAttack = (draw: Draw) => Effect

/** Times within [start, end) of a Poisson process with so many events in [from, to) on average. */
export function* times(
  random: Random,
  mean: number,
  window: { readonly from: EpochMs; readonly to: EpochMs },
  start: EpochMs,
  end: EpochMs,
): Generator<EpochMs> {
  const count = random.poisson((mean * (end - start)) / (window.to - window.from))
  for (let i = 0; i < count; i++) yield Math.floor(start + random.unit() * (end - start))
}
