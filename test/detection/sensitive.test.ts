import { describe, expect, test } from 'vitest'
import { endpointRef, identityRef } from '#src/baseline/entity.ts'
import { matches, weigher } from '#src/detection/sensitive.ts'

describe('a pattern', () => {
  test.for([
    ['/a', '/a', true],
    ['/a', '/ab', false],
    ['/*', '/a', true],
    ['/*', '/a/b', false],
    ['/**', '/a/b', true],
    ['**/secrets', '/v1/x/secrets', true],
    ['**/secrets', '/v1/x/secrets/1', false],
    ['/v1/*/secrets', '/v1/x/secrets', true],
    ['/v1/*/secrets', '/v1/x/y/secrets', false],
    ['/*/b*', '/a/bc', true],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['/v1/users/{id}', '/v1/users/{id}', true],
    ['/v1/users/{id}', '/v1/users/x', false],
    ['a.c', 'abc', false],
  ] as const)('%s against %s: %s', ([pattern, text, expected]) => {
    expect(matches(pattern, text)).toBe(expected)
  })

  test('of many wildcards takes no longer than lengths allow', () => {
    expect(matches(`${'**a'.repeat(40)}b`, 'a'.repeat(2000))).toBe(false)
  })
})

describe('the weight of an entity', () => {
  const weightOf = weigher([
    { endpoint: 'GET,HEAD payments /v1/secrets', weight: 9 },
    { endpoint: '* pay* /**', weight: 4 },
    { endpoint: 'DELETE', weight: 2 },
  ])

  test.for([
    ['GET', 'payments', '/v1/secrets', 9],
    ['HEAD', 'payments', '/v1/secrets', 9],
    ['POST', 'payments', '/v1/secrets', 4],
    ['GET', 'payroll', '/a/b', 4],
    ['DELETE', 'stock', '/a', 2],
    ['GET', 'stock', '/a', 1],
  ] as const)('%s %s %s is %i', ([method, service, route, expected]) => {
    expect(weightOf(endpointRef(service, method, route))).toBe(expected)
  })

  test('that is no endpoint is one', () => {
    expect(weightOf(identityRef('payments'))).toBe(1)
  })
})
