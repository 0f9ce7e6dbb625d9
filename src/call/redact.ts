import { isSuspect } from './suspect.ts'

/** What stands where a secret stood. */
export const REDACTED = '[redacted]'

/** How many characters of a record a dead letter keeps, at most. */
export const SAMPLE_CHARACTERS = 1000

/**
 * Replaces what may be a credential, a card number or a query string. Defence in depth for text that people or machines keep:
 * formats never read bodies, headers or queries in the first place. Linear in the text, whatever is in it: each pattern below
 * either has bounded repeats or cannot fail after an unbounded one. Running it twice changes nothing.
 */
export function redactText(text: string): string {
  return isSuspect(text, true) ? redactAlways(text) : text
}

/** `redactText` without the question whether there is anything to do. */
export function redactAlways(text: string): string {
  let out = text
  for (let pass = 0; pass < PASSES; pass++) {
    const before = out
    out = redactOnce(before)
    if (out === before) break
  }
  return out
}

/** What one rule leaves can be what another looks for; the second pass nearly always finds nothing more. */
const PASSES = 5

function redactOnce(text: string): string {
  let out = redactPem(text)
  for (const [pattern, replacement] of RULES) out = out.replace(pattern, replacement)
  return out.replace(CARD, (run) => (holdsCardNumber(run) ? REDACTED : run))
}

/** Whether a text carries what authorises whoever knows it (card numbers and queries are not looked for). */
export function holdsCredential(text: string): boolean {
  return text.includes('-----BEGIN') || CREDENTIAL_RULES.some(([pattern]) => text.search(pattern) >= 0)
}

/**
 * The start of a record, fit to be shown to people and stored with a dead letter: text that is not UTF-8 shows as U+FFFD,
 * secrets are redacted, control and direction-changing characters are escaped. At most `max` characters.
 */
export function redactSample(value: Uint8Array, max: number = SAMPLE_CHARACTERS): string {
  // Four bytes a character at most; what a cut at the end leaves of a secret is beyond `max` unless most was redacted.
  const text = DECODER.decode(value.subarray(0, max * 4))
  return capText(escapeControls(redactText(text)), max)
}

/** Cuts to at most `max` UTF-16 units without leaving half a character. */
export function capText(text: string, max: number): string {
  if (text.length <= max) return text
  const last = text.charCodeAt(max - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max)
}

const DECODER = new TextDecoder()

// C0 and C1 controls, line and paragraph separators, and what changes the direction of text or is invisible.
const CONTROLS = /[\p{Cc}\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

/** Takes out control characters, invisible ones and halves of characters. */
export function stripControls(text: string): string {
  return text.toWellFormed().replace(CONTROLS, '')
}

function escapeControls(text: string): string {
  return text.toWellFormed().replace(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

type Rule = readonly [pattern: RegExp, replacement: string]

const JWT: Rule = [/eyJ[\w-]{10,}(?:\.[\w-]*){0,4}/g, REDACTED]
const BEARER: Rule = [/(bearer\s{1,8})[^\s"',;]+/gi, `$1${REDACTED}`]
const BASIC: Rule = [/(basic\s{1,8})[^\s"',;]{6,}/gi, `$1${REDACTED}`]
const ISSUED: Rule = [
  /(?:AKIA|ASIA)[0-9A-Z]{16}|(?:whsec_|xox[a-z]-|[srp]k_(?:live|test)_|gh[pousr]_|github_pat_|glpat-|hv[sb]\.|AIza)[\w+/=-]{4,}/g,
  REDACTED,
]
// Everything up to the end of the line or of the quoted text, since schemes and cookies have spaces in them.
const HEADER: Rule = [
  /((?:authorization|cookie)\\?["']?\s{0,8}(?::(?!\/\/)|=)\s{0,8}(?:\[?\\?["'])?)(?!\{value\})[^"'\r\n\\]+/gi,
  `$1${REDACTED}`,
]
// `{value}` is what a route has in the place of a value.
const VALUE = String.raw`(?:\[redacted\]|\\"[^"\\]*|"(?:[^"\\]|\\[^])*"?|'[^']*'?|[^&\s"'<>,;})\\]*)`
const NAMED_TO = `(?:key|token|secret|sig|signature|passw(?:or)?d|passphrase|pwd|code|credentials?|session(?:_?id)?|sid|assertion|jwt)`
const NAMED_IS = `(?:(?:api|access|secret|private|shared|account|subscription)[_-]?key|token|secret|signature|passw(?:or)?d|passphrase|pwd|credentials?|assertion|jwt)`
const NAMED: Rule = [
  new RegExp(String.raw`(${NAMED_TO}(?:=|%3d)|${NAMED_IS}\\?["']?\s{0,8}:(?!\/\/)\s{0,8})(?!\{value\})${VALUE}`, 'gi'),
  `$1${REDACTED}`,
]
const USERINFO: Rule = [/(:\/\/)[^\s/?#@"']{1,256}@/g, '$1']
const QUERY: Rule = [/\?(?=[\w%&=.~-])[^\s"'<>\\]+/g, `?${REDACTED}`]

// What is named comes first: a token's own pattern could swallow the name of the next.
const CREDENTIAL_RULES: readonly Rule[] = [BEARER, BASIC, HEADER, NAMED, JWT, ISSUED, USERINFO]
const RULES: readonly Rule[] = [...CREDENTIAL_RULES, QUERY]
// Runs of 13 to 19 digits that single spaces or dashes may divide.
const CARD = /(?<!\d)[2-6](?:[ -]?\d){12,18}(?!\d)/g

function redactPem(text: string): string {
  const begin = '-----BEGIN'
  let from = text.indexOf(begin)
  if (from < 0) return text
  let out = ''
  let at = 0
  while (from >= 0) {
    out += text.slice(at, from) + REDACTED
    const end = text.indexOf('-----END', from)
    if (end < 0) return out
    const close = text.indexOf('-----', end + 8)
    if (close < 0) return out
    at = close + 5
    from = text.indexOf(begin, at)
  }
  return out + text.slice(at)
}

/** Whether one of the beginnings of a run of digits, 13 to 19 long, is a number that Luhn's check accepts. */
function holdsCardNumber(run: string): boolean {
  const digits = run.replace(/[ -]/g, '')
  for (let length = 13; length <= digits.length; length++) {
    if (passesLuhn(digits, length)) return true
    // Without separators only the whole run can be a number.
    if (digits.length === run.length && length < digits.length) length = digits.length - 1
  }
  return false
}

function passesLuhn(digits: string, length: number): boolean {
  let sum = 0
  for (let i = 0; i < length; i++) {
    const digit = digits.charCodeAt(length - 1 - i) - 48
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}
