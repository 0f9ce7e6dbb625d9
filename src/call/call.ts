/** Milliseconds since 1970-01-01T00:00:00Z; whole numbers. */
export type EpochMs = number

/** What the log says of the authorisation decision, where it says anything. */
export type Decision = 'allow' | 'deny' | 'error'

/**
 * One API call as logged, after a format has read it and `finishCall` has cut, capped and redacted it.
 * Missing is `null`, never zero and never the empty string. Every text here came from outside: it is attacker input.
 */
export interface ApiCall {
  /** When the request started, as logged; `believeTime` decides what is believed. */
  ts: EpochMs
  service: string
  /** Upper case. */
  method: string
  /** Without query and fragment; `null` where the log gives only a route. */
  path: string | null
  /** The template of the path: `/v1/users/{id}`. */
  route: string
  /** 100 to 599. */
  status: number
  requestBytes: number | null
  responseBytes: number | null
  durationMs: number | null
  clientIp: string | null
  host: string | null
  /** Who called; `anonymous` where the log has none. */
  identity: string
  decision: Decision | null
  decisionReason: string | null
  requestId: string | null
  traceId: string | null
  tokenId: string | null
  /** Seconds since 1970. */
  tokenIssuedAt: number | null
  /** Seconds since 1970. */
  tokenExpiresAt: number | null
  userAgent: string | null
  region: string | null
}

type Required = 'ts' | 'method' | 'status'

/** What a format returns: the fields that it found. `finishCall` supplies the defaults and the cuts. */
export type CallDraft = Pick<ApiCall, Required> & {
  readonly [K in Exclude<keyof ApiCall, Required>]?: ApiCall[K] | null | undefined
}
