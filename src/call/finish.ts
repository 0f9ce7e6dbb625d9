import type { ApiCall, CallDraft, Decision } from './call.ts'
import type { Reject } from './format.ts'
import { hexOfText } from './hash.ts'
import { capText, holdsCredential, redactText, stripControls } from './redact.ts'
import { guardRoute, ROUTE_CHARACTERS, routeOf } from './route.ts'
import { isSuspect } from './suspect.ts'

/** How much of each text is kept, in UTF-16 units. */
export const CALL_CAPS = {
  method: 32,
  path: 2048,
  route: ROUTE_CHARACTERS,
  service: 256,
  identity: 256,
  host: 256,
  clientIp: 64,
  decisionReason: 256,
  requestId: 128,
  traceId: 64,
  tokenId: 128,
  userAgent: 256,
  region: 64,
} as const

/** What stands where the log names no service. */
export const UNKNOWN_SERVICE = 'unknown'
/** What stands where the log names no caller. */
export const ANONYMOUS = 'anonymous'

/** No text longer than this is looked at further; UTF-16 units. Above every cap, so that a cut secret is cut off too. */
const TEXT_READ = 8192
/** The largest time that a date can hold. */
const LAST_MS = 8.64e15
/** Seconds since 1970 that are larger than this are milliseconds by mistake. */
const LAST_SECOND = 1e11

/**
 * Makes a call of what a format found: cuts, caps, defaults, redaction. Whatever is missing, `-`, empty or impossible becomes
 * `null`. Every call has the same keys in the same order. Idempotent. Refuses with `bad-time`, `bad-method`,
 * `status-out-of-range` or `no-route`.
 */
export function finishCall(draft: CallDraft): ApiCall | Reject {
  const { ts, status } = draft
  if (!(typeof ts === 'number' && Math.abs(ts) <= LAST_MS))
    return { reject: 'bad-time', detail: 'the time cannot be read' }
  const method = methodOf(draft.method)
  if (method === null) return { reject: 'bad-method', detail: 'the method is not a token of at most 32 characters' }
  if (!(Number.isInteger(status) && status >= 100 && status <= 599)) {
    return { reject: 'status-out-of-range', detail: `status: expected a whole number from 100 to 599, got ${status}` }
  }
  const target = splitTarget(draft.path)
  const route = cutQuery(draft.route)
  const path = pathOf(target.path)
  const given = textOf(route, CALL_CAPS.route)
  if (path === null && given === null) return { reject: 'no-route', detail: 'neither path nor route is there' }
  return {
    ts: Math.floor(ts),
    service: textOf(draft.service, CALL_CAPS.service) ?? UNKNOWN_SERVICE,
    method,
    path,
    // Looked at again: a segment may have become readable by decoding it.
    route: given === null ? (textOf(routeOf(path ?? '/'), CALL_CAPS.route) ?? '/') : guardRoute(given),
    status,
    requestBytes: wholeOf(draft.requestBytes),
    responseBytes: wholeOf(draft.responseBytes),
    durationMs: amountOf(draft.durationMs),
    clientIp: addressOf(draft.clientIp),
    host: hostOf(draft.host) ?? hostOf(target.host),
    identity: identityOf(draft.identity),
    decision: decisionOf(draft.decision),
    decisionReason: textOf(draft.decisionReason, CALL_CAPS.decisionReason),
    requestId: idOf(draft.requestId, CALL_CAPS.requestId),
    traceId: idOf(draft.traceId, CALL_CAPS.traceId),
    tokenId: idOf(draft.tokenId, CALL_CAPS.tokenId),
    tokenIssuedAt: secondsOf(draft.tokenIssuedAt),
    tokenExpiresAt: secondsOf(draft.tokenExpiresAt),
    userAgent: textOf(draft.userAgent, CALL_CAPS.userAgent),
    region: textOf(draft.region, CALL_CAPS.region),
  }
}

type Text = string | null | undefined

const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]{1,32}$/

/** What is there of a text, without outer spaces; `null` where nothing is. May still have controls in it. */
function presentOf(value: Text): string | null {
  if (value === null || value === undefined || value === '' || value === '-') return null
  const length = value.length
  if (length <= TEXT_READ && value.charCodeAt(0) > 32 && value.charCodeAt(length - 1) > 32) return value
  const text = capText(value, TEXT_READ).trim()
  return text === '' || text === '-' ? null : text
}

/** The same without controls, for texts that need a closer look. */
function visibleOf(value: string): string | null {
  return presentOf(stripControls(value))
}

function textOf(value: Text, cap: number): string | null {
  let text = presentOf(value)
  if (text === null) return null
  if (isSuspect(text, true)) {
    text = visibleOf(text)
    if (text === null) return null
    text = redactText(text)
  }
  return text.length <= cap ? text : capText(text, cap).trim()
}

/** An identifier that is too long or carries a credential is replaced by its hash as a whole: it still tells calls apart. */
function idOf(value: Text, cap: number): string | null {
  let id = presentOf(value)
  if (id === null) return null
  if (isSuspect(id, false)) {
    id = visibleOf(id)
    if (id === null) return null
    if (holdsCredential(id)) return `~${hexOfText(id)}`
  }
  return id.length <= cap ? id : `~${hexOfText(id)}`
}

/** As `idOf`, but what is merely too long keeps its beginning, for people. */
function identityOf(value: Text): string {
  const cap = CALL_CAPS.identity
  const id = idOf(value, TEXT_READ)
  if (id === null) return ANONYMOUS
  return id.length <= cap ? id : `${capText(id, cap - 17)}~${hexOfText(id)}`
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', '_OTHER'])

function methodOf(value: string): string | null {
  if (METHODS.has(value)) return value
  if (typeof value !== 'string' || !TOKEN.test(value)) return null
  return isSuspect(value, false) && holdsCredential(value) ? null : value.toUpperCase()
}

function decisionOf(value: Decision | null | undefined): Decision | null {
  return value === 'allow' || value === 'deny' || value === 'error' ? value : null
}

/** Finite and not negative; at most 2^53 - 1. */
function amountOf(value: number | null | undefined): number | null {
  if (value === null || value === undefined || !(value >= 0) || value === Number.POSITIVE_INFINITY) return null
  // The sum turns -0 into 0.
  return Math.min(value, Number.MAX_SAFE_INTEGER) + 0
}

function wholeOf(value: number | null | undefined): number | null {
  const amount = amountOf(value)
  return amount === null ? null : Math.floor(amount)
}

function secondsOf(value: number | null | undefined): number | null {
  const seconds = wholeOf(value)
  return seconds === null || seconds >= LAST_SECOND ? null : seconds
}

/** Everything before `?` or `#`. */
function cutQuery(value: Text): Text {
  if (value === null || value === undefined) return null
  const at = value.search(/[?#]/)
  return at < 0 ? value : value.slice(0, at)
}

/** A path as logged, which may be a whole URL (proxies): what is left of `?`, apart from scheme and authority. */
function splitTarget(value: Text): { path: Text; host: string | null } {
  const path = cutQuery(value)
  if (path === null || path === undefined || path.charCodeAt(0) === 47) return { path, host: null }
  const scheme = /^\s{0,8}[A-Za-z][A-Za-z\d+.-]{0,15}:\/\//.exec(path)
  if (scheme === null) return { path, host: null }
  const from = scheme[0].length
  const slash = path.indexOf('/', from)
  return slash < 0 ? { path: '/', host: path.slice(from) } : { path: path.slice(slash), host: path.slice(from, slash) }
}

function pathOf(value: Text): string | null {
  const path = textOf(value, CALL_CAPS.path)
  if (path === null || path.charCodeAt(0) === 47 || path === '*') return path
  return capText(`/${path}`, CALL_CAPS.path)
}

/** Lower case, without user information and port; `null` where it is no name and no address. */
function hostOf(value: Text): string | null {
  const host = presentOf(value)
  if (host === null) return null
  // Lower case comes last: some secrets are known by their capitals.
  return nameOf(host.slice(host.lastIndexOf('@') + 1), CALL_CAPS.host)?.toLowerCase() ?? null
}

function addressOf(value: Text): string | null {
  const address = presentOf(value)
  return address === null ? null : nameOf(address, CALL_CAPS.clientIp)
}

const HOST_NAME = /^[\w.\p{L}\p{N}-]+$/u
const IPV6 = /^[\da-fA-F]{0,4}:[\da-fA-F]{0,4}:[\da-fA-F:.]{0,40}(?:%[\w.-]{1,16})?$/

/** A host's name or address without its port. */
function nameOf(value: string, cap: number): string | null {
  const name = textOf(withoutPort(value), cap)
  return name !== null && (HOST_NAME.test(name) || IPV6.test(name)) ? name : null
}

/** `10.0.0.1:80` and `[::1]:80` without port and brackets; a bare IPv6 address as it is. */
function withoutPort(host: string): string {
  const colon = host.indexOf(':')
  if (colon < 0) return host
  if (host.charCodeAt(0) === 91) return host.slice(1, host.indexOf(']') < 0 ? host.length : host.indexOf(']'))
  return host.indexOf(':', colon + 1) < 0 ? host.slice(0, colon) : host
}
