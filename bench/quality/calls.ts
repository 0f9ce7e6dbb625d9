import type { EpochMs } from '#src/call/call.ts'
import { indexOf, mix, type Random } from '#src/demo/random.ts'
import { drawSize } from '#src/demo/sizes.ts'
import type { Endpoint } from './endpoints.ts'
import type { Caller, Identity } from './identities.ts'
import type { World } from './world.ts'

export interface Token {
  readonly id: string
  /** Seconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** One call on its way to being a line. Trouble and attacks may change it before. */
export interface Call {
  ts: EpochMs
  endpoint: Endpoint
  caller: Caller
  /** The identity behind the caller; `null` for strangers. */
  identity: Identity | null
  readonly object: number
  /** Whether the object is one of the caller's own. */
  own: boolean
  /** Whether the endpoint is one that the identity does not usually call. */
  novel: boolean
  /** Instead of the path that follows from route and object; then the line has no route. */
  readonly path: string | null
  status: number
  requestBytes: number
  responseBytes: number
  durationMs: number
  ip: string
  readonly requestId: string
  /** `null`: the one that the caller has at that time. */
  readonly token: Token | null
  /** From the start of the call to the moment at which its line reaches the log. */
  delayMs: number
}

/** Share of a person's calls that go to objects of others; workloads may touch any object. */
export const FOREIGN = 0.2
/** How many objects of each endpoint are a person's own. */
const OWN_OBJECTS = 12
/** Chance that one call of a person comes from a network that this person has not used before. */
export const ROAMING = 1 / 4000

/** An ordinary call of an identity: endpoint, object, outcome and sizes as they usually are. */
export function usualCall(world: World, ts: EpochMs, identity: Identity, random: Random): Call {
  const novel = random.unit() < identity.novelty
  let endpoint = novel
    ? world.endpoints[indexOf(world.popularity, random.unit())]!
    : world.endpoints[identity.endpoints[indexOf(identity.shares, random.unit())]!]!
  // What is not there yet cannot be called; the most popular endpoint is there from the start.
  if (endpoint.bornAt > ts)
    endpoint = world.endpoints[identity.endpoints.find((i) => world.endpoints[i]!.bornAt <= ts) ?? 0]!
  return callTo(ts, endpoint, identity, random, novel && !identity.endpoints.includes(endpoint.index))
}

/** A call of an identity to that endpoint, with the outcome that such a call usually has. */
export function callTo(ts: EpochMs, endpoint: Endpoint, identity: Identity, random: Random, novel = false): Call {
  const own = identity.kind === 'service' || random.unit() >= FOREIGN
  const object =
    identity.kind === 'user' && own
      ? mix(identity.index, endpoint.index, random.below(OWN_OBJECTS)) % endpoint.objects
      : // Squaring makes some objects far more popular than others.
        Math.floor(random.unit() ** 2 * endpoint.objects)
  const call = strangerCall(ts, endpoint, identity, random, object)
  call.identity = identity
  call.own = own
  call.novel = novel
  if (identity.kind === 'user' && random.unit() < ROAMING) call.ip = roamingAddress(random)
  return call
}

/** A call of somebody without habits. */
export function strangerCall(ts: EpochMs, endpoint: Endpoint, caller: Caller, random: Random, object?: number): Call {
  const status = usualStatus(endpoint, random)
  return {
    ts,
    endpoint,
    caller,
    identity: null,
    object: object ?? random.below(endpoint.objects),
    own: false,
    novel: false,
    path: null,
    status,
    requestBytes: endpoint.request === null ? 0 : drawSize(endpoint.request, random),
    responseBytes: answerBytes(endpoint, status, random),
    durationMs: Math.round(10 * Math.min(20_000, endpoint.durationMs * Math.exp(0.5 * random.normal()))) / 10,
    ip: random.pick(caller.addresses),
    requestId: random.hex(16),
    token: null,
    delayMs: shippingDelay(random),
  }
}

/** Errors are answered shortly, whatever the endpoint usually answers. */
export function answerBytes(endpoint: Endpoint, status: number, random: Random): number {
  if (status >= 400) return 120 + random.below(160)
  return endpoint.response === null ? 0 : drawSize(endpoint.response, random)
}

export function succeed(call: Call, random: Random): Call {
  if (call.status >= 400) {
    call.status = 200
    call.responseBytes = answerBytes(call.endpoint, 200, random)
  }
  return call
}

export function failWith(call: Call, status: number, random: Random): Call {
  call.status = status
  call.responseBytes = answerBytes(call.endpoint, status, random)
  return call
}

function usualStatus(endpoint: Endpoint, random: Random): number {
  let fate = random.unit() - endpoint.failing
  if (fate < 0) return random.pick([500, 502, 503, 504])
  fate -= endpoint.denied
  if (fate < 0) return random.pick([401, 403])
  fate -= endpoint.missing
  if (fate < 0) return 404
  return endpoint.method === 'POST' ? 201 : endpoint.method === 'DELETE' ? 204 : 200
}

/** One line in a hundred waits up to 30 s in some buffer, one in a thousand up to ten minutes. */
function shippingDelay(random: Random): number {
  const coin = random.unit()
  if (coin < 0.001) return 30_000 + random.below(570_000)
  if (coin < 0.011) return random.below(30_000)
  return Math.min(5_000, Math.round(random.exponential(120)))
}

function roamingAddress(random: Random): string {
  return `203.0.${random.below(256)}.${1 + random.below(254)}`
}

/** The line as the native format has it. */
export function nativeLine(call: Call): string {
  const { caller, endpoint, status } = call
  const { id, issuedAt, expiresAt } = call.token ?? tokenOf(caller, call.ts)
  const isDenied = status === 401 || status === 403
  const path =
    call.path ??
    endpoint.route.replace('{id}', String(10_000 + call.object)).replace('{item}', String(call.object % 50))
  const route = call.path === null ? `"route":"${endpoint.route}",` : ''
  // Every text is of our own making and needs no escapes.
  return (
    `{"ts":"${new Date(call.ts).toISOString()}","service":"${endpoint.service}","method":"${endpoint.method}","path":"${path}",${route}` +
    `"status":${status},"request_bytes":${call.requestBytes},"response_bytes":${call.responseBytes},"duration_ms":${call.durationMs},` +
    `"client_ip":"${call.ip}","host":"${endpoint.service}.internal","identity":"${caller.name}",` +
    `"decision":"${isDenied ? 'deny' : 'allow'}","decision_reason":"${isDenied ? 'policy' : ''}","request_id":"${call.requestId}",` +
    `"token_id":"${id}","token_issued_at":${issuedAt},"token_expires_at":${expiresAt},"user_agent":"${caller.userAgent}"}`
  )
}

/** A caller takes a new token whenever the old one has run out, each at moments of its own. */
export function tokenOf(caller: Caller, ts: EpochMs): Token {
  const seconds = Math.floor(ts / 1000)
  const { key, tokenSeconds } = caller
  const issuedAt = seconds - ((seconds - (key % tokenSeconds)) % tokenSeconds)
  const id = mix(key, issuedAt).toString(16).padStart(8, '0') + key.toString(16).padStart(8, '0')
  return { id, issuedAt, expiresAt: issuedAt + tokenSeconds }
}
