import * as z from 'zod'
import { finishCall } from './finish.ts'
import type { Format, Reading } from './format.ts'
import type { RejectReason } from './reasons.ts'
import { capText, redactText } from './redact.ts'

/** A record that is larger is not read. Bytes. */
export const RECORD_BYTES = 1024 * 1024
/** How long a detail may be; UTF-16 units. */
const DETAIL_CHARACTERS = 500
/** How many of a schema's complaints a detail names. */
const DETAIL_ISSUES = 3

/**
 * Reads one record as its format says. Pure, and never throws, whatever the bytes are: what cannot be read is `rejected`
 * with a reason and a redacted detail. Bytes that are not UTF-8 are read as U+FFFD. `maxBytes`: the size limit of a record.
 */
export function readCall(format: Format, value: Uint8Array, maxBytes: number = RECORD_BYTES): Reading {
  if (value.length > maxBytes) return rejected('too-large', `${value.length} bytes; at most ${maxBytes} are read`)
  const text = DECODER.decode(value)
  try {
    return format.encoding === 'json' ? readJson(format, text) : readText(format, text)
  } catch (error) {
    // A format must not throw; where one does, its fault costs this record and not the stage.
    return rejected('format-failed', `${format.name}: ${String(error)}`)
  }
}

// Takes off a byte order mark, and costs hardly more than a Buffer's own conversion.
const DECODER = new TextDecoder()

function readText(format: Format, text: string): Reading {
  const line = text.trimEnd()
  return line === '' ? rejected('empty', 'no text') : readValue(format, line)
}

function readJson(format: Format, text: string): Reading {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return text.trim() === '' ? rejected('empty', 'no text') : rejected('not-json', whereItBroke(error, text))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return rejected(
      'not-an-object',
      `expected one object, got ${value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`}`,
    )
  }
  return readValue(format, value)
}

function readValue(format: Format, value: unknown): Reading {
  const checked = compiled(format).safeParse(value)
  if (!checked.success) return rejected('wrong-shape', complaints(checked.error))
  const draft = format.toCall(checked.data)
  if ('skip' in draft) return { kind: 'skipped', reason: draft.skip }
  if ('reject' in draft) return rejected(draft.reject, draft.detail)
  const call = finishCall(draft)
  return 'reject' in call ? rejected(call.reject, call.detail) : { kind: 'call', call }
}

const schemas = new WeakMap<Format, z.ZodType>()

/** The format's schema as zod compiles it (three to four times as fast as interpreted), once a format. */
function compiled(format: Format): z.ZodType {
  let schema = schemas.get(format)
  if (schema === undefined) {
    schema = z.compile(format.line)
    schemas.set(format, schema)
  }
  return schema
}

function rejected(reason: RejectReason, detail: string): Reading {
  return { kind: 'rejected', reason, detail: capText(redactText(detail), DETAIL_CHARACTERS) }
}

function complaints(error: z.ZodError): string {
  const told = error.issues
    .slice(0, DETAIL_ISSUES)
    .map((issue) => `${issue.path.map(String).join('.') || 'record'}: ${issue.message}`)
  const more = error.issues.length - told.length
  return told.join('; ') + (more > 0 ? `; and ${more} more` : '')
}

/** The engine's own message quotes the record, which may hold secrets: only the position is taken from it. */
function whereItBroke(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : ''
  if (message.startsWith('Unexpected end')) return `ends too early, after ${text.length} characters`
  const at = /at position (\d{1,16})/.exec(message)
  return at === null ? 'is no JSON' : `is no JSON from position ${at[1]} on`
}
