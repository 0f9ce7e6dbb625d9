import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Permission, WebOptions } from './options.ts'
import { Problem } from './problem.ts'
import { readAlertFilter, readEntityFilter, readNoQuery, toCursor } from './query.ts'
import { Turns, within } from './turns.ts'

type MayDo = (request: FastifyRequest, permission: Permission) => void

/** `GET /v1/alerts`, `/v1/alerts/{id}`, `/v1/entities`: what the store knows, a page at a time. */
export function addReads(app: FastifyInstance, options: WebOptions, may: MayDo): void {
  const read = reader(options)
  const onRequest = async (request: FastifyRequest): Promise<void> => may(request, 'read')

  app.get('/v1/alerts', { onRequest }, async (request) => {
    const filter = readAlertFilter(request.query)
    // One more than asked for tells whether there is a next page.
    const found = await read(() => options.alerts({ ...filter, limit: filter.limit + 1 }))
    const alerts = found.slice(0, filter.limit)
    const last = found.length > filter.limit ? alerts.at(-1) : undefined
    return { alerts, next: last === undefined ? null : toCursor({ opened_at: last.opened_at, id: last.id }) }
  })

  app.get<{ Params: { id: string } }>('/v1/alerts/:id', { onRequest }, async (request) => {
    readNoQuery(request.query)
    const found = await read(() => options.alert(request.params.id))
    if (found === null) throw new Problem('unknown-alert')
    return { alert: found.alert, events: found.events }
  })

  app.get('/v1/entities', { onRequest }, async (request) => {
    const filter = readEntityFilter(request.query)
    const found = await read(() => options.entities({ ...filter, limit: filter.limit + 1 }))
    const entities = found.slice(0, filter.limit)
    const last = found.length > filter.limit ? entities.at(-1) : undefined
    return { entities, next: last === undefined ? null : toCursor({ key: last.key }) }
  })
}

/** Bounds how many queries run or wait, and how long one may take; an engine that is away is a 503 and not a fault. */
function reader(options: WebOptions): <T>(query: () => Promise<T>) => Promise<T> {
  const { limits, log } = options
  const turns = new Turns(limits.reads)
  return async (query) => {
    if (turns.size >= limits.reads) throw new Problem('too-many-reads', { retryAfterSeconds: 1 })
    const unavailable = (): Problem => new Problem('store-unavailable', { retryAfterSeconds: 5 })
    // The turn lasts as long as the query does, also when its asker has given up.
    const answer = turns.run(query)
    try {
      return await within(answer, limits.readMs, unavailable)
    } catch (error) {
      if (error instanceof Problem) throw error
      log.warn({ err: error }, 'the store did not answer a query of the API')
      throw unavailable()
    }
  }
}
