import { z } from 'zod'
import type { Sink } from '#src/sink/sink.ts'

/** A change that is told. */
export type Told = Parameters<Sink['deliver']>[0]

/** What one record of the alerts topic says. */
export type Reading =
  | { readonly kind: 'told'; readonly record: Told }
  /** Only the stored alert changes. */
  | { readonly kind: 'quiet' }
  | { readonly kind: 'bad'; readonly reason: string }

/** Bytes; an alert has some thousands. */
const LARGEST = 256 * 1024

// The id becomes part of a header and of the signed text, where a full stop separates.
const id = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/)
const time = z
  .string()
  .max(40)
  .refine((text) => !Number.isNaN(Date.parse(text)), 'a time')
const text = z.string().max(64 * 1024)
const name = z.string().max(8192).nullable()
const measures = z.record(z.string().max(256), z.number())

const schema = z.object({
  alert: z.object({
    id,
    detector: z.string().max(256),
    status: z.enum(['open', 'resolved', 'withdrawn']),
    settled: z.boolean(),
    severity: z.enum(['low', 'medium', 'high', 'critical']),
    entity: z.object({
      kind: z.enum(['endpoint', 'identity', 'edge', 'service', 'origin']),
      service: name,
      method: name,
      route: name,
      identity: name,
    }),
    // Older records have none.
    parent: id.nullable().default(null),
    opened_at: time,
    last_seen_at: time,
    resolved_at: time.nullable(),
    detected_at: time,
    window_seconds: z.number(),
    surprise_bits: z.number(),
    evidence: measures.optional(),
    observed: measures,
    expected: measures,
    baseline: z.object({ calls: z.number(), readiness: z.enum(['cold', 'warming', 'ready']) }),
    reason: text,
    contributors: z.array(z.object({ name: text, share: z.number() })).max(1000),
    examples: z.array(text).max(1000),
    query: text,
    silent_if: text,
    version: z.number(),
  }),
  telling: z
    .object({
      notice: z.int().min(1),
      event: z.enum(['opened', 'updated', 'resolved', 'withdrawn', 'reopened']),
    })
    .nullable(),
})

/** Reads one record. Whatever is in it, this does not throw, and reasons repeat nothing of it. */
export function readAlertRecord(value: Uint8Array): Reading {
  if (value.byteLength > LARGEST) return { kind: 'bad', reason: `${value.byteLength} bytes, more than ${LARGEST}` }
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value))
  } catch {
    return { kind: 'bad', reason: 'not JSON in UTF-8' }
  }
  const read = schema.safeParse(json)
  if (!read.success) {
    const issue = read.error.issues[0]
    return { kind: 'bad', reason: `${issue?.path.slice(0, 3).join('.') || 'the record'}: ${issue?.code ?? 'wrong'}` }
  }
  const { alert, telling } = read.data
  return telling === null ? { kind: 'quiet' } : { kind: 'told', record: { alert, telling } }
}
