import { createHash } from 'node:crypto'
import type { Drain, Topic } from '#src/stream/stream.ts'
import { alertRows } from './alert-row.ts'
import { callRows } from './call-row.ts'
import { ArchiveLane } from './lane.ts'
import { type ArchiveOptions, RANGE_LIMITS } from './options.ts'
import { baselineRows, deadLetterRows, deliveryRows } from './other-rows.ts'
import type { RowsOf } from './row.ts'

const INPUTS: readonly Topic[] = ['calls', 'dead-letters', 'alerts', 'deliveries', 'baseline-rows']
/** One insert is one block, and a block is what the engine remembers a token for. */
const MOST_RECORDS = 50_000

/** Puts every record of its inputs into the store, each exactly once, for analysts to query. Never reads a compacted topic. */
export function archive(options: ArchiveOptions): Drain {
  const records = options.limits?.records ?? RANGE_LIMITS.records
  if (!Number.isInteger(records) || records < 1 || records > MOST_RECORDS) {
    throw new RangeError(`limits.records: ${records}; expected 1 to ${MOST_RECORDS}`)
  }
  const configuration = configurationOf(options)
  const calls = callRows(options)
  return {
    stage: 'archive',
    inputs: INPUTS,
    // small enough to keep the event loop free, as rows are made within one turn of it
    batch: { records: Math.min(records, 5_000), waitMs: 200 },
    async open(opening) {
      return new ArchiveLane(opening, options, rowsOf(opening.topic, calls), configuration)
    },
  }
}

function rowsOf(topic: Topic, calls: RowsOf): RowsOf {
  switch (topic) {
    case 'calls':
      return calls
    case 'dead-letters':
      return deadLetterRows
    case 'alerts':
      return alertRows
    case 'deliveries':
      return deliveryRows
    case 'baseline-rows':
      return baselineRows
    default:
      throw new Error(`the archive does not read ${topic}`)
  }
}

/** Short, as it stands in every token. The run's start is not in it: it matters to records of files only, which come once. */
function configurationOf({ format, bounds, recordBytes, configuration }: ArchiveOptions): string {
  const text = JSON.stringify([format.name, bounds.futureMs, bounds.pastMs, recordBytes ?? null, configuration])
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
