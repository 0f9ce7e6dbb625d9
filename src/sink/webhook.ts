import { lookup as resolve } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent } from 'undici'
import { addressKind } from './address.ts'
import { type MessageOptions, messageOf } from './message.ts'
import { hostOf, namesLoopback, type WebhookOptions } from './options.ts'
import { keyOf, signatureOf } from './signature.ts'
import type { Delivery, Sink } from './sink.ts'
import { type Told, webhookIdOf } from './text.ts'
import { verdictOf } from './verdict.ts'

/** What a webhook needs of the process that it runs in. */
export interface WebhookSurroundings extends MessageOptions {
  /** Milliseconds since 1970: stamps attempts and reads Retry-After. */
  now(): number
  /** How names become addresses; the system's own unless given. Every address is checked, whoever answers. */
  readonly lookup?: LookupFunction
}

export interface WebhookSink extends Sink {
  /** Scheme, host and port, for logs: paths of webhooks are often secrets. */
  readonly target: string
}

/** Bytes of an answer that are read so that its connection can be used again. What they say is not looked at. */
const ANSWER_LIMIT = 64 * 1024
const CONNECTIONS = 8

/** Posts notices as signed CloudEvents (Standard Webhooks). */
export function webhookSink(options: WebhookOptions, surroundings: WebhookSurroundings): WebhookSink {
  const url = new URL(options.url)
  const keys = [options.secret].flat().map((secret) => keyOf(secret))
  if (keys.some((key) => key === null)) throw new Error(`The secret of sink ${options.name} is malformed`)
  const guard = guardOf(url, options.allowPrivate)
  const agent = new Agent({
    connections: CONNECTIONS,
    pipelining: 1,
    allowH2: false,
    connect: { lookup: guardedLookup(guard, surroundings.lookup ?? resolve), timeout: options.timeoutMs },
  })
  return {
    name: options.name,
    kind: 'webhook',
    target: url.origin,
    deliver: (record, signal) =>
      attempt(record, signal, { url, keys: keys as Buffer[], agent, guard, options, surroundings }),
    close: () => agent.destroy(),
  }
}

interface Parts {
  readonly url: URL
  readonly keys: readonly Buffer[]
  readonly agent: Agent
  readonly guard: Guard
  readonly options: WebhookOptions
  readonly surroundings: WebhookSurroundings
}

async function attempt(record: Told, signal: AbortSignal, parts: Parts): Promise<Delivery> {
  const { url, agent, guard, options, surroundings } = parts
  // No name is looked up for a literal address, so the hook below would never see it.
  const host = hostOf(url)
  if (isIP(host) !== 0 && !guard(host)) return failed('the address of the receiver is not allowed')
  const body = messageOf(record, surroundings)
  const timeout = AbortSignal.timeout(options.timeoutMs)
  const either = AbortSignal.any([signal, timeout])
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      headers: headersOf(record, body, parts),
      body,
      signal: either,
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
    })
    const retryAfter = answer.headers['retry-after']
    // The status has decided; a body that is cut off, endless or slow changes nothing about it.
    await answer.body.dump({ limit: ANSWER_LIMIT, signal: either }).catch(() => undefined)
    return verdictOf(answer.statusCode, typeof retryAfter === 'string' ? retryAfter : null, surroundings.now())
  } catch (error) {
    if (signal.aborted) return failed('given up: Tidemark is stopping')
    if (timeout.aborted) return failed(`no answer within ${options.timeoutMs} ms`)
    return failed(`the connection failed: ${codeOf(error)}`)
  }
}

function headersOf(record: Told, body: string, { keys, options, surroundings }: Parts): Record<string, string> {
  const id = webhookIdOf(record)
  const seconds = Math.floor(surroundings.now() / 1000)
  return {
    ...options.headers,
    'content-type': 'application/cloudevents+json; charset=UTF-8',
    'user-agent': `tidemark/${surroundings.version}`,
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatureOf(keys, id, seconds, body),
  }
}

function failed(reason: string): Delivery {
  return { kind: 'retry', status: null, reason, afterMs: null }
}

/** Only the code: messages of network errors name addresses, and those of TLS name what the certificate says. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : 'no code'
}

type Guard = (address: string) => boolean

/**
 * Which addresses may be dialled: public ones; private ones where the operator said so; this machine where the URL itself
 * names it or the operator said so. A name that resolves to this machine or to the inside is how a URL reads what it must not.
 */
function guardOf(url: URL, allowPrivate: boolean): Guard {
  const loopbackNamed = namesLoopback(url)
  return (address) => {
    const kind = addressKind(address)
    if (kind === 'loopback') return loopbackNamed || allowPrivate
    return kind === 'public' || (kind === 'private' && allowPrivate)
  }
}

/** Checked at dial time, every address of the answer: a name that is checked first and dialled later may have moved in between. */
function guardedLookup(guard: Guard, lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answer) => {
      if (error !== null) return callback(error, '', 0)
      const found = Array.isArray(answer) ? answer : []
      const first = found[0]
      if (first === undefined || !found.every(({ address }) => guard(address)))
        return callback(Object.assign(new Error('not allowed'), { code: 'ADDRESS_NOT_ALLOWED' }), '', 0)
      if (options.all === true) return callback(null, found)
      callback(null, first.address, first.family)
    })
  }
}

export { type WebhookOptions, webhookOptions } from './options.ts'
