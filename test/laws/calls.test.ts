import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import apache from '#schemas/apache-combined/format.ts'
import native from '#schemas/native/format.ts'
import type { CallDraft } from '#src/call/call.ts'
import { CALL_CAPS, finishCall } from '#src/call/finish.ts'
import { hashBytes, hashedLow, hashText } from '#src/call/hash.ts'
import { readCall } from '#src/call/read.ts'
import { redactAlways, redactSample, redactText } from '#src/call/redact.ts'
import { guardRoute, ROUTE_CHARACTERS, ROUTE_SEGMENTS, routeOf } from '#src/call/route.ts'
import { isSuspect } from '#src/call/suspect.ts'
import { parseRfc3339 } from '#src/call/timestamp.ts'
import { PLANTED, plantedIn } from '#test/call/planted.ts'

const pieces = fc.constantFrom(
  ...[
    '/',
    '//',
    '?',
    '#',
    '%',
    '%2F',
    '%41',
    '{',
    '}',
    '{int}',
    '{id}',
    '**',
    ';a=1',
    '=',
    '(',
    ')',
    '.',
    '..',
    ':',
    '@',
    '-',
  ],
  ...[
    'api',
    'v1',
    'users',
    '42',
    '2026-11-22',
    'report.pdf',
    '550e8400-e29b-41d4-a716-446655440000',
    'deadbeef01',
    'é',
    '\u202e',
  ],
)
const path = fc.oneof(
  fc.array(fc.oneof(pieces, fc.string({ maxLength: 8 })), { maxLength: 40 }).map((parts) => `/${parts.join('')}`),
  fc.string({ unit: 'binary', maxLength: 3000 }),
)
const secretive = fc.constantFrom(
  ...Object.values(PLANTED),
  ...[
    'token=',
    'token:',
    '"password":"',
    '":',
    ' ',
    '=',
    '?',
    'Bearer ',
    'eyJ',
    'eyJabcdefghijk',
    '@',
    '://',
    'u:p@',
    'code%3D',
  ],
  ...[
    'authorization: x y',
    'cookie',
    '4111111111111111',
    '4111 1111',
    '-',
    '[redacted]',
    '\\',
    '"',
    "'",
    '\n',
    'sk_live_abcdef',
  ],
)
const murky = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: secretive },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 10 }) },
    ),
  )
  .map((parts) => parts.join(''))
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  murky,
  fc.constantFrom(null, undefined, '', '-', ' ', 'x'.repeat(5000)),
)
const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(null, undefined, -1, 2 ** 60, Number.NaN, -0))
const draft: fc.Arbitrary<CallDraft> = fc.record({
  ts: fc.oneof(fc.integer(), fc.double()),
  method: fc.oneof(fc.constantFrom('get', 'GET', 'Purge', 'a b', ''), fc.string({ maxLength: 40 })),
  status: fc.oneof(fc.integer({ min: 90, max: 610 }), fc.double()),
  path: fc.oneof(path, text),
  route: fc.oneof(path, text),
  service: text,
  identity: text,
  host: text,
  clientIp: text,
  requestId: text,
  traceId: text,
  tokenId: text,
  userAgent: text,
  region: text,
  decisionReason: text,
  decision: fc.constantFrom('allow', 'deny', 'error', null, undefined),
  requestBytes: number,
  responseBytes: number,
  durationMs: number,
  tokenIssuedAt: number,
  tokenExpiresAt: number,
})

describe('routes', () => {
  test('a route is the route of itself, and bounded', () => {
    fc.assert(
      fc.property(path, (given) => {
        const route = routeOf(given)
        expect(routeOf(route)).toBe(route)
        expect(route).toMatch(/^\//)
        expect(route.length).toBeLessThanOrEqual(ROUTE_CHARACTERS)
        expect(route.split('/').length - 1).toBeLessThanOrEqual(ROUTE_SEGMENTS + 1)
      }),
      { numRuns: 3000 },
    )
  })

  test('a given route is guarded once and for all, and bounded', () => {
    fc.assert(
      fc.property(path, (given) => {
        const route = guardRoute(given)
        expect(guardRoute(route)).toBe(route)
        expect(route.length).toBeLessThanOrEqual(ROUTE_CHARACTERS)
      }),
    )
  })

  test('query and fragment never matter', () => {
    fc.assert(fc.property(path, fc.string(), (given, query) => routeOf(given) === routeOf(`${given}?${query}`)))
  })
})

describe('redaction', () => {
  test('what it would change is suspect', () => {
    fc.assert(
      fc.property(murky, (given) => {
        fc.pre(redactAlways(given) !== given)
        expect(isSuspect(given, true)).toBe(true)
      }),
      { numRuns: 5000 },
    )
  })

  test('doing it twice changes nothing', () => {
    fc.assert(
      fc.property(murky, (given) => {
        const once = redactText(given)
        expect(redactText(once)).toBe(once)
      }),
      { numRuns: 5000 },
    )
  })

  test('no planted secret survives', () => {
    const secret = fc.constantFrom(...Object.values(PLANTED))
    const around = fc.string({ maxLength: 20 })
    fc.assert(
      fc.property(around, secret, around, (before, planted, after) => {
        const given = `${before} ${planted} ${after}`
        expect(plantedIn(redactText(given), planted)).toBe(false)
        expect(plantedIn(redactSample(new TextEncoder().encode(given)), planted)).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  test('a sample is bounded and has no control characters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.integer({ min: 1, max: 1000 }), (bytes, max) => {
        const sample = redactSample(bytes, max)
        expect(sample.length).toBeLessThanOrEqual(max)
        expect(sample).not.toMatch(/[\p{Cc}\p{Cs}]/u)
      }),
    )
  })
})

describe('calls', () => {
  test('finishing twice changes nothing, and every cap holds', () => {
    let calls = 0
    fc.assert(
      fc.property(draft, (given) => {
        const call = finishCall(given)
        if ('reject' in call) return
        calls++
        expect(finishCall(call)).toEqual(call)
        for (const [field, cap] of Object.entries(CALL_CAPS)) {
          const value = call[field as keyof typeof CALL_CAPS]
          if (value === null) continue
          expect(value.length, field).toBeLessThanOrEqual(cap)
          expect(value, field).not.toBe('')
          expect(value, field).not.toMatch(/[\p{Cc}\p{Cs}\u202e]/u)
        }
      }),
      { numRuns: 5000 },
    )
    expect(calls).toBeGreaterThan(100)
  })

  test('reading never throws, whatever the JSON', () => {
    const field = fc.constantFrom(
      'ts',
      'method',
      'path',
      'route',
      'status',
      'identity',
      'response_bytes',
      '__proto__',
      'constructor',
    )
    fc.assert(
      fc.property(fc.dictionary(field, fc.jsonValue()), fc.uint8Array(), (value, bytes) => {
        const json = new TextEncoder().encode(JSON.stringify(value))
        for (const format of [native, apache]) {
          for (const record of [json, bytes]) expect(readCall(format, record).kind).toMatch(/^(call|skipped|rejected)$/)
        }
        expect(({} as { status?: unknown }).status).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })
})

test('RFC 3339 is read as the engine reads it', () => {
  const offset = fc.constantFrom('Z', '+00:00', '-08:00', '+05:45')
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-02'), max: new Date('9998-12-31'), noInvalidDate: true }),
      offset,
      (date, zone) => {
        const written = date.toISOString().replace('Z', zone)
        expect(parseRfc3339(written)).toBe(Date.parse(written))
      },
    ),
    { numRuns: 2000 },
  )
})

test('hashes tell texts apart, and changing one bit changes half of them', () => {
  const seen = new Set<bigint>()
  for (let i = 0; i < 200_000; i++) seen.add((BigInt(hashText(`user-${i}`)) << 32n) | BigInt(hashedLow()))
  expect(seen.size).toBe(200_000)
  const bits = (x: number): number => x.toString(2).replaceAll('0', '').length
  const [runs, flipped] = [4000, new Float64Array(16 * 8)]
  const bytes = new Uint8Array(16)
  for (let run = 0; run < runs; run++) {
    for (let i = 0; i < 16; i++) bytes[i] = Math.imul(run * 16 + i + 1, 0x9e3779b1) >>> 24
    const [high, low] = [hashBytes(bytes), hashedLow()]
    const bit = run % flipped.length
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    flipped[bit]! += bits((hashBytes(bytes) ^ high) >>> 0) + bits((hashedLow() ^ low) >>> 0)
  }
  for (const sum of flipped) {
    // 31 runs of 64 bits each: 32 on average, with a standard deviation of 0.7.
    expect(sum / Math.floor(runs / flipped.length)).toBeGreaterThan(28)
    expect(sum / Math.ceil(runs / flipped.length)).toBeLessThan(36)
  }
})
