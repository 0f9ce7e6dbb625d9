import { createRequire } from 'node:module'
import { crc32c } from './crc32c.ts'

/** kafkajs has no types for what is inside it. */
const load = createRequire(import.meta.url)

/** The library's writer, as far as it takes what is written here. */
interface Encoder {
  buf: Buffer
  offset: number
  readonly buffer: Buffer
}

type Bytes = Buffer | string | null | undefined

/** One record as the library hands it over. */
interface Written {
  readonly offsetDelta?: number
  readonly timestampDelta?: number
  readonly key?: Bytes
  readonly value?: Bytes
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[]>>
}

interface BatchOptions {
  readonly compression?: number
  readonly firstOffset?: number
  readonly firstTimestamp?: number
  readonly maxTimestamp?: number
  readonly lastOffsetDelta?: number
  readonly transactional?: boolean
  /** The library's own kind of long number, or a number. */
  readonly producerId?: { toString(): string } | number
  readonly producerEpoch?: number
  readonly firstSequence?: number
  readonly records: readonly Written[]
}

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
}

const place = 'kafkajs/src/protocol/recordBatch'
const headBytes = 61
const magic = 2
/** Where the checksum begins to count. */
const checkedAt = 21

/**
 * Replaces the library's encoding of record batches: its own makes and copies several buffers for each record, which was most
 * of what a commit of many small records cost. The format is that of KIP-98 (magic 2).
 */
export function encodeFast(): void {
  const record = load.resolve(`${place}/record/v0`)
  const batch = load.resolve(`${place}/v0`)
  load(record)
  load(batch)
  load.cache[record]!.exports = (written: Written) => written
  load.cache[batch]!.exports = { RecordBatch: encodeBatch, MAGIC_BYTE: magic }
  // The library loads these at each request: they take what is in its place now.
  for (let version = 3; version <= 7; version++) {
    delete load.cache[load.resolve(`kafkajs/src/protocol/requests/produce/v${version}/request`)]
  }
}

export async function encodeBatch({ compression = 0, records, ...head }: BatchOptions): Promise<Encoder> {
  const bodies = records.map(bodySize)
  let size = headBytes
  for (const body of bodies) size += varintSize(body) + body
  let buffer = Buffer.allocUnsafe(size)
  let at = headBytes
  for (const [i, record] of records.entries()) at = writeRecord(buffer, at, record, bodies[i]!)
  if (compression !== 0) {
    const { lookupCodec } = load('kafkajs/src/protocol/message/compression') as { lookupCodec(type: number): Codec }
    const packed = await lookupCodec(compression).compress({ buffer: buffer.subarray(headBytes) })
    buffer = Buffer.concat([buffer.subarray(0, headBytes), packed])
  }
  writeHead(buffer, { compression, records, ...head })
  const Outer = load('kafkajs/src/protocol/encoder') as new (size: number) => Encoder
  return Object.assign(new Outer(0), { buf: buffer, offset: buffer.length })
}

function writeHead(buffer: Buffer, options: BatchOptions): void {
  const { firstTimestamp = 0, maxTimestamp = 0, producerId = -1 } = options
  buffer.writeBigInt64BE(BigInt(options.firstOffset ?? 0), 0)
  buffer.writeInt32BE(buffer.length - 12, 8)
  buffer.writeInt32BE(0, 12)
  buffer.writeInt8(magic, 16)
  buffer.writeInt16BE((options.compression ?? 0) | (options.transactional === true ? 0x10 : 0), 21)
  buffer.writeInt32BE(options.lastOffsetDelta ?? 0, 23)
  buffer.writeBigInt64BE(BigInt(firstTimestamp), 27)
  buffer.writeBigInt64BE(BigInt(maxTimestamp), 35)
  buffer.writeBigInt64BE(BigInt(String(producerId)), 43)
  buffer.writeInt16BE(options.producerEpoch ?? 0, 51)
  buffer.writeInt32BE(options.firstSequence ?? 0, 53)
  buffer.writeInt32BE(options.records.length, 57)
  buffer.writeUInt32BE(crc32c(buffer, checkedAt, buffer.length), 17)
}

const none: readonly (readonly [string, Bytes])[] = []

function headersOf({ headers }: Written): readonly (readonly [string, Bytes])[] {
  if (headers === undefined) return none
  return Object.entries(headers).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((one: Bytes) => [name, one] as const) : [[name, value as Bytes] as const],
  )
}

function bodySize(record: Written): number {
  const headers = headersOf(record)
  let size = 1 + varintSize(record.timestampDelta ?? 0) + varintSize(record.offsetDelta ?? 0)
  size += bytesSize(record.key) + bytesSize(record.value) + varintSize(headers.length)
  for (const [name, value] of headers) size += bytesSize(name) + bytesSize(value)
  return size
}

function writeRecord(buffer: Buffer, from: number, record: Written, size: number): number {
  let at = writeVarint(buffer, from, size)
  buffer[at++] = 0
  at = writeVarint(buffer, at, record.timestampDelta ?? 0)
  at = writeVarint(buffer, at, record.offsetDelta ?? 0)
  at = writeBytes(buffer, at, record.key)
  at = writeBytes(buffer, at, record.value)
  const headers = headersOf(record)
  at = writeVarint(buffer, at, headers.length)
  for (const [name, value] of headers) at = writeBytes(buffer, writeBytes(buffer, at, name), value)
  return at
}

function bytesSize(value: Bytes): number {
  if (value === null || value === undefined) return 1
  const length = Buffer.byteLength(value)
  return varintSize(length) + length
}

function writeBytes(buffer: Buffer, at: number, value: Bytes): number {
  if (value === null || value === undefined) return writeVarint(buffer, at, -1)
  if (typeof value !== 'string') {
    const next = writeVarint(buffer, at, value.length)
    buffer.set(value, next)
    return next + value.length
  }
  const length = Buffer.byteLength(value)
  const next = writeVarint(buffer, at, length)
  return next + buffer.write(value, next, length, 'utf8')
}

/** Zigzag, then seven bits a byte, lowest first. Up to 2^52: no delta of times is larger. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = zigzag(value); rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

function writeVarint(buffer: Buffer, from: number, value: number): number {
  let at = from
  let rest = zigzag(value)
  for (; rest >= 128; rest = Math.floor(rest / 128)) buffer[at++] = (rest % 128) | 128
  buffer[at++] = rest
  return at
}
