import type { ApiCall, EpochMs } from '#src/call/call.ts'
import { readCall } from '#src/call/read.ts'
import { believeTime } from '#src/call/time.ts'
import type { StreamRecord } from '#src/stream/stream.ts'
import type { ArchiveOptions } from './options.ts'
import { dayOf, type Row, type RowsOf, rowOf, type Shape, secondsOf, timeOf, wholeOf } from './row.ts'

const CALLS: Shape = {
  table: 'api_calls',
  columns: [
    'ts',
    'service',
    'method',
    'path',
    'route',
    'status',
    'request_bytes',
    'response_bytes',
    'duration_ms',
    'client_ip',
    'host',
    'identity',
    'decision',
    'decision_reason',
    'request_id',
    'trace_id',
    'token_id',
    'token_issued_at',
    'token_expires_at',
    'user_agent',
    'region',
    'source',
    'position',
    'appended_at',
    'time_fixed',
  ],
  recordSource: 'source',
  recordPosition: 'position',
}

const NONE: readonly Row[] = []

/** A call's row is a function of its record alone. What collect dead-letters or skips has no row, and nobody is told here. */
export function callRows(options: Pick<ArchiveOptions, 'format' | 'bounds' | 'runStart' | 'recordBytes'>): RowsOf {
  const { format, bounds, runStart, recordBytes } = options
  return (record) => {
    const reading = readCall(format, record.value, recordBytes)
    if (reading.kind !== 'call') return NONE
    const time = believeTime(reading.call.ts, record.appendedAt, runStart, bounds)
    return 'reject' in time ? NONE : [callRow(reading.call, time.at, time.fixed, record)]
  }
}

function callRow(call: ApiCall, at: EpochMs, fixed: boolean, record: StreamRecord): Row {
  return rowOf(CALLS, dayOf(at), [
    timeOf(at),
    call.service,
    call.method,
    call.path ?? '',
    call.route,
    call.status,
    wholeOf(call.requestBytes),
    wholeOf(call.responseBytes),
    call.durationMs,
    call.clientIp ?? '',
    call.host ?? '',
    call.identity,
    call.decision ?? '',
    call.decisionReason ?? '',
    call.requestId ?? '',
    call.traceId ?? '',
    call.tokenId ?? '',
    secondsOf(call.tokenIssuedAt),
    secondsOf(call.tokenExpiresAt),
    call.userAgent ?? '',
    call.region ?? '',
    record.source,
    record.position,
    timeOf(record.appendedAt),
    fixed,
  ])
}
