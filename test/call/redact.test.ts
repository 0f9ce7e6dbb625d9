import { expect, test } from 'vitest'
import { redactSample, redactText } from '#src/call/redact.ts'
import { PLANTED, plantedIn } from './planted.ts'

const utf8 = new TextEncoder()

test.each(Object.entries(PLANTED))('%s', (_, secret) => {
  const redacted = redactText(`before ${secret} after`)
  expect(plantedIn(redacted, secret)).toBe(false)
  expect(redacted).toContain('before')
  expect(redacted).toContain('after')
})

test.each([
  ['card 4111111111111111.', 'card [redacted].'],
  ['card 4111 1111 1111 1111 ok', 'card [redacted] ok'],
  ['card 5500-0000-0000-0004', 'card [redacted]'],
  ['GET /a?x=1&y=2 HTTP/1.1', 'GET /a?[redacted] HTTP/1.1'],
  ['https://ann:pa55@host/x', 'https://host/x'],
  ['"password":"hun\\"ter2","a":1', '"password":[redacted],"a":1'],
  ['{\\"client_secret\\":\\"abc\\"}', '{\\"client_secret\\":[redacted]\\"}'],
  ['Authorization: Custom a b c', 'Authorization: [redacted]'],
  ['"cookie":"a=b; c=d"', '"cookie":"[redacted]"'],
  ['x?code=12&', 'x?[redacted]'],
  ['SIG=abc;', 'SIG=[redacted];'],
])('%s is shown as %s', (text, expected) => expect(redactText(text)).toBe(expected))

test.each([
  'status 200, request id 9f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e',
  '4111111111111112 is no card number',
  '1795339800123 is a time',
  '2026-11-22T09:30:00.123Z',
  'spiffe://cluster.local/ns/billing/sa/invoicer',
  'Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0',
  'really? yes',
  'token_issued_at: expected number',
])('%s is left alone', (text) => expect(redactText(text)).toBe(text))

test('a sample shows the start of a record, escaped', () => {
  expect(redactSample(utf8.encode('a\tb\u202ec\n"'))).toBe('a\\u0009b\\u202ec\\u000a"')
  expect(redactSample(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb')
  expect(redactSample(utf8.encode('x'.repeat(5_000_000)))).toBe('x'.repeat(1000))
  expect(redactSample(utf8.encode('y'.repeat(8)), 5)).toBe('yyyyy')
})
