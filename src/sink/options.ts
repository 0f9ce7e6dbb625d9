import { isIP } from 'node:net'
import { z } from 'zod'
import { addressKind } from './address.ts'
import { keyOf } from './signature.ts'

/** Headers that say who sends, how long the body is and what was signed: ours alone. */
const RESERVED =
  /^(?:content-(?:type|length|encoding)|host|connection|transfer-encoding|expect|te|trailer|upgrade|keep-alive|user-agent|webhook-.*|proxy-.*)$/i

/** Names a sink in consumer groups, metrics and the delivery log. */
export const sinkName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens, at most 63')

const secret = z
  .string()
  .refine((text) => keyOf(text) !== null, 'whsec_ followed by the base64 of 24 to 64 random bytes')
  .describe('whsec_ followed by the base64 of 24 to 64 random bytes')

/** One webhook as configured. Secrets in files are read by the configuration before this schema sees them. */
export const webhookOptions = z
  .strictObject({
    name: sinkName.describe('Names the sink; a new name starts from the oldest alert that is kept'),
    url: z
      .string()
      .max(2000)
      .refine((text) => URL.canParse(text), 'an absolute URL')
      .describe('Where notices are posted to; https, or http to this machine'),
    secret: z
      .union([secret, z.array(secret).min(1).max(4)])
      .describe('Signs each notice; several while a secret is being replaced, each signs'),
    timeoutMs: z.int().min(100).max(60_000).default(10_000).describe('Time for one attempt in all, in milliseconds'),
    allowPrivate: z
      .boolean()
      .default(false)
      .describe('Whether the receiver may be at a private address; a loopback address in the URL needs no leave'),
    allowHttp: z
      .boolean()
      .default(false)
      .describe('Whether http is allowed beyond this machine: anybody between reads alerts'),
    headers: z
      .record(
        z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'a header name'),
        z.string().regex(/^[\x20-\x7e]{0,4096}$/, 'printable ASCII, at most 4096 characters'),
      )
      .default({})
      .describe('Sent with each notice, as Authorization'),
  })
  .superRefine((options, context) => {
    const complaint = urlComplaint(options.url, options.allowHttp, options.allowPrivate)
    if (complaint !== null) context.addIssue({ code: 'custom', path: ['url'], message: complaint })
    const names = Object.keys(options.headers)
    const reserved = names.find((name) => RESERVED.test(name))
    if (reserved !== undefined || names.length > 20)
      context.addIssue({
        code: 'custom',
        path: ['headers'],
        message: reserved === undefined ? 'at most 20 headers' : `${reserved} is set by Tidemark itself`,
      })
  })

export type WebhookOptions = z.output<typeof webhookOptions>

/** Whether the URL itself names this machine: then loopback addresses are what was meant. */
export function namesLoopback(url: URL): boolean {
  const host = hostOf(url)
  return host === 'localhost' || addressKind(host) === 'loopback'
}

/** The host without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

function urlComplaint(text: string, allowHttp: boolean, allowPrivate: boolean): string | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return 'credentials in a URL end up in logs: use headers'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'https is expected'
  if (url.protocol === 'http:' && !allowHttp && !namesLoopback(url)) return 'https is expected (http needs allowHttp)'
  const host = hostOf(url)
  if (isIP(host) === 0 || namesLoopback(url)) return null
  const kind = addressKind(host)
  if (kind === 'public' || (kind === 'private' && allowPrivate)) return null
  return kind === 'private' ? 'a private address needs allowPrivate' : 'no receiver can be at this address'
}
