import { describe, expect, test } from 'vitest'
import { askedFor, nextAttempt } from '#src/stage/deliver/attempt.ts'
import { afterAttempt, HEALTHY, type Health, mayStartAt } from '#src/stage/deliver/health.ts'
import { DELIVER_LIMITS as limits } from '#src/stage/deliver/limits.ts'

const retry = (afterMs: number | null = null) => ({ kind: 'retry', status: 500, reason: 'r', afterMs }) as const
const usual = { attempt: 1, othersTaken: false, now: 1000, random: 0.5 }

describe('nextAttempt', () => {
  test.each([
    ['delivered', { kind: 'delivered', status: 204 }],
    ['rejected', { kind: 'rejected', status: 400, reason: 'r' }],
    ['disabled', { kind: 'disabled', status: 410, reason: 'r' }],
  ] as const)('%s is final', (outcome, delivery) => {
    expect(nextAttempt(delivery, usual, limits)).toEqual({ kind: 'done', outcome })
  })

  test.each([
    [1, 0, 0],
    [1, 0.5, 250],
    [1, 0.999999, 500],
    [2, 0.5, 500],
    [7, 0.5, 16_000],
    [8, 0.5, 30_000],
    [5000, 0.5, 30_000],
  ])('attempt %d at chance %d waits %d ms', (attempt, random, wait) => {
    expect(nextAttempt(retry(), { ...usual, attempt, random }, limits)).toEqual({ kind: 'again', at: 1000 + wait })
  })

  test.each([
    [0, 250],
    [100, 250],
    [90_000, 90_000],
    [3_600_001, 3_600_000],
    [Number.POSITIVE_INFINITY, 3_600_000],
    [-5, 250],
    [Number.NaN, 250],
  ])('a receiver that asks for %d ms gets %d', (asked, wait) => {
    expect(nextAttempt(retry(asked), usual, limits)).toEqual({ kind: 'again', at: 1000 + wait })
  })

  test('gives up only after so many attempts, and only where others were taken', () => {
    const late = { ...usual, attempt: limits.attempts }
    expect(nextAttempt(retry(), { ...late, othersTaken: true }, limits)).toEqual({ kind: 'done', outcome: 'given-up' })
    expect(nextAttempt(retry(), late, limits).kind).toBe('again')
    expect(nextAttempt(retry(), { ...late, attempt: late.attempt - 1, othersTaken: true }, limits).kind).toBe('again')
  })

  test('only a retry asks for time', () => {
    expect(askedFor({ kind: 'delivered', status: 200 }, limits)).toBe(0)
  })
})

describe('the health of a receiver', () => {
  const failed = (times: number, random = 0): Health => {
    let health = HEALTHY
    for (let n = 0; n < times; n++) health = afterAttempt(health, retry(), 1000, random, limits)
    return health
  }

  test.each([
    [0, 0, 0, 0],
    [4, 0, 3, 0],
    [4, 0, 4, null],
    [5, 0, 0, 1500],
    [5, 1, 0, 2000],
    [5, 0, 1, null],
    [6, 0, 0, 2000],
    [9, 1, 0, 17_000],
    [50, 0, 0, 16_000],
    [50, 1, 0, 31_000],
    [5000, 1, 0, 31_000],
  ])('after %d failures (chance %d) with %d under way the next may start at %s', (times, random, underWay, at) => {
    expect(mayStartAt(failed(times, random), underWay, limits)).toBe(at)
  })

  test.each(['delivered', 'rejected'] as const)('%s shows that it is there', (kind) => {
    const health = afterAttempt(failed(20), { kind, status: 200, reason: 'r' }, 1000, 0, limits)
    expect(mayStartAt(health, 0, limits)).toBe(0)
  })

  test('what it asked for outlasts a success of another notice', () => {
    const asked = afterAttempt(HEALTHY, retry(5000), 1000, 0, limits)
    const health = afterAttempt(asked, { kind: 'delivered', status: 200 }, 1100, 0, limits)
    expect(mayStartAt(health, 0, limits)).toBe(6000)
  })

  test('410 is for good', () => {
    const off = afterAttempt(HEALTHY, { kind: 'disabled', status: 410, reason: 'r' }, 1000, 0, limits)
    const later = afterAttempt(off, { kind: 'delivered', status: 200 }, 2000, 0, limits)
    expect(mayStartAt(later, 0, limits)).toBeNull()
  })
})
