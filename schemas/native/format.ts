import * as z from 'zod'
import type { CallDraft, EpochMs } from '#src/call/call.ts'
import { defineFormat, type Reject } from '#src/call/format.ts'
import { parseRfc3339 } from '#src/call/timestamp.ts'

const text = z.string().nullish()
/** A number, or its decimal digits in a text; `-` and the empty text are nothing. */
const number = z
  .union(
    [z.number(), z.string().regex(/^(?:-?\d{1,15}(?:\.\d{1,9})?|-?)$/, { error: 'expected a number or its digits' })],
    {
      error: 'expected a number or its digits',
    },
  )
  .nullish()

const line = z.object({
  ts: z.union([z.string(), z.number()], { error: 'required: RFC 3339 or epoch milliseconds' }),
  method: z.string({ error: 'required: a text such as GET' }),
  path: text,
  route: text,
  status: z.union([z.number(), z.string().regex(/^\d{1,3}$/, { error: 'required: a number from 100 to 599' })], {
    error: 'required: a number from 100 to 599',
  }),
  service: text,
  request_bytes: number,
  response_bytes: number,
  duration_ms: number,
  client_ip: text,
  host: text,
  identity: text,
  decision: z.enum(['allow', 'deny', 'error', '', '-']).nullish(),
  decision_reason: text,
  request_id: text,
  trace_id: text,
  token_id: text,
  token_issued_at: number,
  token_expires_at: number,
  user_agent: text,
  region: text,
})

type Line = z.infer<typeof line>

/** The format that Tidemark defines itself: one JSON object a call. */
export default defineFormat<Line>({
  name: 'native',
  about: 'Services that log in the format of Tidemark itself: one JSON object a call.',
  encoding: 'json',
  line,
  toCall(line): CallDraft | Reject {
    const ts = readTime(line.ts)
    if (typeof ts !== 'number') return ts
    const { decision } = line
    return {
      ts,
      service: line.service,
      method: line.method,
      path: line.path,
      route: line.route,
      status: Number(line.status),
      requestBytes: amountOf(line.request_bytes),
      responseBytes: amountOf(line.response_bytes),
      durationMs: amountOf(line.duration_ms),
      clientIp: line.client_ip,
      host: line.host,
      identity: line.identity,
      decision: decision === '' || decision === '-' ? null : decision,
      decisionReason: line.decision_reason,
      requestId: line.request_id,
      traceId: line.trace_id,
      tokenId: line.token_id,
      tokenIssuedAt: amountOf(line.token_issued_at),
      tokenExpiresAt: amountOf(line.token_expires_at),
      userAgent: line.user_agent,
      region: line.region,
    }
  },
  detect(value) {
    if (typeof value !== 'object' || value === null) return false
    return Object.hasOwn(value, 'ts') && Object.hasOwn(value, 'method') && Object.hasOwn(value, 'status')
  },
})

function amountOf(value: number | string | null | undefined): number | null {
  if (typeof value === 'number') return value
  return value === null || value === undefined || value === '' || value === '-' ? null : Number(value)
}

/** Milliseconds are 12 to 14 digits from 1973 to 5138; fewer are seconds, more are microseconds or nanoseconds. */
const FIRST_MS = 1e11
const LAST_MS = 1e14

function readTime(ts: string | number): EpochMs | Reject {
  if (typeof ts === 'string' && !/^-?\d{1,20}(?:\.\d{1,9})?$/.test(ts)) {
    const at = parseRfc3339(ts)
    if (!Number.isNaN(at)) return at
    return {
      reject: 'bad-time',
      detail: `ts: expected RFC 3339 with an offset, or epoch milliseconds; got ${ts.slice(0, 64)}`,
    }
  }
  const at = Number(ts)
  if (at >= FIRST_MS && at < LAST_MS) return at
  const unit = at >= LAST_MS * 1000 ? 'nanoseconds' : at >= LAST_MS ? 'microseconds' : 'seconds'
  const looks = at < 0 ? 'is negative' : `looks like ${unit}`
  return { reject: 'bad-time', detail: `ts: expected epoch milliseconds, and ${ts} ${looks}` }
}
