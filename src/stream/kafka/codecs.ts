import { promisify } from 'node:util'
import { gzip, unzip, zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'

const inflate = promisify(unzip)
const deflate = promisify(gzip)
const unpack = promisify(zstdDecompress)
const pack = promisify(zstdCompress)

/**
 * Bounds what a compressed batch may become (the library would inflate without end), and adds zstd. For all clients of the
 * process: the library has one table of codecs.
 * @param bytes most that one batch may become; a larger one makes the fetch fail
 */
export function boundCodecs(bytes: number): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.GZIP] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => deflate(buffer),
    decompress: (buffer: Buffer) => inflate(buffer, { maxOutputLength: bytes }),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => pack(buffer),
    decompress: (buffer: Buffer) => unpack(buffer, { maxOutputLength: bytes }),
  })
}
