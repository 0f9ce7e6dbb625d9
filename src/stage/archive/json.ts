import * as z from 'zod'

/** Bytes; the largest record of ours has some thousands. */
const LARGEST = 1024 * 1024

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Reads a record of one of our own topics, which others may write to as well: never throws, and reasons repeat nothing of it. */
export function readJson<T>(
  schema: z.ZodType<T>,
  value: Uint8Array,
): { readonly value: T } | { readonly refuse: string } {
  if (value.byteLength > LARGEST) return { refuse: `${value.byteLength} bytes, more than ${LARGEST}` }
  let json: unknown
  try {
    json = JSON.parse(decoder.decode(value))
  } catch {
    return { refuse: 'not JSON in UTF-8' }
  }
  const read = schema.safeParse(json)
  if (read.success) return { value: read.data }
  const issue = read.error.issues[0]
  return { refuse: `${issue?.path.slice(0, 3).join('.') || 'the record'}: ${issue?.code ?? 'wrong'}` }
}

/** RFC 3339 or milliseconds since 1970, as milliseconds. */
export const time = z.union([z.number(), z.string().max(40).transform(Date.parse)]).refine(Number.isFinite, 'a time')
export const text = z.string().max(64 * 1024)
export const name = text.nullish().transform((value) => value ?? '')
export const count = z.int().min(0).max(0xffff_ffff)
/** What is not finite has no place in JSON and arrives as `null`. */
export const measure = z
  .number()
  .nullish()
  .transform((value) => value ?? null)
