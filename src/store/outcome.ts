import type { InsertOutcome } from './store.ts'

/** The rows are at fault: they will be refused for ever. Numbers as in ClickHouse's ErrorCodes. */
const PERMANENT = new Set([
  6, // CANNOT_PARSE_TEXT
  25, // CANNOT_PARSE_ESCAPE_SEQUENCE
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  32, // ATTEMPT_TO_READ_AFTER_EOF
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  53, // TYPE_MISMATCH
  69, // ARGUMENT_OUT_OF_BOUND
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  131, // TOO_LARGE_STRING_SIZE
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
])

/** One code for two things: too many parts (wait for merges) and too many partitions in one insert (never works). */
const TOO_MANY_PARTS = 252

const LONGEST_REASON = 500

/** The error's number in ClickHouse's list; `null` where it did not come from the engine (a socket, a proxy, a timeout). */
export function engineCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  const code = Number(error.code)
  return Number.isInteger(code) ? code : null
}

/**
 * Whether the same insert may work later. What is not known to be the rows' fault is tried again: a missing table or a
 * wrong password is an operator's to mend, and no row may be lost while they do.
 */
export function insertFailure(error: unknown): InsertOutcome {
  const reason = reasonOf(error)
  const code = engineCode(error)
  if (code === TOO_MANY_PARTS) {
    return { kind: /partitions for single INSERT/i.test(reason) ? 'permanent' : 'retry', reason }
  }
  return { kind: code !== null && PERMANENT.has(code) ? 'permanent' : 'retry', reason }
}

/** The engine quotes rows in its messages: cut, so that no log line carries a whole batch. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error)
  const code = engineCode(error)
  return (code === null ? text : `${code}: ${text}`).slice(0, LONGEST_REASON)
}

/** Why a query gave nothing. `away`: ask again later. `refused`: not a query that may run. `costly`: beyond its limits. `failed`: the SQL is wrong. */
export class QueryFailed extends Error {
  override readonly name = 'QueryFailed'
  readonly kind: 'away' | 'refused' | 'costly' | 'failed'
  constructor(kind: 'away' | 'refused' | 'costly' | 'failed', message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
  }
}

const COSTLY = new Set([158, 159, 160, 241, 307, 396])
const AWAY = new Set([198, 202, 203, 209, 210, 242, 279, 439, 999])
const REFUSED = new Set([164, 497])

export function queryFailure(error: unknown): QueryFailed {
  const code = engineCode(error)
  const kind =
    code === null || AWAY.has(code)
      ? 'away'
      : COSTLY.has(code)
        ? 'costly'
        : REFUSED.has(code)
          ? 'refused'
          : ('failed' as const)
  return new QueryFailed(kind, reasonOf(error), error)
}
