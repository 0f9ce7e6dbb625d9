import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'

/** The key of a Standard Webhooks secret; `null` unless it is `whsec_` and the base64 of 24 to 64 bytes. */
export function keyOf(secret: string): Buffer | null {
  if (!secret.startsWith(PREFIX)) return null
  const text = secret.slice(PREFIX.length)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  const key = Buffer.from(text, 'base64')
  return key.length >= 24 && key.length <= 64 ? key : null
}

/**
 * The webhook-signature header: one `v1,…` for each key, so that a receiver may hold the old or the new secret.
 * @param seconds of this attempt, since 1970
 */
export function signatureOf(keys: readonly Buffer[], id: string, seconds: number, body: string): string {
  const signed = `${id}.${seconds}.${body}`
  return keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`).join(' ')
}
