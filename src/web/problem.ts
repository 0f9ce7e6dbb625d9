/**
 * Every error that the HTTP API can answer with: a closed catalogue. The body is problem+json (RFC 9457); `code` is the
 * part that programs may rely on. A test holds README's table against this one.
 */
export const problems = {
  'invalid-parameters': { status: 400, title: 'A parameter of the query is unknown or has a wrong value.' },
  'invalid-request': { status: 400, title: 'This is not a well-formed HTTP request.' },
  'malformed-gzip': { status: 400, title: 'The body says that it is gzip, and is not, or was cut off.' },
  'malformed-array': {
    status: 400,
    title: 'The body starts as a JSON array and does not end as one. Nothing was kept.',
  },
  'no-records': { status: 400, title: 'The body holds no record.' },
  'no-valid-record': { status: 400, title: 'Not one record of the body can be read as a call. Nothing was kept.' },
  unauthenticated: { status: 401, title: 'Send "Authorization: Bearer TOKEN" with a token of this server.' },
  'not-permitted': { status: 403, title: 'This token may not do this.' },
  'cross-origin': { status: 403, title: 'Requests from pages of other sites are refused.' },
  'not-found': { status: 404, title: 'There is nothing at this address.' },
  'unknown-alert': { status: 404, title: 'There is no alert with this id.' },
  'method-not-allowed': { status: 405, title: 'This address does not take this method.' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time.' },
  'body-too-large': { status: 413, title: 'The body is larger than the limit. Send it in smaller pieces.' },
  'inflated-too-large': {
    status: 413,
    title: 'The body is larger than the limit once unpacked. Send it in smaller pieces.',
  },
  'record-too-large': { status: 413, title: 'A single record is larger than the limit.' },
  'too-many-records': {
    status: 413,
    title: 'The body holds more records than the limit. Nothing was kept; send fewer.',
  },
  'unsupported-encoding': { status: 415, title: 'Content-Encoding may be gzip or absent.' },
  'unsupported-media-type': {
    status: 415,
    title: 'Content-Type may be application/json (one object or an array), application/x-ndjson or text/plain.',
  },
  'wrong-host': { status: 421, title: 'The Host header names another server than this one.' },
  'too-many-waiting': {
    status: 429,
    title: 'Too much is waiting to become durable. Nothing was kept; send it again later.',
  },
  'lag-too-large': {
    status: 429,
    title: 'Detection is too far behind its input. Nothing was kept; send it again later.',
  },
  'too-many-reads': { status: 429, title: 'Too many queries at once. Ask again later.' },
  'headers-too-large': { status: 431, title: 'The headers are larger than the limit.' },
  internal: { status: 500, title: 'Tidemark failed at this request; its log says why.' },
  stopping: { status: 503, title: 'Tidemark is stopping. Nothing was kept; send it again later.' },
  'not-durable': {
    status: 503,
    title:
      'The stream did not confirm the records. They may have been kept: send them again, request ids keep them from counting twice.',
  },
  'store-unavailable': { status: 503, title: 'The store did not answer. Calls are still taken and alerts still told.' },
} as const satisfies Readonly<Record<string, { status: number; title: string }>>

export type ProblemCode = keyof typeof problems

/** What a client is told beyond the code: a sentence, members of the body, headers. */
export interface ProblemExtra {
  readonly detail?: string
  /** Further members of the problem+json body. */
  readonly members?: Readonly<Record<string, unknown>>
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Thrown by routes and hooks; the server's error handler turns it into the answer. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly extra: ProblemExtra

  constructor(code: ProblemCode, extra: ProblemExtra = {}) {
    super(extra.detail ?? problems[code].title)
    this.code = code
    this.extra = extra
  }

  get status(): number {
    return problems[this.code].status
  }

  /** The problem+json body. Fixed members come last, so that an extra member cannot replace them. */
  body(): Readonly<Record<string, unknown>> {
    return {
      ...this.extra.members,
      ...(this.extra.detail === undefined ? {} : { detail: this.extra.detail }),
      type: `urn:tidemark:problem:${this.code}`,
      code: this.code,
      title: problems[this.code].title,
      status: this.status,
    }
  }
}

/** fastify's and Node's own error codes, in the words of the catalogue. Anything else is `internal`. */
const framework: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid-request',
  FST_ERR_BAD_URL: 'invalid-request',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
  ECONNRESET: 'invalid-request',
}

/** Any thrown value as a problem; `null` where it is a fault of ours and should be logged. */
export function knownProblem(error: unknown): Problem | null {
  if (error instanceof Problem) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = Object.hasOwn(framework, code) ? framework[code] : undefined
  return known === undefined ? null : new Problem(known)
}

/** The answer to bytes that never became a request: written to the socket by hand. */
export function rawProblem(errorCode: string | undefined): string {
  let code: ProblemCode = 'invalid-request'
  if (errorCode === 'HPE_HEADER_OVERFLOW') code = 'headers-too-large'
  if (errorCode === 'ERR_HTTP_REQUEST_TIMEOUT') code = 'request-timeout'
  const problem = new Problem(code)
  const body = JSON.stringify(problem.body())
  return [
    `HTTP/1.1 ${problem.status} Refused`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
