import type { IHeaders } from 'kafkajs'
import type { FetchedMessage } from './decoding.ts'

/** What the records of one batch share. */
export interface BatchHead {
  /** Position of the first record, whether it is still there or not. */
  readonly from: number
  readonly firstTimestamp: number
  /** Where the broker stamps records, its time for all of them; epoch milliseconds. */
  readonly appendTime: number | null
  readonly count: number
  readonly isControlRecord: boolean
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
}

/**
 * The records of one batch, decompressed. Keys and values are slices of `body`.
 * @throws where they end early or contradict themselves
 */
export function readRecords(body: Buffer, head: BatchHead): FetchedMessage[] {
  const reader = new Reader(body)
  const records: FetchedMessage[] = []
  for (let i = 0; i < head.count; i++) {
    const end = reader.varint() + reader.at
    // One byte of attributes, of which none has a meaning yet.
    reader.at += 1
    const afterFirst = reader.varint()
    const timestamp = head.appendTime ?? head.firstTimestamp + afterFirst
    const offset = head.from + reader.varint()
    const key = reader.bytes()
    const value = reader.bytes()
    const headers = readHeaders(reader)
    if (reader.at !== end) throw new Error(`record ${i} of a batch ends at ${reader.at} and not at ${end}`)
    const { isControlRecord, batchContext } = head
    records.push({ offset, timestamp, key, value, headers, isControlRecord, batchContext })
  }
  return records
}

function readHeaders(reader: Reader): IHeaders | undefined {
  const count = reader.varint()
  if (count <= 0) return undefined
  // Names are foreign: without a prototype there is nothing that they could meet.
  const headers: IHeaders = Object.create(null)
  for (let i = 0; i < count; i++) {
    const name = reader.bytes()?.toString() ?? ''
    const value = reader.bytes() ?? undefined
    // The first of several values counts.
    if (!(name in headers)) headers[name] = value
  }
  return headers
}

class Reader {
  readonly #body: Buffer
  at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  /** A zigzag integer; exact up to 2^52. */
  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#body[this.at++]
      if (byte === undefined || scale > 2 ** 63) throw new Error('a batch ends within a number')
      value += (byte & 127) * scale
      if (byte < 128) break
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** `null` where there is none, which is not the same as none of them. */
  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const end = this.at + length
    if (end > this.#body.length) throw new Error(`a batch ends ${end - this.#body.length} bytes early`)
    const slice = this.#body.subarray(this.at, end)
    this.at = end
    return slice
  }
}
