import type { ApiCall } from '#src/call/call.ts'

/** A call of no interest but for what is given. */
export function callOf(fields: Partial<ApiCall> = {}): ApiCall {
  return {
    ts: Date.UTC(2026, 10, 1),
    service: 'payments',
    method: 'GET',
    path: null,
    route: '/v1/accounts/{id}',
    status: 200,
    requestBytes: null,
    responseBytes: null,
    durationMs: null,
    clientIp: null,
    host: null,
    identity: 'billing',
    decision: null,
    decisionReason: null,
    requestId: null,
    traceId: null,
    tokenId: null,
    tokenIssuedAt: null,
    tokenExpiresAt: null,
    userAgent: null,
    region: null,
    ...fields,
  }
}
