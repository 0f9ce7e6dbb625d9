import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as z from 'zod'
import apache from '#schemas/apache-combined/format.ts'
import native from '#schemas/native/format.ts'
import { defineFormat, isFormat } from '#src/call/format.ts'
import { RECORD_BYTES, readCall } from '#src/call/read.ts'

const utf8 = new TextEncoder()
const good = '{"ts":1795339800123,"method":"GET","path":"/","status":200}'
const read = (text: string) => readCall(native, utf8.encode(text))

test.each([
  ['', 'empty', /./],
  [' \n', 'empty', /./],
  [good.slice(0, 30), 'not-json', /./],
  [`${good}${good}`, 'not-json', /position 59/],
  ['{"method":secret-stuff}', 'not-json', /^(?!.*secret-stuff)/],
  ['"text"', 'not-an-object', /a string/],
  [good.replace('200', '"abc"'), 'wrong-shape', /^status: required/],
  [good.replace('"GET"', '7'), 'wrong-shape', /^method: required/],
  [good.replace('"/"', '["/"]'), 'wrong-shape', /^path: .*expected string/],
  [good.replace('1795339800123', '1795339800'), 'bad-time', /looks like seconds/],
  [good.replace('1795339800123', '1795339800.5'), 'bad-time', /looks like seconds/],
  [good.replace('1795339800123', '"1795339800123456"'), 'bad-time', /looks like microseconds/],
  [good.replace('1795339800123', '1795339800123456789'), 'bad-time', /looks like nanoseconds/],
  [good.replace('1795339800123', '-1'), 'bad-time', /negative/],
  [good.replace('1795339800123', '"yesterday"'), 'bad-time', /RFC 3339/],
  [good.replace('200', '0'), 'status-out-of-range', /got 0/],
])('%s is rejected as %s', (text, reason, detail) => {
  expect(read(text)).toEqual({ kind: 'rejected', reason, detail: expect.stringMatching(detail) })
})

test('a record of 5 MB is too large, and the limit itself is not', () => {
  expect(read(`${good}${' '.repeat(5_000_000)}`)).toMatchObject({ reason: 'too-large' })
  expect(read(good.padEnd(RECORD_BYTES)).kind).toBe('call')
  expect(readCall(native, utf8.encode(good), 10)).toMatchObject({ reason: 'too-large' })
})

test('a byte order mark, bytes that are not UTF-8 and harmful keys do no harm', () => {
  expect(read(`\ufeff${good}`).kind).toBe('call')
  const broken = utf8.encode(good.replace('"/"', '"/~"'))
  broken[broken.indexOf(0x7e)] = 0xff
  expect(readCall(native, broken)).toMatchObject({ call: { path: '/\ufffd' } })
  const harmful = good.replace(
    '{',
    '{"__proto__":{"service":"evil","polluted":1},"constructor":{"prototype":{"polluted":1}},',
  )
  expect(read(harmful)).toMatchObject({ kind: 'call', call: { service: 'unknown' } })
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})

test('a format that breaks costs its record and nothing more', () => {
  const broken = defineFormat<unknown>({
    name: 'broken',
    about: 'Breaks.',
    encoding: 'json',
    line: z.unknown(),
    toCall: () => {
      throw new Error('password=hunter2')
    },
    detect: () => false,
  })
  expect(isFormat(broken)).toBe(true)
  const reading = readCall(broken, utf8.encode('{}'))
  expect(reading).toMatchObject({ kind: 'rejected', reason: 'format-failed' })
  expect(JSON.stringify(reading)).not.toContain('hunter2')
})

test.each([null, 1, {}, { ...native, encoding: 'xml' }, { ...native, line: {} }])('%j is no format', (value) => {
  expect(isFormat(value)).toBe(false)
})

// Logs that other projects publish, beside a checkout of this one where somebody has put them.
const logs = ['samples/apache-combined.log', 'data/elastic-logs/apache_logs'].map(
  (name) => new URL(`../../../shared/${name}`, import.meta.url),
)

test.skipIf(!logs.every((log) => existsSync(log)))('published Apache logs are read to the last line', () => {
  const kinds = logs.map((log) => {
    const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean)
    return Object.entries(
      Object.groupBy(
        lines.map((line) => readCall(apache, utf8.encode(line)).kind),
        (kind) => kind,
      ),
    )
      .map(([kind, all]) => `${all?.length} ${kind}`)
      .join(', ')
  })
  expect(kinds).toEqual(['7 call, 2 skipped', '10000 call'])
})
