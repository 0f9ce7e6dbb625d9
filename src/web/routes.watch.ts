import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Permission, WebOptions } from './options.ts'
import { readNoQuery } from './query.ts'

type MayDo = (request: FastifyRequest, permission: Permission) => void

/** What watches Tidemark itself: `/livez` and `/readyz` without a token (for the platform), `/metrics`, `/v1/status` and `/v1/budget` with. */
export function addWatch(app: FastifyInstance, options: WebOptions, may: MayDo): void {
  const onRequest = async (request: FastifyRequest): Promise<void> => may(request, 'read')

  app.get('/livez', async (_request, reply) => {
    const { live } = options.health()
    return reply.code(live ? 200 : 503).send({ live })
  })

  app.get('/readyz', async (_request, reply) => {
    const { ready, reasons } = options.health()
    return reply.code(ready ? 200 : 503).send({ ready, reasons })
  })

  app.get('/v1/status', { onRequest }, async (request) => {
    readNoQuery(request.query)
    const { live, ready, reasons } = options.health()
    const last = options.lastCallAt()
    return {
      version: options.version,
      live,
      ready,
      reasons,
      lag_records: options.lag(),
      last_call_at: last === null ? null : new Date(last).toISOString(),
      now: new Date().toISOString(),
    }
  })

  app.get('/v1/budget', { onRequest }, async (request) => {
    readNoQuery(request.query)
    return options.budget()
  })

  app.get('/metrics', { onRequest }, async (_request, reply) => {
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await options.metrics())
  })
}
