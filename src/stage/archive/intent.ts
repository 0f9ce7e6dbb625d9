import * as z from 'zod'
import type { Position } from '#src/stream/stream.ts'

/**
 * What is about to be inserted, committed before it is: whoever owns the source next inserts exactly these records under the
 * same tokens, so that what was stored already is dropped and what was not is stored.
 */
export interface Intent {
  readonly first: Position
  readonly last: Position
  /** The `ROWS_VERSION` and the configuration that the rows were made with. */
  readonly version: number
  readonly configuration: string
  /** Append time of the first record: a topic that was made anew counts its positions from 0 again, and must not meet old tokens. */
  readonly stamp: number
  /** Owners that make rows differently have begun it: tokens cannot tell any more what is stored. */
  readonly mixed: boolean
}

const schema = z.object({
  first: z.int().min(0),
  last: z.int().min(0),
  version: z.int(),
  configuration: z.string(),
  stamp: z.number(),
  mixed: z.boolean(),
})

export function encodeIntent({ first, last, version, configuration, stamp, mixed }: Intent): string {
  return JSON.stringify({ first, last, version, configuration, stamp, mixed })
}

/** `null` where the note says that nothing is under way. Throws for a note that this stage did not write. */
export function decodeIntent(note: string): Intent | null {
  if (note === '') return null
  const intent = schema.parse(JSON.parse(note))
  if (intent.last < intent.first) throw new Error(`an intent from ${intent.first} back to ${intent.last}`)
  return intent
}

/** Names the rows of these records in one partition of one table. */
export function tokenOf(table: string, source: string, intent: Intent, partition: string): string {
  const { first, last, version, configuration, stamp } = intent
  return `${table}:${source}:${first}-${last}:${version}:${partition}:${stamp}:${configuration}`
}
