import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import { hostCheck, isLoopback, originCheck, secure, tokenCheck } from './guard.ts'
import type { WebOptions } from './options.ts'
import { addPage } from './page.ts'
import { knownProblem, Problem, rawProblem } from './problem.ts'
import { addIngest } from './routes.ingest.ts'
import { addReads } from './routes.read.ts'
import { addWatch } from './routes.watch.ts'

export interface Web {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly address: string
  /**
   * From now on 503; requests under way may finish for `closeMs`, then their connections are cut. Idempotent.
   */
  close(): Promise<void>
}

/** The server before it listens. */
export interface BuiltWeb {
  readonly app: FastifyInstance
  /** From now on every request is answered with 503. */
  stop(): void
}

/** Listens. @throws when the address is taken or a token's hash is no hash */
export async function startWeb(options: WebOptions): Promise<Web> {
  const { app, stop } = await buildWeb(options)
  await app.listen({ host: options.host, port: options.port })
  app.server.maxConnections = options.limits.connections
  const address = addressOf(app.server.address(), options.host)
  options.log.info({ address }, 'HTTP listens')
  if (!isLoopback(options.host) && options.tokens.length === 0) {
    options.log.warn({ address }, 'HTTP is open to everybody who reaches it: no tokens are configured')
  }
  let closing: Promise<void> | null = null
  const close = async (): Promise<void> => {
    stop()
    const cut = setTimeout(() => app.server.closeAllConnections(), options.limits.closeMs)
    try {
      await app.close()
    } finally {
      clearTimeout(cut)
    }
  }
  return {
    address,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

/** All routes without a socket, for `inject`. */
export async function buildWeb(options: WebOptions): Promise<BuiltWeb> {
  const { limits } = options
  const app = Fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: Math.min(10_000, limits.requestMs),
      connectionsCheckingInterval: 1_000,
    },
    clientErrorHandler: (error, socket) => {
      if (error.code !== 'ECONNRESET' && socket.writable) socket.end(rawProblem(error.code))
      else socket.destroy()
    },
    frameworkErrors: (error, _request, reply) => fail(options, error, 'none', reply),
  })
  let stopping = false
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => body)
  app.setErrorHandler((error: FastifyError, request, reply) => fail(options, error, request.routeOptions.url, reply))
  addNotFound(app)
  addHooks(app, options, () => stopping)
  const may = tokenCheck(options.tokens)
  addIngest(app, options, may)
  addReads(app, options, may)
  addWatch(app, options, may)
  await addPage(app)
  await app.ready()
  return {
    app,
    stop: () => {
      stopping = true
    },
  }
}

function addHooks(app: FastifyInstance, options: WebOptions, stopping: () => boolean): void {
  const checkHost = hostCheck(options)
  app.addHook('onRequest', async (request, reply) => {
    secure(reply)
    checkHost(request)
    originCheck(request)
    if (stopping()) {
      reply.header('connection', 'close')
      throw new Problem('stopping', { retryAfterSeconds: 5 })
    }
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none')
    options.events.answered(route, reply.statusCode, reply.elapsedTime / 1_000)
  })
}

function addNotFound(app: FastifyInstance): void {
  app.setNotFoundHandler(async (request) => {
    const [path = ''] = request.url.split('?')
    const allowed = (['GET', 'POST'] as const).filter((method) => app.findRoute({ method, url: path }) !== null)
    const [other] = allowed
    if (other === undefined || other === request.method) throw new Problem('not-found')
    throw new Problem('method-not-allowed', { headers: { allow: allowed.join(', ') } })
  })
}

function fail(options: WebOptions, error: unknown, route: string | undefined, reply: FastifyReply): FastifyReply {
  const known = knownProblem(error)
  // What the client is told of a fault of ours is that it is one; the rest is for the log.
  if (known === null) options.log.error({ err: error, route: route ?? 'none' }, 'a request failed')
  const problem = known ?? new Problem('internal')
  const { retryAfterSeconds, headers } = problem.extra
  secure(reply)
  if (headers !== undefined) reply.headers(headers)
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem.body()))
}

function addressOf(address: AddressInfo | string | null, host: string): string {
  if (address === null || typeof address === 'string') return `http://${host}`
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${name}:${address.port}`
}
