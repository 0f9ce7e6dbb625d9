import { createRequire } from 'node:module'

/** kafkajs has no types for what is inside it. */
const load = createRequire(import.meta.url)

interface Decoder {
  readInt32(): number
  canReadBytes(bytes: number): boolean
  readBytes(bytes: number): Buffer
}

/** A record as the library decodes it, before it filters. */
export interface FetchedMessage {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, never>>
  isControlRecord: boolean
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean }
  /** Stands for a batch of records that could not be decoded. */
  readonly undecodable?: Undecodable
}

export interface Undecodable {
  readonly from: number
  readonly to: number
  readonly reason: string
}

type Batches = (decoder: Decoder) => Promise<{ readonly records: readonly FetchedMessage[] }>
type Messages = (decoder: Decoder, size: number) => Promise<FetchedMessage[]>

const batchHeaderBytes = 61
const magicAt = 16
const magic = 2

/**
 * Replaces the library's decoding of fetched records. Its own fails for good on one batch that cannot be decompressed, on a
 * batch of some hundred thousand records (it passes them as arguments), and stands still where all that it fetched were
 * batches that compaction has emptied.
 */
export function decodeSafely(): void {
  const fetch = 'kafkajs/src/protocol/requests/fetch'
  const place = load.resolve(`${fetch}/v4/decodeMessages`)
  load(place)
  load.cache[place]!.exports = decodeMessages
  // The library loads these at each request: they take what is in its place now.
  for (let version = 4; version <= 11; version++) delete load.cache[load.resolve(`${fetch}/v${version}/response`)]
}

export async function decodeMessages(decoder: Decoder): Promise<FetchedMessage[]> {
  const size = decoder.readInt32()
  if (size <= 0 || !decoder.canReadBytes(size)) return []
  const buffer = decoder.readBytes(size)
  const Inner = load('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => Decoder
  if (buffer.length > magicAt && buffer.readInt8(magicAt) !== magic) {
    return (load('kafkajs/src/protocol/messageSet/decoder') as Messages)(new Inner(buffer), size)
  }
  const decodeBatch = load('kafkajs/src/protocol/recordBatch/v0/decoder') as Batches
  const messages: FetchedMessage[] = []
  for (let at = 0; at + batchHeaderBytes <= buffer.length; ) {
    const end = at + 12 + buffer.readInt32BE(at + 8)
    // Brokers cut the last batch where the answer would become too large.
    if (end > buffer.length || end < at + batchHeaderBytes) break
    const batch = buffer.subarray(at, end)
    for (const message of await decodeOne(batch, () => decodeBatch(new Inner(batch)))) messages.push(message)
    at = end
  }
  return messages
}

async function decodeOne(batch: Buffer, decode: () => ReturnType<Batches>): Promise<readonly FetchedMessage[]> {
  const from = Number(batch.readBigInt64BE(0))
  const last = from + batch.readInt32BE(23)
  const batchContext = {
    producerId: String(batch.readBigInt64BE(43)),
    inTransaction: (batch.readInt16BE(21) & 0x10) > 0,
  }
  const standIn = { offset: String(last), timestamp: '-1', key: null, value: null, headers: {}, batchContext }
  try {
    const { records } = await decode()
    return records.length > 0 ? records : [{ ...standIn, isControlRecord: true }]
  } catch (error) {
    // A codec that this process does not have is no property of one batch: the reader must end, and say so.
    if ((error as Error).name === 'KafkaJSNotImplemented') throw error
    const undecodable = { from, to: last + 1, reason: (error as Error).message }
    return [{ ...standIn, isControlRecord: false, undecodable }]
  }
}
