import type { Alert, EntityName } from '#src/alert/alert.ts'
import { redactText } from '#src/call/redact.ts'
import type { Sink } from './sink.ts'

/** A change that is told: what a sink gets. */
export type Told = Parameters<Sink['deliver']>[0]

/** One notice of one alert, the same for every attempt: receivers fold repeats by it. */
export function webhookIdOf(record: Told): string {
  return `${record.alert.id}_${record.telling.notice}`
}

// Controls could move a terminal's cursor or forge a line; bidi marks could make a name read as another one.
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\u200b-\u200d\u2060\ufeff]/gu

/** Text that came from a log, made safe to show: no control or bidi characters, whole characters only, at most `max` UTF-16 units. */
export function clean(text: string, max: number): string {
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text
  return cut.replace(UNPRINTABLE, ' ').toWellFormed()
}

/** Free text, with what looks like a credential taken out once more: it leaves the house here. */
export function prose(text: string, max: number): string {
  return clean(redactText(text), max)
}

/** How people call the entity: `payments POST /v1/charge`, `invoicer`, `invoicer → payments POST /v1/charge`. */
export function entityText(entity: EntityName, max = 300): string {
  const endpoint = [entity.service, entity.method, entity.route].filter((part) => part !== null).join(' ')
  const parts = [entity.identity, endpoint].filter((part) => part !== null && part !== '')
  return clean(parts.length > 0 ? parts.join(' → ') : entity.kind, max)
}

/** `errors 61, calls 90`, in the order given. */
export function measuresText(measures: Readonly<Record<string, number>>, most = 16): string {
  return Object.entries(measures)
    .slice(0, most)
    .map(([name, value]) => `${clean(name, 64)} ${numberText(value)}`)
    .join(', ')
}

/** `41.2 bits of surprise (unauthenticated 30, denying 11.2)`: how odd it was, and which measure said so. */
export function surpriseText({ surprise_bits: bits, evidence = {} }: Alert, most = 16): string {
  const measures = measuresText(evidence, most)
  return `${numberText(bits)} bits of surprise${measures === '' ? '' : ` (${measures})`}`
}

/** At most three decimals, no exponent below a million million million. */
export function numberText(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}

/** Where an analyst reads on; `null` without a console. */
export function linkOf(alert: Alert, consoleUrl: string | undefined): string | null {
  if (consoleUrl === undefined) return null
  const base = consoleUrl.endsWith('/') ? consoleUrl : `${consoleUrl}/`
  return new URL(`#${encodeURIComponent(alert.id)}`, base).href
}
