import type { EpochMs } from '#src/call/call.ts'
import type { Insert } from '#src/store/store.ts'
import type { Gap } from '#src/stream/stream.ts'
import { timeOf } from './row.ts'

const COLUMNS = ['at', 'stage', 'source', 'from_position', 'to_position']

/** A gap as a row of its table; told again (at another time), it is still one row. */
export function gapInsert({ stage, source, from, to }: Gap, at: EpochMs): Insert {
  return {
    table: 'gaps',
    columns: COLUMNS,
    rows: `${JSON.stringify([timeOf(at), stage, source, from, to])}\n`,
    count: 1,
    token: `gaps:${stage}:${source}:${from}-${to}`,
  }
}
