/** How a body was cut into records. */
export type ReadAs = 'object' | 'array' | 'ndjson' | 'lines'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const NEWLINE = 0x0a
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** A body that starts as an array and does not end as one: nobody can say what its elements are. */
export class NotAnArray extends Error {
  override readonly name = 'NotAnArray'
}

/**
 * Decides how to cut a body. Lines by their media type; JSON by looking: `[` starts an array, one complete value is an
 * object, and a value with more behind it is NDJSON whatever its media type says.
 */
export function shapeOf(body: Buffer, lines: boolean, encoding: 'json' | 'text'): ReadAs {
  if (encoding === 'text') return 'lines'
  if (lines) return 'ndjson'
  const start = skipBlank(body, 0)
  if (body[start] === OPEN_ARRAY) return 'array'
  const end = endOfValue(body, start)
  if (end !== null) return skipBlank(body, end) < body.length ? 'ndjson' : 'object'
  // A broken first record must not take the good lines behind it along.
  const newline = body.indexOf(NEWLINE, start)
  const more = newline >= 0 && skipBlank(body, newline) < body.length
  return more && body[lastOf(body, start, newline)] === CLOSE_OBJECT ? 'ndjson' : 'object'
}

/**
 * The records of a body as slices of it: the bytes that were sent, never parsed and written again.
 * @throws NotAnArray
 */
export function* recordsOf(body: Buffer, shape: ReadAs): Generator<Buffer> {
  if (shape === 'array') yield* elementsOf(body)
  else if (shape === 'object') yield* nonBlank(body, 0, body.length)
  else yield* linesOf(body)
}

function* linesOf(body: Buffer): Generator<Buffer> {
  let start = 0
  while (start < body.length) {
    const newline = body.indexOf(NEWLINE, start)
    const end = newline < 0 ? body.length : newline
    yield* nonBlank(body, start, end)
    start = end + 1
  }
}

/** Cuts at the commas of depth one. An element that is no JSON is found out by whoever parses it, so neighbours survive. */
function* elementsOf(body: Buffer): Generator<Buffer> {
  let at = skipBlank(body, 0) + 1
  let start = at
  let depth = 1
  let count = 0
  while (at < body.length) {
    const byte = body[at]
    if (byte === QUOTE) {
      const end = endOfText(body, at)
      if (end === null) throw new NotAnArray('a text is not closed')
      at = end
      continue
    }
    if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1
    if (depth === 0) {
      if (byte !== CLOSE_ARRAY || skipBlank(body, at + 1) < body.length) throw new NotAnArray('it ends too early')
      if (count > 0 || skipBlank(body, start) < at) yield trimmed(body, start, at)
      return
    }
    if (depth === 1 && byte === COMMA) {
      yield trimmed(body, start, at)
      count += 1
      start = at + 1
    }
    at += 1
  }
  throw new NotAnArray('it is not closed')
}

/** Where the JSON value that starts at `at` ends, by its brackets alone; `null` where it does not. */
function endOfValue(body: Buffer, at: number): number | null {
  let depth = 0
  for (let i = at; i < body.length; i += 1) {
    const byte = body[i]
    if (byte === QUOTE) {
      const end = endOfText(body, i)
      if (end === null) return null
      i = end - 1
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth -= 1
      if (depth <= 0) return i + 1
    }
  }
  return null
}

/** The index behind the closing quote of the text that opens at `at`. A plain loop: texts are too short for `indexOf` to pay. */
function endOfText(body: Buffer, at: number): number | null {
  for (let i = at + 1; i < body.length; i += 1) {
    const byte = body[i]
    if (byte === QUOTE) return i + 1
    if (byte === BACKSLASH) i += 1
  }
  return null
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

function skipBlank(body: Buffer, from: number): number {
  let at = from
  while (at < body.length && isBlank(body[at])) at += 1
  return at
}

function lastOf(body: Buffer, start: number, end: number): number {
  let last = end - 1
  while (last > start && isBlank(body[last])) last -= 1
  return last
}

function trimmed(body: Buffer, from: number, to: number): Buffer {
  let start = from
  while (start < to && isBlank(body[start])) start += 1
  let end = to
  while (end > start && isBlank(body[end - 1])) end -= 1
  return body.subarray(start, end)
}

function* nonBlank(body: Buffer, from: number, to: number): Generator<Buffer> {
  const record = trimmed(body, from, to)
  if (record.length > 0) yield record
}
