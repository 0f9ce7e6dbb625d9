import { createRequire } from 'node:module'
import type { IHeaders } from 'kafkajs'
import { type BatchHead, readRecords } from './record.ts'

/** kafkajs has no types for what is inside it. */
const load = createRequire(import.meta.url)

interface Codec {
  decompress(buffer: Buffer): Promise<Buffer>
}

interface Decoder {
  readInt32(): number
  canReadBytes(bytes: number): boolean
  readBytes(bytes: number): Buffer
}

/** A record as the library filters it and hands it on. It makes long numbers of offsets wherever it needs them, also of these. */
export interface FetchedMessage {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: IHeaders | undefined
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

type Messages = (decoder: Decoder, size: number) => Promise<FetchedMessage[]>

const batchHeaderBytes = 61
const magicAt = 16
const magic = 2

/**
 * Replaces the library's decoding of fetched records. Its own fails for good on one batch that cannot be decompressed, on a
 * batch of some hundred thousand records (it passes them as arguments), and stands still where all that it fetched were
 * batches that compaction has emptied. And it makes a dozen objects for each record.
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
  const messages: FetchedMessage[] = []
  for (let at = 0; at + batchHeaderBytes <= buffer.length; ) {
    const end = at + 12 + buffer.readInt32BE(at + 8)
    // Brokers cut the last batch where the answer would become too large.
    if (end > buffer.length || end < at + batchHeaderBytes) break
    const batch = buffer.subarray(at, end)
    for (const message of await decodeOne(batch)) messages.push(message)
    at = end
  }
  return messages
}

async function decodeOne(batch: Buffer): Promise<readonly FetchedMessage[]> {
  const head = headOf(batch)
  const { from, last, batchContext } = head
  const standIn = { offset: last, timestamp: -1, key: null, value: null, headers: undefined, batchContext }
  try {
    const records = readRecords(await bodyOf(batch, head.attributes), head)
    return records.length > 0 ? records : [{ ...standIn, isControlRecord: true }]
  } catch (error) {
    // A codec that this process does not have is no property of one batch: the reader must end, and say so.
    if ((error as Error).name === 'KafkaJSNotImplemented') throw error
    const undecodable = { from, to: last + 1, reason: (error as Error).message }
    return [{ ...standIn, isControlRecord: false, undecodable }]
  }
}

/** What the records of a batch share (KIP-98, magic 2). */
function headOf(batch: Buffer): BatchHead & { readonly attributes: number; readonly last: number } {
  const attributes = batch.readInt16BE(21)
  const from = Number(batch.readBigInt64BE(0))
  const isAppendTime = (attributes & 0x08) > 0
  return {
    attributes,
    from,
    last: from + batch.readInt32BE(23),
    firstTimestamp: Number(batch.readBigInt64BE(27)),
    appendTime: isAppendTime ? Number(batch.readBigInt64BE(35)) : null,
    count: batch.readInt32BE(57),
    isControlRecord: (attributes & 0x20) > 0,
    batchContext: { producerId: String(batch.readBigInt64BE(43)), inTransaction: (attributes & 0x10) > 0 },
  }
}

async function bodyOf(batch: Buffer, attributes: number): Promise<Buffer> {
  const body = batch.subarray(batchHeaderBytes)
  if ((attributes & 0x07) === 0) return body
  const { lookupCodecByAttributes } = load('kafkajs/src/protocol/message/compression') as {
    lookupCodecByAttributes(attributes: number): Codec | null
  }
  const codec = lookupCodecByAttributes(attributes)
  if (codec === null) throw new Error(`codec ${attributes & 0x07} is unknown`)
  return codec.decompress(body)
}
