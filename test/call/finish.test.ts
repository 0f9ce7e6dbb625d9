import { describe, expect, test } from 'vitest'
import type { ApiCall, CallDraft } from '#src/call/call.ts'
import { finishCall } from '#src/call/finish.ts'

const draft: CallDraft = { ts: 1_795_339_800_123, method: 'GET', path: '/v1/users/42', status: 200 }

function finished(fields: Partial<CallDraft>): ApiCall {
  const call = finishCall({ ...draft, ...fields })
  if ('reject' in call) throw new Error(`rejected: ${call.reject}`)
  return call
}

test('what is missing gets its default or null', () => {
  const { ts, method, path, route, status, service, identity, ...rest } = finished({})
  expect({ ts, method, path, route, status, service, identity }).toEqual({
    ...draft,
    route: '/v1/users/{int}',
    service: 'unknown',
    identity: 'anonymous',
  })
  expect(new Set(Object.values(rest))).toEqual(new Set([null]))
})

test.each([
  [{ status: 0 }, 'status-out-of-range'],
  [{ status: 99 }, 'status-out-of-range'],
  [{ status: 600 }, 'status-out-of-range'],
  [{ status: 200.5 }, 'status-out-of-range'],
  [{ status: Number.NaN }, 'status-out-of-range'],
  [{ method: '' }, 'bad-method'],
  [{ method: 'GET /' }, 'bad-method'],
  [{ method: 'A'.repeat(33) }, 'bad-method'],
  [{ ts: Number.NaN }, 'bad-time'],
  [{ ts: 9e15 }, 'bad-time'],
  [{ path: null }, 'no-route'],
  [{ path: '-', route: '' }, 'no-route'],
] as const)('%j is rejected as %s', (fields, reason) => {
  expect(finishCall({ ...draft, ...fields })).toMatchObject({ reject: reason })
})

describe('fields', () => {
  test.each<[Partial<CallDraft>, Partial<ApiCall>]>([
    [{ method: 'patch' }, { method: 'PATCH' }],
    [{ method: 'PROPFIND' }, { method: 'PROPFIND' }],
    [{ ts: 12.9 }, { ts: 12 }],
    [{ path: '/a?token=x#y' }, { path: '/a', route: '/a' }],
    [{ path: 'https://user:pa55@Shop.Example:8443/a' }, { path: '/a', host: 'shop.example' }],
    [{ path: 'https://shop.example' }, { path: '/', host: 'shop.example' }],
    [{ path: '*' }, { path: '*', route: '/{text}' }],
    [{ path: 'shop.example:443' }, { path: '/shop.example:443' }],
    [{ route: '/v1/users/:id?x' }, { route: '/v1/users/:id' }],
    [{ service: ' pay\u0000ments\u202e ' }, { service: 'payments' }],
    [{ service: '-' }, { service: 'unknown' }],
    [{ identity: ' ' }, { identity: 'anonymous' }],
    [{ identity: 'system:serviceaccount:shop:cart' }, { identity: 'system:serviceaccount:shop:cart' }],
    [{ identity: 'half \ud800' }, { identity: 'half \ufffd' }],
    [{ host: 'Shop.Example:443' }, { host: 'shop.example' }],
    [{ host: 'not a host' }, { host: null }],
    [{ clientIp: '[2001:db8::7]:443' }, { clientIp: '2001:db8::7' }],
    [{ clientIp: '10.2.3.4:5566' }, { clientIp: '10.2.3.4' }],
    [{ clientIp: '2001:db8::7' }, { clientIp: '2001:db8::7' }],
    [
      { requestBytes: -1, responseBytes: Number.NaN },
      { requestBytes: null, responseBytes: null },
    ],
    [
      { requestBytes: 1.9, responseBytes: 2 ** 60 },
      { requestBytes: 1, responseBytes: Number.MAX_SAFE_INTEGER },
    ],
    [
      { requestBytes: -0, responseBytes: Number.POSITIVE_INFINITY },
      { requestBytes: 0, responseBytes: null },
    ],
    [{ durationMs: 12.5 }, { durationMs: 12.5 }],
    [
      { tokenIssuedAt: 1_795_336_200_000, tokenExpiresAt: 5 },
      { tokenIssuedAt: null, tokenExpiresAt: 5 },
    ],
    [{ userAgent: 'a'.repeat(300) }, { userAgent: 'a'.repeat(256) }],
    [{ userAgent: 'curl token=abc' }, { userAgent: 'curl token=[redacted]' }],
    [{ path: '/pay/4111111111111111' }, { path: '/pay/[redacted]', route: '/pay/{text}' }],
  ])('%j', (fields, expected) => expect(finished(fields)).toMatchObject(expected))
})

test('identifiers that are credentials or too long are replaced, and stay apart', () => {
  const [one, two] = ['a', 'b'].map((end) =>
    finished({ requestId: 'x'.repeat(200) + end, identity: `Bearer tok${end}` }),
  )
  expect(one!.requestId).toMatch(/^~[\da-f]{16}$/)
  expect(one!.requestId).not.toBe(two!.requestId)
  expect(one!.identity).toMatch(/^~[\da-f]{16}$/)
  expect(one!.identity).not.toBe(two!.identity)
  const long = ['a', 'b'].map((end) => finished({ identity: 'user-'.repeat(100) + end }).identity)
  expect(long[0]).toMatch(/^user-user-.*~[\da-f]{16}$/)
  expect(long[0]).not.toBe(long[1])
  expect(finished({ requestId: '4111111111111111' }).requestId).toBe('4111111111111111')
})
