import type { Alert, AlertStatus, EntityName, Readiness, Severity } from '#src/alert/alert.ts'
import type { EpochMs } from '#src/call/call.ts'
import type { Reading } from '#src/call/format.ts'
import type { BudgetReport } from '#src/detection/ledger.ts'

/** Every bound of the HTTP server. All may be configured; these are the defaults. */
export interface WebLimits {
  /** Bytes of a body as sent. */
  readonly bodyBytes: number
  /** Bytes of a gzip body once unpacked. */
  readonly inflatedBytes: number
  /** Unpacked bytes a packed byte; a body that unpacks to at most 1 MiB is never refused for its ratio. */
  readonly inflateRatio: number
  /** Bytes of one record. Larger ones are rejected by index. */
  readonly recordBytes: number
  /** Records of one body. */
  readonly records: number
  /** Bytes of all bodies between their arrival and their durability. */
  readonly waitingBytes: number
  /** Requests between their arrival and their durability. */
  readonly waitingRequests: number
  /** Records that detection may be behind before senders are asked to wait. */
  readonly lagRecords: number
  /** Queries of the store at once. */
  readonly reads: number
  /** Milliseconds until a query of the store is given up. */
  readonly readMs: number
  /** Milliseconds that a sender waits for durability. */
  readonly appendMs: number
  /** Milliseconds within which a whole request must have arrived. */
  readonly requestMs: number
  readonly headerBytes: number
  readonly connections: number
  /** Milliseconds that requests under way have to finish when the server closes. */
  readonly closeMs: number
}

export const defaultLimits: WebLimits = Object.freeze({
  bodyBytes: 8 * 1024 * 1024,
  inflatedBytes: 64 * 1024 * 1024,
  inflateRatio: 100,
  recordBytes: 1024 * 1024,
  records: 50_000,
  waitingBytes: 128 * 1024 * 1024,
  waitingRequests: 256,
  lagRecords: 2_000_000,
  reads: 16,
  readMs: 10_000,
  appendMs: 30_000,
  requestMs: 60_000,
  headerBytes: 16 * 1024,
  connections: 1_000,
  closeMs: 10_000,
})

export type Permission = 'ingest' | 'read'

/** A bearer token, known by its hash only. */
export interface Token {
  /** For the log; not a secret. */
  readonly name: string
  /** SHA-256 of the token, 64 hexadecimal digits. */
  readonly sha256: string
  readonly may: readonly Permission[]
}

/** A record for the calls topic. */
export interface WebRecord {
  /** The call's request id: a body that is sent again lands where the first one did, and is seen to be a duplicate. */
  readonly key: string | null
  readonly value: Uint8Array
}

/** Newest `opened_at` first, then `id` descending. A field that is `null` does not filter. */
export interface AlertFilter {
  readonly status: AlertStatus | null
  readonly detector: string | null
  readonly service: string | null
  readonly severity: Severity | null
  /** Only those that belong to the alert of this id; empty: only those that belong to none. */
  readonly parent: string | null
  /** Only alerts whose `last_seen_at` is not before this. */
  readonly since: EpochMs | null
  /** 1 to 1,001. */
  readonly limit: number
  /** Only alerts that come after this one in the order. */
  readonly after: { readonly opened_at: string; readonly id: string } | null
}

/** What was told or changed of one alert, oldest first. */
export interface AlertEvent {
  readonly at: string
  readonly event: string
  readonly notice: number
  readonly version: number
  readonly severity: Severity
  readonly surprise_bits: number
  readonly reason: string
}

export interface AlertWithEvents {
  readonly alert: Alert
  readonly events: readonly AlertEvent[]
}

/** In ascending order of `key`. A field that is `null` does not filter. */
export interface EntityFilter {
  readonly kind: EntityName['kind'] | null
  readonly service: string | null
  readonly identity: string | null
  readonly readiness: Readiness | null
  /** 1 to 1,001. */
  readonly limit: number
  /** Only entities whose key is greater. */
  readonly after: string | null
}

/** An entity as analysts see it. */
export interface EntityRow {
  readonly key: string
  readonly entity: EntityName
  readonly readiness: Readiness
  /** How many calls the baseline rests on. */
  readonly calls: number
  readonly last_seen_at: string | null
  /** Level, dispersion and the like by measure, as the store has them. */
  readonly measures: Readonly<Record<string, unknown>>
}

export interface Health {
  readonly live: boolean
  readonly ready: boolean
  /** What is missing, in words for the operator. */
  readonly reasons: readonly string[]
}

/** What the server tells its surroundings (metrics). Must not throw. */
export interface WebEvents {
  /** `route` is the pattern and never the address asked for. */
  answered(route: string, status: number, seconds: number): void
  /** `rejected`: how many records for each reason. */
  ingested(accepted: number, skipped: number, rejected: ReadonlyMap<string, number>, bytes: number): void
  waiting(requests: number, bytes: number): void
}

/** The part of a logger that the server uses; pino has it. */
export interface WebLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface WebOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Further names under which the server may be asked, without port. Checked on loopback always, elsewhere where given. */
  readonly hosts: readonly string[]
  /** Empty: everybody who reaches the server may do everything. */
  readonly tokens: readonly Token[]
  /** Of the configured format: `text` takes every body as lines. */
  readonly encoding: 'json' | 'text'
  readonly limits: WebLimits
  readonly version: string
  /** Resolves once all records are durable. */
  append(records: readonly WebRecord[]): Promise<void>
  /** What the configured format makes of one record. */
  check(value: Uint8Array): Reading
  alerts(filter: AlertFilter): Promise<readonly Alert[]>
  alert(id: string): Promise<AlertWithEvents | null>
  entities(filter: EntityFilter): Promise<readonly EntityRow[]>
  /** The alert budget of the shards that this process judges. */
  budget(): BudgetReport
  /** The Prometheus text. */
  metrics(): Promise<string>
  health(): Health
  /** Records between what was taken and what was read by detection. */
  lag(): number
  /** Time of the newest call that detection has read. */
  lastCallAt(): EpochMs | null
  readonly log: WebLog
  readonly events: WebEvents
}
