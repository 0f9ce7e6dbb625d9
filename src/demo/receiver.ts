import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One notice as the SIEM keeps it: repeats of the same webhook-id are folded into it. */
export interface Received {
  readonly webhookId: string
  readonly alertId: string
  /** `opened`, `updated`, `resolved`, `withdrawn` or `reopened`. */
  readonly event: string
  /** The CloudEvent's type. */
  readonly type: string
  /** When it came first; milliseconds since 1970. */
  readonly receivedAt: number
  /** How often it came again. */
  readonly repeats: number
  /** The CloudEvent. */
  readonly message: Readonly<Record<string, unknown>>
}

/** How the receiver misbehaves. `lost-answer`: the notice is kept, and the connection cut before the answer. */
export type Failure =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: 'hang' | 'reset' | 'lost-answer' }

export interface ReceiverOptions {
  /** Chosen by the system unless given. */
  readonly port?: number
  /** `whsec_…`, shared with the webhook sink. */
  readonly secret: string
  /** One line for each notice, repeat and refusal. */
  readonly log?: (line: string) => void
  /** Milliseconds since 1970; the system's clock unless given. */
  readonly now?: () => number
}

export interface Receiver {
  readonly url: string
  /** In the order of first arrival. */
  readonly received: readonly Received[]
  /** The notices of one alert, in the order of first arrival. */
  of(alertId: string): readonly Received[]
  readonly repeats: number
  /** Requests whose signature, time or content was wrong. */
  readonly refused: number
  /** From now on every request (or every n-th) fails like this; `null`: none. */
  fail(failure: Failure | null, every?: number): void
  /** Called for each notice when it comes first. Returns what takes the listener away again. */
  onReceived(listener: (received: Received) => void): () => void
  close(): Promise<void>
}

const BODY_LIMIT = 64 * 1024
/** Seconds by which the time of an attempt may differ from ours. */
const TOLERANCE_S = 300
/** Notices that are kept; beyond it the receiver answers 503, so that nothing is taken and then forgotten. */
const KEPT = 100_000

/** A stand-in for a SIEM on this machine: verifies signatures, folds repeats by webhook-id, keeps a log per alert. */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const siem = new Siem(options)
  const server = createServer((request, response) => {
    siem.serve(request, response).catch(() => request.socket.destroy())
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/webhook`,
    received: siem.received,
    of: (alertId) => siem.received.filter((received) => received.alertId === alertId),
    get repeats() {
      return siem.repeats
    },
    get refused() {
      return siem.refused
    },
    fail: (failure, every = 1) => siem.fail(failure, every),
    onReceived(listener) {
      siem.listeners.add(listener)
      return () => siem.listeners.delete(listener)
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

type Kept = { -readonly [Key in keyof Received]: Received[Key] }

class Siem {
  readonly received: Kept[] = []
  readonly listeners = new Set<(received: Received) => void>()
  repeats = 0
  refused = 0
  readonly #byId = new Map<string, Kept>()
  readonly #key: Buffer
  readonly #log: (line: string) => void
  readonly #now: () => number
  #failure: Failure | null = null
  #every = 1
  #requests = 0

  constructor({ secret, log, now }: ReceiverOptions) {
    this.#key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    this.#log = log ?? (() => undefined)
    this.#now = now ?? Date.now
  }

  fail(failure: Failure | null, every: number): void {
    this.#failure = failure
    this.#every = every
    this.#requests = 0
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    if (request.method !== 'POST') return answer(response, 405)
    const failure = ++this.#requests % this.#every === 0 ? this.#failure : null
    if (failure?.kind === 'hang') return
    if (failure?.kind === 'reset') return void request.socket.resetAndDestroy()
    if (failure?.kind === 'status') return answer(response, failure.status, failure.retryAfter)
    const status = body === null ? 413 : this.#take(request, body)
    if (failure?.kind === 'lost-answer') return void request.socket.resetAndDestroy()
    answer(response, status)
  }

  /** Keeps the notice, or says with which status it is refused. */
  #take(request: IncomingMessage, body: Buffer): number {
    const webhookId = headerOf(request, 'webhook-id')
    if (!this.#genuine(request, webhookId, body)) return this.#refuse(401, 'signature or time is wrong')
    const message = messageOf(body)
    if (message === null || message.id !== webhookId) return this.#refuse(400, 'not the CloudEvent that was announced')
    const before = this.#byId.get(webhookId)
    if (before !== undefined) {
      before.repeats++
      this.repeats++
      this.#log(`again     ${webhookId}`)
      return 204
    }
    if (this.received.length >= KEPT) return this.#refuse(503, 'full')
    const received: Kept = { webhookId, receivedAt: this.#now(), repeats: 0, message, ...described(message) }
    this.#byId.set(webhookId, received)
    this.received.push(received)
    this.#log(lineOf(received))
    for (const listener of this.listeners) listener(received)
    return 204
  }

  #refuse(status: number, reason: string): number {
    this.refused++
    this.#log(`refused   ${status} ${reason}`)
    return status
  }

  #genuine(request: IncomingMessage, id: string, body: Buffer): boolean {
    const seconds = headerOf(request, 'webhook-timestamp')
    if (!/^\d{1,12}$/.test(seconds) || Math.abs(this.#now() / 1000 - Number(seconds)) > TOLERANCE_S) return false
    const expected = createHmac('sha256', this.#key).update(`${id}.${seconds}.`).update(body).digest()
    return headerOf(request, 'webhook-signature')
      .split(' ')
      .some((part) => {
        const given = part.startsWith('v1,') ? Buffer.from(part.slice(3), 'base64') : null
        return given !== null && given.length === expected.length && timingSafeEqual(given, expected)
      })
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= BODY_LIMIT) chunks.push(chunk)
  }
  return size > BODY_LIMIT ? null : Buffer.concat(chunks)
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

function answer(response: ServerResponse, status: number, retryAfter?: string): void {
  response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
  response.end()
}

function messageOf(body: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const message: unknown = JSON.parse(body.toString())
    return isObject(message) && isObject(message.data) ? message : null
  } catch {
    return null
  }
}

function described(message: Readonly<Record<string, unknown>>): Pick<Received, 'alertId' | 'event' | 'type'> {
  return {
    alertId: textAt(message, 'data', 'finding_info', 'uid'),
    event: textAt(message, 'data', 'unmapped', 'event'),
    type: textAt(message, 'type'),
  }
}

function lineOf({ event, message }: Received): string {
  const severity = textAt(message, 'data', 'severity')
  const title = textAt(message, 'data', 'finding_info', 'title')
  return `${event.padEnd(9)} ${severity.padEnd(8)} ${title}: ${textAt(message, 'data', 'message')}`
}

/** The text at a path of keys; empty where there is none. */
function textAt(value: unknown, ...path: readonly string[]): string {
  const found = path.reduce<unknown>((at, key) => (isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined), value)
  return typeof found === 'string' ? found : ''
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
