import type { Alert } from '#src/alert/alert.ts'
import { originOf } from '#src/call/origin.ts'
import { callsShown } from './condition.ts'
import type { StoryCall } from './traffic.ts'

/** `silent_if` says "about": with three quarters of the number that it names there is silence, with half as many again an alert. */
export const SILENT_PART = 0.75
export const FIRING_PART = 1.5

const FEWER = /^fewer than about (\d+) (of these \d+ calls )?/
const NEW = /^fewer than about (\d+) of these (\d+) (endpoints|networks) had been new to (?:it|its token)$/
const SHORTER = /^no token had been good for longer than /
const MORE = /^more than about (\d+) calls had come in this window$/
const SMALLER = /^no (request|response) had been (larger|smaller) than /
const BYTES = /^fewer than about (\d+) of these (\d+) bytes /

/**
 * The story as an alert says that it would have stayed silent (`silent_if`), in the ways that alerts may say it:
 * - `fewer than about N of these M calls had …`: of the calls that its query shows, that part of N are left, and the others
 *   are ordinary calls,
 * - `fewer than about N … had come`: the others are not there,
 * - `fewer than about N of these M endpoints (networks) had been new to it`: the calls of the others are not there,
 * - `more than about N calls had come`: so many had, copies of the calls that came before; the part is taken the other way round,
 * - `fewer than about N of these M bytes had …`: the responses that its query shows are that much smaller,
 * - `no token had been good for longer than …`: those that its query shows are good for half an hour,
 * - `no request (response) had been larger (smaller) than …`: all are as small (large) as the query's threshold demands.
 * Those that stay are spread evenly over the window. Throws for a sentence that is none of these: then it cannot be checked.
 */
export function unless(alert: Alert, calls: readonly StoryCall[], part: number): StoryCall[] {
  const shown = callsShown(alert.query, calls)
  const novel = NEW.exec(alert.silent_if)
  if (novel !== null) {
    const met = [...new Set(shown.map((call) => thingOf(call, novel[3])))]
    const gone = new Set(met.slice(Math.max(0, Math.ceil(part * Number(novel[1])) - 1)))
    const touched = new Set(shown.filter((call) => gone.has(thingOf(call, novel[3]))))
    return calls.filter((call) => !touched.has(call))
  }
  const bytes = BYTES.exec(alert.silent_if)
  if (bytes !== null) return smallerBy((part * Number(bytes[1])) / Number(bytes[2]), shown, calls)
  const fewer = FEWER.exec(alert.silent_if)
  if (fewer !== null) {
    const left = spread(shown, Math.ceil(part * Number(fewer[1])) - 1)
    const touched = new Set(shown.filter((call) => !left.has(call)))
    if (fewer[2] === undefined) return calls.filter((call) => !touched.has(call))
    return calls.map((call) => (touched.has(call) ? ordinary(call) : call))
  }
  const more = MORE.exec(alert.silent_if)
  if (more !== null) {
    const some = missing(alert, calls, Math.floor(Number(more[1]) / part) + 1 - (alert.observed.calls ?? 0))
    return [...calls, ...some].sort((a, b) => a.ts - b.ts)
  }
  if (SHORTER.test(alert.silent_if)) {
    const tokens = new Set(shown.map((call) => call.token_id))
    return calls.map((call) => (tokens.has(call.token_id) ? goodFor(call, 1800) : call))
  }
  const smaller = SMALLER.exec(alert.silent_if)
  const threshold = /(request|response)_bytes (>=|<=) (\d+)/.exec(alert.query)
  if (smaller === null || threshold === null || smaller[1] !== threshold[1]) {
    throw new Error(`silent_if says nothing that could be checked: ${alert.silent_if}`)
  }
  const field = threshold[1] === 'request' ? 'request_bytes' : 'response_bytes'
  const touched = new Set(shown)
  return calls.map((call) =>
    touched.has(call) ? { ...call, [field]: Number(threshold[3]) + (threshold[2] === '>=' ? -1 : 1) } : call,
  )
}

/** Whether the alert was so close that the story has no calls for half as many again, or says no number. */
export function isClose(alert: Alert, calls: readonly StoryCall[]): boolean {
  const novel = NEW.exec(alert.silent_if)
  if (novel !== null) return FIRING_PART * Number(novel[1]) >= Number(novel[2])
  const fewer = FEWER.exec(alert.silent_if)
  if (MORE.test(alert.silent_if)) return false
  // The least that could be told at all is named, not how much would have been told.
  if (BYTES.test(alert.silent_if)) return true
  return fewer === null || FIRING_PART * Number(fewer[1]) >= callsShown(alert.query, calls).length
}

function thingOf({ service, method, route, client_ip }: StoryCall, things: string | undefined): string | null {
  return things === 'networks' ? originOf(client_ip) : `${method} ${service} ${route}`
}

function ordinary(call: StoryCall): StoryCall {
  return { ...goodFor(call, 1800), status: 200, duration_ms: 1 }
}

/** The same call with a token that was new then and is good for so many seconds; where the story has tokens. */
function goodFor(call: StoryCall, seconds: number): StoryCall {
  if (call.token_id === undefined || call.token_id === '') return call
  const now = Math.floor(call.ts / 1000)
  return { ...call, token_issued_at: now, token_expires_at: now + seconds }
}

/** The same calls with smaller responses where the alert's query shows them. */
function smallerBy(part: number, shown: readonly StoryCall[], calls: readonly StoryCall[]): StoryCall[] {
  const touched = new Set(shown)
  return calls.map((call) =>
    touched.has(call) && call.response_bytes !== null
      ? { ...call, response_bytes: Math.floor(call.response_bytes * part) }
      : call,
  )
}

function spread(shown: readonly StoryCall[], some: number): ReadonlySet<StoryCall> {
  const gap = shown.length / Math.max(1, some)
  return new Set(Array.from({ length: some }, (_, i) => shown[Math.floor((i + 0.5) * gap)] as StoryCall))
}

/** So many calls that did not come, evenly spread over the window of the alert. */
function missing({ entity, opened_at, last_seen_at }: Alert, calls: readonly StoryCall[], some: number): StoryCall[] {
  const [from, to] = [Date.parse(opened_at), Date.parse(last_seen_at)]
  const usual = calls.filter(
    ({ service, method, route }) =>
      service === entity.service && (entity.kind === 'service' || (method === entity.method && route === entity.route)),
  )
  return Array.from({ length: Math.max(0, some) }, (_, i) => ({
    ...(usual[i % usual.length] as StoryCall),
    ts: Math.floor(from + ((i + 0.5) * (to - from)) / some),
    request_id: `missing-${i}`,
  }))
}
