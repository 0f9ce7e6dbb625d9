import type { Readiness } from '#src/baseline/kind.ts'
import type { Severity } from '#src/detection/severity.ts'

export type { Readiness, Severity }
export type AlertStatus = 'open' | 'resolved' | 'withdrawn'

/** Whatever has a baseline, as alerts name it. Fields that do not apply to the kind are `null`. */
export interface EntityName {
  readonly kind: 'endpoint' | 'identity' | 'edge' | 'service' | 'origin'
  readonly service: string | null
  readonly method: string | null
  readonly route: string | null
  readonly identity: string | null
}

/** One of those who made the observed calls, as far as the sample of the calls shows. */
export interface Contributor {
  /** An identity for an endpoint's or a service's alert, an endpoint for an identity's. */
  readonly name: string
  /** Share of the sampled calls, 0 to 1. */
  readonly share: number
}

/**
 * The lifecycle of findings about one entity and one cause. This is the contract of reports, the API, the alerts topic and
 * ClickHouse: names are snake_case there and here. Times are RFC 3339 in UTC with milliseconds.
 */
export interface Alert {
  /** Hash of detector, entity and `calm_since`; known before the alert starts, so notice and settled alert share it. */
  readonly id: string
  readonly detector: string
  readonly status: AlertStatus
  /** Whether the watermark has closed the ticks that this alert rests on. */
  readonly settled: boolean
  readonly severity: Severity
  readonly entity: EntityName
  /** The id of the service's alert that an endpoint's belongs to: then it is kept, and the service's is told. */
  readonly parent: string | null
  /** Start of the first tick of the anomaly. */
  readonly opened_at: string
  /** End of the last anomalous tick. */
  readonly last_seen_at: string
  readonly resolved_at: string | null
  /** End of the tick at which the evidence crossed. */
  readonly detected_at: string
  readonly window_seconds: number
  readonly surprise_bits: number
  /** `surprise_bits` by measure, in bits; alerts of older versions have none. */
  readonly evidence?: Readonly<Record<string, number>> | undefined
  readonly observed: Readonly<Record<string, number>>
  readonly expected: Readonly<Record<string, number>>
  readonly baseline: { readonly calls: number; readonly readiness: Readiness }
  readonly reason: string
  readonly contributors: readonly Contributor[]
  readonly examples: readonly string[]
  /** SQL that shows the calls. */
  readonly query: string
  readonly silent_if: string
  /** Counts changes of settled content; 0 while nothing is settled. */
  readonly version: number
}

/** A change of one alert as the alerts topic carries it (JSON; the record's key is the alert's id). */
export interface AlertRecord {
  readonly alert: Alert
  /** What deliver tells; `null` where only the stored alert changes. `notice` counts from 1 for each alert. */
  readonly telling: {
    readonly notice: number
    readonly event: 'opened' | 'updated' | 'resolved' | 'withdrawn' | 'reopened'
  } | null
}
