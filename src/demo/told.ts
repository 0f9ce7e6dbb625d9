import * as z from 'zod'
import type { Alert, AlertStatus, EntityName } from '#src/alert/alert.ts'
import type { EpochMs } from '#src/call/call.ts'

/** What a receiver was told of one alert, as far as the verdict needs it. */
export interface ToldAlert {
  readonly id: string
  readonly notice: number
  readonly detector: string
  readonly status: AlertStatus
  readonly kind: string
  /** `payments POST /v1/charge`, or the identity's name. */
  readonly entity: string
  /** End of the tick at which the evidence crossed. The start of the anomaly is an estimate and may lie before its attack. */
  readonly detectedAt: EpochMs
  readonly severity: string
  readonly reason: string
}

const time = z.iso.datetime().transform((text) => Date.parse(text))

const message = z.object({
  data: z.object({
    severity: z.string(),
    message: z.string(),
    finding_info: z.object({ uid: z.string(), analytic: z.object({ uid: z.string() }) }),
    resources: z.array(z.object({ name: z.string(), type: z.string() })).min(1),
    unmapped: z.object({
      notice: z.int(),
      alert_status: z.enum(['open', 'resolved', 'withdrawn']),
      detected_at: time,
    }),
  }),
})

/** Reads the body of a webhook (parsed JSON). Throws `ZodError` for what is no message of Tidemark's. */
export function toldByMessage(body: unknown): ToldAlert {
  const { data } = message.parse(body)
  const [resource] = data.resources
  return {
    id: data.finding_info.uid,
    notice: data.unmapped.notice,
    detector: data.finding_info.analytic.uid,
    status: data.unmapped.alert_status,
    kind: resource!.type,
    entity: resource!.name,
    detectedAt: data.unmapped.detected_at,
    severity: data.severity.toLowerCase(),
    reason: data.message,
  }
}

/** The same of an alert that did not travel: from a replay's report or the API. */
export function toldByAlert(alert: Alert): ToldAlert {
  return {
    id: alert.id,
    notice: 1,
    detector: alert.detector,
    status: alert.status,
    kind: alert.entity.kind,
    entity: entityName(alert.entity),
    detectedAt: Date.parse(alert.detected_at),
    severity: alert.severity,
    reason: alert.reason,
  }
}

/** How messages name an entity. */
export function entityName(entity: EntityName): string {
  const endpoint = [entity.service, entity.method, entity.route].filter((part) => part !== null).join(' ')
  return [entity.identity, endpoint].filter((part) => part !== null && part !== '').join(' → ')
}
