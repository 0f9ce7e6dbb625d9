import type { Delivery } from './sink.ts'

/** A receiver may ask for silence for so long at most, in milliseconds; more is read as this. */
const LONGEST_WAIT_MS = 3_600_000

/**
 * What refuses this notice and might take another one: malformed, a conflict, too large, unprocessable. Everything else that
 * is not a success (a wrong secret, a moved URL, a redirect, a gateway) is about the receiver: the notice waits until it is mended.
 */
const REFUSES_THIS_ONE = new Set([400, 409, 413, 422])

/** What an HTTP status means for the notice that was sent. Reasons never repeat what the receiver wrote. */
export function verdictOf(status: number, retryAfter: string | null, now: number): Delivery {
  if (status >= 200 && status < 300) return { kind: 'delivered', status }
  if (status === 410) return { kind: 'disabled', status, reason: 'the receiver answered 410: it wants nothing more' }
  if (REFUSES_THIS_ONE.has(status)) return { kind: 'rejected', status, reason: `the receiver answered ${status}` }
  const reason =
    status >= 300 && status < 400
      ? `the receiver answered ${status}: redirects are not followed`
      : `the receiver answered ${status}`
  return { kind: 'retry', status, reason, afterMs: waitOf(retryAfter, now) }
}

/** Retry-After in either form, as milliseconds from now (0 to one hour); `null` where it is missing or makes no sense. */
export function waitOf(retryAfter: string | null, now: number): number | null {
  if (retryAfter === null) return null
  const text = retryAfter.trim()
  if (/^\d{1,15}$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_WAIT_MS)
  // Date.parse takes far more than HTTP dates ("-1" is a year): only what begins with a weekday is one.
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) || text.length > 40) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.min(Math.max(0, at - now), LONGEST_WAIT_MS)
}
