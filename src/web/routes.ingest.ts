import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Inflater } from './inflate.ts'
import { ingest } from './ingest.ts'
import type { Permission, WebLimits, WebOptions } from './options.ts'
import { Problem } from './problem.ts'
import { readNoQuery } from './query.ts'
import { type Seat, WaitingRoom } from './room.ts'

const linesTypes = new Set(['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'text/plain'])
const jsonTypes = new Set(['application/json', ''])

type MayDo = (request: FastifyRequest, permission: Permission) => void

/** `POST /v1/calls`: 202 once every record that the receipt calls accepted is durable. */
export function addIngest(app: FastifyInstance, options: WebOptions, may: MayDo): void {
  const { limits } = options
  const room = new WaitingRoom(limits.waitingRequests, limits.waitingBytes, options.events.waiting)
  const inflater = new Inflater(limits)
  const seats = new WeakMap<FastifyRequest, Seat>()

  app.route({
    method: 'POST',
    url: '/v1/calls',
    onRequest: async (request, reply) => {
      may(request, 'ingest')
      readNoQuery(request.query)
      lineType(request)
      encodingOf(request)
      if (options.lag() > limits.lagRecords) throw new Problem('lag-too-large', { retryAfterSeconds: 5 })
      // Before the body is read: what is not admitted costs no memory.
      const seat = room.enter(announcedBytes(request, limits))
      if (seat === null) throw new Problem('too-many-waiting', { retryAfterSeconds: 1 })
      seats.set(request, seat)
      reply.raw.once('close', () => seat.answered())
    },
    handler: async (request, reply) => {
      const seat = seats.get(request)
      if (seat === undefined) throw new Error('a body without a seat')
      const work = (async () => {
        const body = await bodyOf(request, seat, inflater)
        return ingest(options, body, lineType(request), seat)
      })()
      seat.hold(work)
      return reply.code(202).send(await work)
    },
  })
}

async function bodyOf(request: FastifyRequest, seat: Seat, inflater: Inflater): Promise<Buffer> {
  const sent = request.body instanceof Buffer ? request.body : Buffer.alloc(0)
  const body = encodingOf(request) === 'gzip' ? await inflater.inflate(sent) : sent
  if (!seat.resize(body.length)) throw new Problem('too-many-waiting', { retryAfterSeconds: 1 })
  // A byte order mark is no part of any record.
  return body.subarray(body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0)
}

/** Whether the media type says that records are lines. @throws Problem `unsupported-media-type` */
function lineType(request: FastifyRequest): boolean {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';')
  const media = type.trim().toLowerCase()
  if (linesTypes.has(media)) return true
  if (!jsonTypes.has(media)) throw new Problem('unsupported-media-type')
  return false
}

/** @throws Problem `unsupported-encoding` */
function encodingOf(request: FastifyRequest): 'gzip' | 'identity' {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'gzip' || encoding === 'x-gzip') return 'gzip'
  if (encoding === 'identity') return 'identity'
  throw new Problem('unsupported-encoding')
}

/** What the sender says; a sender that does not say is counted with the most it may send. */
function announcedBytes(request: FastifyRequest, limits: WebLimits): number {
  const length = Number(request.headers['content-length'] ?? limits.bodyBytes)
  if (!Number.isSafeInteger(length) || length < 0) throw new Problem('invalid-request')
  if (length > limits.bodyBytes)
    throw new Problem('body-too-large', { detail: `The limit is ${limits.bodyBytes} bytes.` })
  return length
}
