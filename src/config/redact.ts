import type { Path } from './shape.ts'

const redacted = '(redacted)'
const secretName = /(^|[a-z_-])(secret|password|token|authorization|credential|key|sha256)s?$/i

/** The value without secrets, without the paths of URLs that a receiver may take for a credential, and with all else. */
export function redact(value: unknown, path: Path = []): unknown {
  if (Array.isArray(value)) return value.map((one, index) => redact(one, [...path, index]))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, redact(one, [...path, name])]))
  }
  if (value === '' || value === null || value === undefined || typeof value === 'boolean') return value
  if (isSecret(path)) return redacted
  return typeof value === 'string' ? redactUrl(value) : value
}

/**
 * Whether what is at this path must not be shown. The nearest name decides: `tokens[0].name` is shown, `secret[1]` is not.
 * Header values never are: nobody knows which of them let somebody in.
 */
export function isSecret(path: Path): boolean {
  const names = path.filter((step) => typeof step === 'string')
  return names.includes('headers') || secretName.test(names.at(-1) ?? '')
}

function redactUrl(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return text
  const url = new URL(text)
  const isBare = url.username === '' && url.password === '' && url.search === '' && url.pathname.length <= 1
  return isBare ? text : `${url.protocol}//${url.host}/${redacted}`
}
