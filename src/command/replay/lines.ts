import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'

const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/**
 * The lines of one file (or of standard input, for `-`), each without its end; empty ones are left out. A line longer than `most`
 * bytes is cut there, one byte beyond the limit, so that it is seen to be too large without being held in memory.
 */
export async function* linesOf(file: string, stdin: Readable, most: number): AsyncGenerator<Uint8Array[]> {
  const input: Readable = file === '-' ? stdin : createReadStream(file, { highWaterMark: 1 << 20 })
  let rest: Buffer = Buffer.alloc(0)
  let skipping = false
  for await (const chunk of input as AsyncIterable<Buffer>) {
    const bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const lines: Uint8Array[] = []
    let start = 0
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      if (skipping) skipping = false
      else pushLine(lines, bytes.subarray(start, end), most)
      start = end + 1
    }
    rest = bytes.subarray(start)
    if (!skipping && rest.length > most) {
      pushLine(lines, rest, most)
      skipping = true
    }
    if (skipping) rest = Buffer.alloc(0)
    if (lines.length > 0) yield lines
  }
  const last: Uint8Array[] = []
  if (!skipping) pushLine(last, rest, most)
  if (last.length > 0) yield last
}

function pushLine(lines: Uint8Array[], line: Buffer, most: number): void {
  const end = line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length
  if (end > 0) lines.push(line.subarray(0, Math.min(end, most + 1)))
}
