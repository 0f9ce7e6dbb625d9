import type { Batch, IHeaders } from 'kafkajs'
import type { StreamRecord } from '../stream.ts'
import type { Undecodable } from './decoding.ts'

const nothing = new Uint8Array(0)

/**
 * The records of a batch from a position on. Values stay slices of what was fetched.
 * @param lost is told of what could not be decoded
 */
export function toRecords(
  batch: Batch,
  source: string,
  from: number,
  lost: (what: Undecodable) => void,
): StreamRecord[] {
  const records: StreamRecord[] = []
  for (const message of batch.messages) {
    const { offset, timestamp, key, value, headers } = message
    const position = Number(offset)
    if (position < from) continue
    const { undecodable } = message as { readonly undecodable?: Undecodable }
    if (undecodable !== undefined) {
      lost(undecodable)
      continue
    }
    records.push({
      source,
      position,
      appendedAt: toTime(timestamp),
      // Any bytes may be a key of a foreign topic: what is no text becomes replacement characters.
      key: key === null ? null : key.toString(),
      value: value ?? nothing,
      headers: headers === undefined ? null : toHeaders(headers),
    })
  }
  return records
}

/** Brokers say -1 where a record has no time. */
function toTime(timestamp: string): number | null {
  const time = Number(timestamp)
  return time >= 0 && Number.isSafeInteger(time) ? time : null
}

/** Names of headers are foreign: the result has no prototype that they could meet. The first of several values counts. */
function toHeaders(headers: IHeaders): Readonly<Record<string, string>> | null {
  const names = Object.keys(headers)
  if (names.length === 0) return null
  const found: Record<string, string> = Object.create(null)
  for (const name of names) {
    const value = headers[name]
    const first = Array.isArray(value) ? value[0] : value
    if (first !== undefined && first !== null) found[name] = first.toString()
  }
  return found
}
