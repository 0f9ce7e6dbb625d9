import { describe, expect, test } from 'vitest'
import { believeTime, OLDEST_TIME, TIME_BOUNDS } from '#src/call/time.ts'
import { parseRfc3339 } from '#src/call/timestamp.ts'

const now = Date.UTC(2026, 10, 22, 9, 30)
const { futureMs, pastMs } = TIME_BOUNDS
const run = now + 86_400_000

describe('believeTime', () => {
  test.each([
    ['now', now, { at: now, fixed: false }],
    ['the last instant ahead', now + futureMs, { at: now + futureMs, fixed: false }],
    ['one too far ahead', now + futureMs + 1, { at: now, fixed: true }],
    ['the oldest', now - pastMs, { at: now - pastMs, fixed: false }],
    ['one too old', now - pastMs - 1, { at: now, fixed: true }],
    ['1970', 0, { at: now, fixed: true }],
    ['2099', Date.UTC(2099, 0), { at: now, fixed: true }],
  ])('with an append time: %s', (_, ts, expected) => expect(believeTime(ts, now, run, TIME_BOUNDS)).toEqual(expected))

  test.each([
    ['long ago', Date.UTC(2015, 4, 17)],
    ['the oldest', OLDEST_TIME],
    ['just ahead', now + futureMs],
  ])('without: %s is believed', (_, ts) =>
    expect(believeTime(ts, null, now, TIME_BOUNDS)).toEqual({ at: ts, fixed: false }),
  )

  test.each([
    ['too far ahead', now + futureMs + 1, /after the start of this run/],
    ['before 2000', OLDEST_TIME - 1, /1999-12-31T23:59:59.999Z is before the year 2000/],
    ['beyond dates', 9e15, /9000000000000000/],
  ])('without: %s is rejected', (_, ts, detail) => {
    const expected = { reject: 'time-out-of-range', detail: expect.stringMatching(detail) }
    expect(believeTime(ts, null, now, TIME_BOUNDS)).toEqual(expected)
  })
})

describe('parseRfc3339', () => {
  test.each([
    ['2026-11-22T09:30:00Z', now],
    ['2026-11-22t09:30:00z', now],
    ['2026-11-22 09:30:00Z', now],
    ['2026-11-22T10:30:00+01:00', now],
    ['2026-11-22T04:00:00-05:30', now],
    ['2026-11-22T09:30:00.1Z', now + 100],
    ['2026-11-22T09:30:00.0129999999Z', now + 12],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0)],
    ['1970-01-01T00:00:00Z', 0],
  ])('%s', (text, expected) => expect(parseRfc3339(text)).toBe(expected))

  test.each([
    '2026-11-22T09:30:00',
    '2026-11-22T09:30Z',
    '2026-11-22',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-22T24:00:00Z',
    '2026-11-22T09:30:00.Z',
    '2026-11-22T09:30:00Zx',
    '2026-11-22T09:30:00+0100',
    '2026-11-22T09:30:00+25:00',
    '2026-1a-22T09:30:00Z',
    '22/Nov/2026:09:30:00 +0000',
    '',
  ])('%s is none', (text) => expect(parseRfc3339(text)).toBeNaN())
})
