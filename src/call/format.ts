import type * as z from 'zod'
import type { ApiCall, CallDraft } from './call.ts'
import type { RejectReason } from './reasons.ts'

/** A line that is not a call and is meant not to be one (a banner, a health line): counted, never a dead letter. */
export interface Skip {
  readonly skip: string
}

/** A line that its schema accepts and that still cannot be a call. */
export interface Reject {
  readonly reject: RejectReason
  readonly detail: string
}

/** A kind of log line that can be read into calls. One folder in `schemas/`, default export of its `format.ts`. */
export interface Format<Line = unknown> {
  /** The folder's name. */
  readonly name: string
  /** One sentence for people: whose log this is. */
  readonly about: string
  /** How the record's text becomes the value that `line` checks: parsed as JSON, or as it is. */
  readonly encoding: 'json' | 'text'
  readonly line: z.ZodType<Line>
  /** Pure; must not throw for any value that `line` accepts. */
  toCall(line: Line): CallDraft | Skip | Reject
  /** Whether a value (parsed JSON or text) looks like this format: for `--format auto`, on whole files only. */
  detect(value: unknown): boolean
}

/** Gives a format's `toCall` the type of its own schema. */
export function defineFormat<Line>(format: Format<Line>): Format<Line> {
  return format
}

/** Whether what a `format.ts` exports is a format: for loading the folders of `schemas/`. */
export function isFormat(value: unknown): value is Format {
  if (typeof value !== 'object' || value === null) return false
  const format = value as Partial<Record<keyof Format, unknown>>
  return (
    typeof format.name === 'string' &&
    typeof format.about === 'string' &&
    (format.encoding === 'json' || format.encoding === 'text') &&
    typeof (format.line as { safeParse?: unknown } | undefined)?.safeParse === 'function' &&
    typeof format.toCall === 'function' &&
    typeof format.detect === 'function'
  )
}

/** What became of one record. `detail` is redacted and at most 500 characters. */
export type Reading =
  | { readonly kind: 'call'; readonly call: ApiCall }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: RejectReason; readonly detail: string }
