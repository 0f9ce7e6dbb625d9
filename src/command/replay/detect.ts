import type { Format } from '#src/call/format.ts'
import { linesOf } from './lines.ts'

/** How many lines decide, and how many of them must fit. */
const LINES = 50
const FITTING = 0.8

/**
 * The format that fits the first lines of a file; `null` where none does, or where the file is standard input, which can be read
 * once only. For whole files before they are read: a line never chooses its own parser.
 */
export async function detectFormat(
  formats: ReadonlyMap<string, Format>,
  file: string,
  most: number,
): Promise<Format | null> {
  if (file === '-') return null
  const lines: string[] = []
  for await (const some of linesOf(file, process.stdin, most)) {
    lines.push(...some.slice(0, LINES - lines.length).map((line) => Buffer.from(line).toString()))
    if (lines.length >= LINES) break
  }
  for (const format of formats.values()) {
    const fitting = lines.filter((line) => fits(format, line)).length
    if (lines.length > 0 && fitting >= FITTING * lines.length) return format
  }
  return null
}

function fits(format: Format, line: string): boolean {
  if (format.encoding === 'text') return format.detect(line)
  try {
    return format.detect(JSON.parse(line))
  } catch {
    // No JSON: not this format, which is the answer.
    return false
  }
}
