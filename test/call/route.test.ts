import { describe, expect, test } from 'vitest'
import { guardRoute, ROUTE_CHARACTERS, routeOf } from '#src/call/route.ts'

describe('routeOf', () => {
  test.each([
    ['/v1/users/42', '/v1/users/{int}'],
    ['/v1/users/7/', '/v1/users/{int}'],
    ['/api/2/users', '/api/2/users'],
    ['/users/550e8400-e29b-41d4-a716-446655440000', '/users/{uuid}'],
    ['/users/018F4E9A-7B3C-7D2E-8F1A-2B3C4D5E6F70', '/users/{uuid}'],
    ['/jobs/01ARZ3NDEKTSV4RRFFQ69G5FAV', '/jobs/{ulid}'],
    ['/items/507f1f77bcf86cd799439011', '/items/{objectid}'],
    ['/blobs/d41d8cd98f00b204e9800998ecf8427e', '/blobs/{hash}'],
    ['/days/2026-11-22/calls', '/days/{date}/calls'],
    ['/days/2026-11-22T09:30:00Z', '/days/{date}'],
    ['/by-mail/ann@example.com', '/by-mail/{email}'],
    ['/near/48.85,-2.35', '/near/{geo}'],
    ['/hosts/10.2.3.4', '/hosts/{ip}'],
    ['/hosts/2001:db8::7', '/hosts/{ip}'],
    ['/balance/-5', '/balance/{int}'],
    ['/customers/cus_9s6XKzkNRiz8i3', '/customers/{id}'],
    ['/commits/deadbee1', '/commits/{id}'],
    ['/orders/order-12345', '/orders/{id}'],
    ['/share/V1StGXR8_Z5jdHi6B-myT', '/share/{id}'],
    ['/list/1,2,3', '/list/{id}'],
    [`/t/${'eyJhbGciOiJIUzI1NiJ9'.repeat(5)}`, '/t/{text}'],
    ['/files/3f2a9c01.png', '/files/{id}.png'],
    ['/v1/operations/123:cancel', '/v1/operations/{int}:cancel'],
    ['/odata/Users(5)/Name', '/odata/Users({key})/Name'],
    ['/x/id=5/y', '/x/id={value}/y'],
    ['/a;jsessionid=1/b//c?d=e#f', '/a/b/c'],
    ['/a%2Fb', '/{text}'],
    ['/bad%zz', '/{text}'],
    ['/caf%C3%A9', '/café'],
    ['/%41dmin', '/Admin'],
    ['/{anything}', '/{text}'],
    ['/../etc/passwd', '/../etc/passwd'],
    ['', '/'],
    ['?only=query', '/'],
    ['no-slash', '/no-slash'],
  ])('%s is %s', (path, route) => expect(routeOf(path)).toBe(route))

  test.each([
    '/v1/accounts/me',
    '/graphql',
    '/pkg.Service/GetUserAccountDetailsByName',
    '/blog/headless-wrapper-for-ephemeral-xservers.html',
    '/files/logstash-1.3.2-monolithic.jar',
    '/presentations/logstash-monitorama-2013/lib/js/head.min.js',
    '/v2024-01-15/subscriptions',
    '/oauth2/token',
  ])('%s has no identifier in it', (path) => expect(routeOf(path)).toBe(path))

  test('is cut after twelve segments, and where it would grow too long', () => {
    expect(routeOf('/a'.repeat(12))).toBe('/a'.repeat(12))
    expect(routeOf('/a'.repeat(13))).toBe(`${'/a'.repeat(12)}/**`)
    const wide = routeOf(`/${'wide-name-'.repeat(6)}`.repeat(12))
    expect(wide.length).toBeLessThanOrEqual(ROUTE_CHARACTERS)
    expect(wide).toMatch(/\/\*\*$/)
  })
})

test.each([
  ['/users/:id', '/users/:id'],
  ['/users/{userId}/orders/<int:order>', '/users/{userId}/orders/<int:order>'],
  ['/users/42?token=1', '/users/42'],
  ['pkg.Service/Method', 'pkg.Service/Method'],
  ['/a'.repeat(40), `${'/a'.repeat(12)}/**`],
])('a given route %s is kept as %s', (given, route) => expect(guardRoute(given)).toBe(route))

test('a given route that is deep and wide is no longer than any other', () => {
  const deep = guardRoute(`${'/a'.repeat(11)}/${'b'.repeat(488)}/c`)
  expect(deep).toHaveLength(ROUTE_CHARACTERS)
  expect(guardRoute(deep)).toBe(deep)
})
