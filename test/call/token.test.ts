import { describe, expect, test } from 'vitest'
import { hasToken, isLateUse, isPastExpiry, readUse, useOf } from '#src/call/token.ts'
import { callOf } from '#test/fakes/call.ts'

const NOW = Date.UTC(2026, 10, 1)
const SECONDS = NOW / 1000
const token = { tokenId: 't-1', tokenIssuedAt: SECONDS - 600, tokenExpiresAt: SECONDS + 3000, clientIp: '192.0.2.7' }

describe('a token of a call', () => {
  test('is there where its id or its end is', () => {
    const has = [{}, { tokenIssuedAt: 5 }, { tokenId: 't-1' }, { tokenExpiresAt: 5 }].map((some) =>
      hasToken(callOf(some)),
    )
    expect(has).toEqual([false, false, true, true])
  })

  test('has run out when clocks that are five minutes apart cannot explain it', () => {
    const late = [-300, -301].map((left) => isPastExpiry(callOf({ ts: NOW + 1, tokenExpiresAt: SECONDS + left })))
    expect(late).toEqual([true, true])
    expect(isPastExpiry(callOf({ ts: NOW, tokenExpiresAt: SECONDS - 300 }))).toBe(false)
    expect(isPastExpiry(callOf({ ts: NOW, tokenExpiresAt: null }))).toBe(false)
  })
})

describe('the use of a token', () => {
  test('can be read back', () => {
    expect(readUse(useOf(callOf(token)))).toEqual({
      late: false,
      lifetime: 3600,
      origin: '192.0.2.0/24',
      token: 't-1',
    })
    const late = useOf(callOf({ ...token, ts: NOW + 3_301_000, clientIp: null }))
    expect(isLateUse(late)).toBe(true)
    expect(readUse(late)).toEqual({ late: true, lifetime: 3600, origin: '', token: 't-1' })
  })

  test('is the same for calls that are alike in it, and another one where they are not', () => {
    const calls = [
      token,
      { ...token, clientIp: '192.0.2.99', status: 404 },
      { ...token, clientIp: '192.0.2.99', ts: NOW + 3_301_000 },
      { ...token, clientIp: '203.0.113.1' },
      { ...token, tokenExpiresAt: SECONDS + 7000 },
      { ...token, tokenIssuedAt: SECONDS },
      { ...token, tokenId: 't-2' },
    ]
    const uses = [...calls, ...calls.toReversed()].map((fields) => useOf(callOf(fields)))
    expect(uses.slice(calls.length).toReversed()).toEqual(uses.slice(0, calls.length))
    expect(uses[1]).toBe(uses[0])
    expect(new Set(uses).size).toBe(calls.length - 1)
  })

  test('without an id its times tell tokens apart; without both times no life is known', () => {
    const read = (fields: object) => readUse(useOf(callOf({ ...token, ...fields })))
    expect(read({ tokenId: null }).token).toBe(`@${SECONDS - 600}-${SECONDS + 3000}`)
    expect(read({ tokenId: null, tokenIssuedAt: null }).token).toBe(`@-${SECONDS + 3000}`)
    expect(read({ tokenIssuedAt: null }).lifetime).toBe(0)
    expect(read({ tokenExpiresAt: null }).lifetime).toBe(0)
    expect(read({ tokenIssuedAt: SECONDS + 9000 }).lifetime).toBe(0)
  })

  test('what comes from elsewhere is read as nothing', () => {
    for (const text of ['', 'x', '\n\n', '!\n', 'a\nb']) expect(readUse(text).lifetime).toBe(0)
  })
})
