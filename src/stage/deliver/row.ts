import type { EpochMs } from '#src/call/call.ts'
import type { Produced } from '#src/stream/stream.ts'
import type { Told } from './record.ts'

/** One attempt as the delivery log keeps it: a row of the table `deliveries`. */
export interface DeliveryRow {
  /** When the attempt ended; RFC 3339 in UTC with milliseconds. */
  readonly at: string
  readonly sink: string
  readonly alert_id: string
  readonly notice: number
  readonly event: string
  /** Counts from 1 since the lane was opened; 0 where nothing was sent because the sink is off. */
  readonly attempt: number
  readonly outcome: 'delivered' | 'retry' | 'rejected' | 'given-up' | 'disabled'
  readonly status: number | null
  readonly reason: string
  readonly latency_ms: number
}

/** What one attempt adds to its notice. */
export interface Attempted {
  readonly attempt: number
  readonly outcome: DeliveryRow['outcome']
  readonly status: number | null
  readonly reason: string
  readonly startedAt: EpochMs
  readonly endedAt: EpochMs
}

export function rowOf(sink: string, { alert, telling }: Told, attempted: Attempted): DeliveryRow {
  return {
    at: new Date(attempted.endedAt).toISOString(),
    sink,
    alert_id: alert.id,
    notice: telling.notice,
    event: telling.event,
    attempt: attempted.attempt,
    outcome: attempted.outcome,
    status: attempted.status,
    reason: attempted.reason.slice(0, 500),
    latency_ms: Math.max(0, Math.round(attempted.endedAt - attempted.startedAt)),
  }
}

export function producedOf(row: DeliveryRow): Produced {
  return { key: row.alert_id, value: new TextEncoder().encode(JSON.stringify(row)) }
}
