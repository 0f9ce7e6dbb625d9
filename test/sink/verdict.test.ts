import { expect, test } from 'vitest'
import { verdictOf, waitOf } from '#src/sink/verdict.ts'

const NOW = Date.parse('2026-11-22T09:30:00.500Z')

test.each([
  [200, 'delivered'],
  [204, 'delivered'],
  [299, 'delivered'],
  [301, 'retry'],
  [304, 'retry'],
  [307, 'retry'],
  [400, 'rejected'],
  [401, 'retry'],
  [403, 'retry'],
  [404, 'retry'],
  [408, 'retry'],
  [409, 'rejected'],
  [410, 'disabled'],
  [413, 'rejected'],
  [415, 'retry'],
  [422, 'rejected'],
  [425, 'retry'],
  [429, 'retry'],
  [500, 'retry'],
  [503, 'retry'],
  [999, 'retry'],
])('%d means %s', (status, kind) => {
  expect(verdictOf(status, null, NOW)).toMatchObject({ kind, status })
})

test.each([
  [null, null],
  ['0', 0],
  ['120', 120_000],
  [' 7 ', 7000],
  ['3600', 3_600_000],
  ['86400', 3_600_000],
  ['999999999999999', 3_600_000],
  ['-1', null],
  ['1.5', null],
  ['soon', null],
  ['', null],
  ['Sun, 22 Nov 2026 09:30:10 GMT', 9500],
  ['Sun, 22 Nov 2026 09:00:00 GMT', 0],
  ['Mon, 23 Nov 2026 09:30:00 GMT', 3_600_000],
  ['Sunday, 22-Nov-26 09:30:10 GMT', 9500],
  ['Sun, 99 Nov 2026', null],
  [`Sun${'9'.repeat(100_000)}`, null],
])('Retry-After %j is a wait of %s', (header, wait) => {
  expect(waitOf(header, NOW)).toBe(wait)
  expect(verdictOf(503, header, NOW)).toMatchObject({ afterMs: wait })
})
