import type { EpochMs } from '#src/call/call.ts'
import { mix, type Random } from './random.ts'
import { drawSize } from './sizes.ts'
import type { DemoEndpoint, DemoIdentity } from './world.ts'

/** Who makes a call: an identity of the company, or a stranger with no habits. */
export type Caller = Pick<DemoIdentity, 'name' | 'addresses' | 'userAgent' | 'tokenSeconds'>

/** One call on its way to being a line. Disturbances may change it before. */
export interface DemoCall {
  readonly ts: EpochMs
  readonly endpoint: DemoEndpoint
  readonly caller: Caller
  readonly path: string
  status: number
  requestBytes: number
  responseBytes: number
  durationMs: number
  readonly clientIp: string
  readonly requestId: string
  /** How long after the call its line is shipped, in milliseconds, beyond the call's own duration. */
  readonly delayMs: number
}

const secretNames = ['database', 'signing-key', 'acquirer', 'mail', 'ledger', 'tracing', 'storage', 'partner']

/** An ordinary call at that time: path, status, sizes and duration as the endpoint usually has them. */
export function ordinaryCall(ts: EpochMs, endpoint: DemoEndpoint, caller: Caller, random: Random): DemoCall {
  const status = ordinaryStatus(endpoint, random)
  return {
    ts,
    endpoint,
    caller,
    path: concretePath(endpoint, random),
    status,
    requestBytes: endpoint.request === null ? 0 : drawSize(endpoint.request, random),
    responseBytes: answerBytes(endpoint, status, random),
    durationMs: Math.round(10 * Math.min(30_000, endpoint.durationMs * Math.exp(0.5 * random.normal()))) / 10,
    clientIp: random.pick(caller.addresses),
    requestId: random.hex(32),
    delayMs: shippingDelay(random),
  }
}

/** Errors are answered shortly, whatever the endpoint usually answers. */
export function answerBytes(endpoint: DemoEndpoint, status: number, random: Random): number {
  if (status >= 400) return 120 + random.below(160)
  return endpoint.response === null ? 0 : drawSize(endpoint.response, random)
}

/** Mostly well under a second; one line in a hundred waits up to 20 s in some buffer. */
function shippingDelay(random: Random): number {
  if (random.unit() < 0.01) return random.below(20_000)
  return Math.min(5_000, Math.round(random.exponential(120)))
}

function ordinaryStatus(endpoint: DemoEndpoint, random: Random): number {
  const fate = random.unit()
  if (fate < endpoint.failing) return random.pick([500, 502, 503, 504])
  if (fate < endpoint.failing + endpoint.refusing) return random.pick([400, 404, 404, 409, 401, 403])
  if (endpoint.method === 'DELETE') return 204
  return endpoint.method === 'POST' ? 201 : 200
}

function concretePath(endpoint: DemoEndpoint, random: Random): string {
  return endpoint.route.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'name') return random.pick(secretNames)
    if (name === 'month') return `2026-${String(1 + random.below(12)).padStart(2, '0')}`
    // Squaring makes some objects far more popular than others.
    const object = Math.floor(random.unit() ** 2 * endpoint.objects)
    if (name === 'sku') return `SKU-${String(object).padStart(6, '0')}`
    return String(10_000 + object)
  })
}

/** The line as the native format has it. */
export function nativeLine(call: DemoCall): string {
  const { caller, endpoint } = call
  const issuedAt = tokenIssuedAt(call)
  const denied = call.status === 401 || call.status === 403
  return JSON.stringify({
    ts: new Date(call.ts).toISOString(),
    service: endpoint.service,
    method: endpoint.method,
    path: call.path,
    route: endpoint.route,
    status: call.status,
    request_bytes: call.requestBytes,
    response_bytes: call.responseBytes,
    duration_ms: call.durationMs,
    client_ip: call.clientIp,
    host: `${endpoint.service}.internal`,
    identity: caller.name,
    decision: denied ? 'deny' : 'allow',
    decision_reason: denied ? 'policy' : '',
    request_id: call.requestId,
    trace_id: traceOf(call.requestId),
    token_id: tokenOf(caller.name, issuedAt),
    token_issued_at: issuedAt,
    token_expires_at: issuedAt + caller.tokenSeconds,
    user_agent: caller.userAgent,
    region: 'eu-west-1',
  })
}

/** A caller takes a new token whenever the old one has run out; each at its own moments. */
function tokenIssuedAt(call: DemoCall): number {
  const seconds = Math.floor(call.ts / 1000)
  const phase = textKey(call.caller.name) % call.caller.tokenSeconds
  return seconds - ((seconds - phase) % call.caller.tokenSeconds)
}

function tokenOf(name: string, issuedAt: number): string {
  const word = (key: number) => mix(textKey(name), issuedAt, key).toString(16).padStart(8, '0')
  return word(1) + word(2)
}

function traceOf(requestId: string): string {
  return requestId.slice(16) + requestId.slice(0, 16)
}

function textKey(text: string): number {
  let key = 7
  for (let i = 0; i < text.length; i++) key = (Math.imul(key, 31) + text.charCodeAt(i)) | 0
  return key >>> 0
}
