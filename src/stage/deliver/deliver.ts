import type { Sink } from '#src/sink/sink.ts'
import type { Drain } from '#src/stream/stream.ts'
import { Courier } from './courier.ts'
import { Lane } from './lane.ts'
import { DELIVER_LIMITS, type DeliverLimits } from './limits.ts'
import type { DeliverEvents, Surroundings } from './surroundings.ts'

export interface DeliverOptions extends Surroundings {
  /** Stays the caller's: it is to be closed after the stage has stopped. */
  readonly sink: Sink
  readonly limits?: Partial<DeliverLimits>
  readonly events?: DeliverEvents
}

/**
 * Tells one sink of every alert: in order for each alert, at least once on the wire, always under the same webhook-id. Each
 * sink is a stage of its own with its own position, so a receiver that is dead delays no other.
 */
export function deliver(options: DeliverOptions): Drain {
  const { sink, events = {} } = options
  const limits: DeliverLimits = { ...DELIVER_LIMITS, ...options.limits }
  const courier = new Courier(sink, options, limits, events)
  return {
    stage: `deliver.${sink.name}`,
    inputs: ['alerts'],
    batch: { records: 500, waitMs: 10 },
    async open(opening) {
      const lane = new Lane(opening, courier, options, limits, sink.name, events)
      courier.join(lane)
      return lane
    },
  }
}

export type { DeliveryRow } from './row.ts'
export type { DeliverEvents } from './surroundings.ts'
