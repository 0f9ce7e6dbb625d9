import * as z from 'zod'
import type { AlertFilter, EntityFilter } from './options.ts'
import { Problem } from './problem.ts'

const text = z.string().min(1).max(512)
const limit = z
  .string()
  .regex(/^[0-9]{1,4}$/, 'expected a whole number')
  .transform(Number)
  .pipe(z.number().min(1).max(1_000))
const time = z
  .string()
  .max(40)
  .transform((value, context) => {
    const at = /^[0-9]{10,14}$/.test(value)
      ? Number(value)
      : z.iso.datetime({ offset: true }).safeParse(value).success
        ? Date.parse(value)
        : Number.NaN
    if (Number.isFinite(at)) return at
    context.addIssue({ code: 'custom', message: 'expected RFC 3339 or epoch milliseconds' })
    return z.NEVER
  })

const alertPlace = z.strictObject({ opened_at: z.iso.datetime(), id: z.string().min(1).max(200) })
const entityPlace = z.strictObject({ key: z.string().min(1).max(4_096) })

/** A cursor is a place in the order, opaque to clients and checked like any other input. */
function cursor<Place>(place: z.ZodType<Place>) {
  return z
    .string()
    .max(8_192)
    .transform((value, context) => {
      const read = place.safeParse(jsonOrNull(Buffer.from(value, 'base64url').toString('utf8')))
      if (read.success) return read.data
      context.addIssue({ code: 'custom', message: 'expected the "next" of an earlier answer' })
      return z.NEVER
    })
}

function jsonOrNull(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** No id of an alert: those that belong to no other. */
const NO_PARENT = 'none'

const alertQuery = z.strictObject({
  status: z.enum(['open', 'resolved', 'withdrawn']).optional(),
  detector: text.optional(),
  service: text.optional(),
  severity: z.enum(['low', 'medium', 'high', 'critical']).optional(),
  parent: text.optional(),
  since: time.optional(),
  limit: limit.optional(),
  cursor: cursor(alertPlace).optional(),
})

const entityQuery = z.strictObject({
  kind: z.enum(['endpoint', 'identity', 'edge', 'service', 'origin']).optional(),
  service: text.optional(),
  identity: text.optional(),
  readiness: z.enum(['cold', 'warming', 'ready']).optional(),
  limit: limit.optional(),
  cursor: cursor(entityPlace).optional(),
})

const noQuery = z.strictObject({})
const defaultPage = 100

/** @throws Problem `invalid-parameters` */
export function readAlertFilter(query: unknown): AlertFilter {
  const q = read(alertQuery, query)
  return {
    status: q.status ?? null,
    detector: q.detector ?? null,
    service: q.service ?? null,
    severity: q.severity ?? null,
    parent: q.parent === NO_PARENT ? '' : (q.parent ?? null),
    since: q.since ?? null,
    limit: q.limit ?? defaultPage,
    after: q.cursor ?? null,
  }
}

/** @throws Problem `invalid-parameters` */
export function readEntityFilter(query: unknown): EntityFilter {
  const q = read(entityQuery, query)
  return {
    kind: q.kind ?? null,
    service: q.service ?? null,
    identity: q.identity ?? null,
    readiness: q.readiness ?? null,
    limit: q.limit ?? defaultPage,
    after: q.cursor?.key ?? null,
  }
}

/** @throws Problem `invalid-parameters` */
export function readNoQuery(query: unknown): void {
  read(noQuery, query)
}

/** What a client sends back to go on behind this place. */
export function toCursor(place: z.infer<typeof alertPlace> | z.infer<typeof entityPlace>): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function read<T>(schema: z.ZodType<T>, query: unknown): T {
  // fastify's query is an object without prototype; a copy of own entries is all that zod needs of it.
  const result = schema.safeParse(Object.fromEntries(Object.entries(query ?? {})))
  if (result.success) return result.data
  const errors = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ parameter: key.slice(0, 100), problem: 'unknown parameter' }))
      : [{ parameter: issue.path.join('.'), problem: issue.message }],
  )
  const detail = errors.map((error) => `${error.parameter}: ${error.problem}`).join('; ')
  throw new Problem('invalid-parameters', { detail: detail.slice(0, 1_000), members: { errors: errors.slice(0, 20) } })
}
