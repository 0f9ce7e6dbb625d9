import { expect, test } from 'vitest'
import type { ApiCall } from '#src/call/call.ts'
import { Directory } from '#src/stage/collect/directory.ts'

const call = (service: string, route: string, method = 'GET') => ({ service, method, route }) as ApiCall

test('one name has one owner for as long as it is remembered', () => {
  const directory = new Directory(16)
  const owner = directory.endpoint(call('shop', '/cart'))
  expect(directory.endpoint(call('shop', '/cart'))).toBe(owner)
  expect(directory.endpoint(call('shop', '/cart', 'POST'))).not.toBe(owner)
  expect(directory.identity('ann')).toBe(directory.identity('ann'))
  expect(directory.size).toBe(3)
})

test.each([
  ['services', (i: number) => call(`service-${i}`, '/')],
  ['routes of one service', (i: number) => call('shop', `/made-up/${i}`)],
  ['methods of one route', (i: number) => call('shop', '/', `METHOD-${i}`)],
])('a flood of %s never takes more room than there is', (_, nth) => {
  const directory = new Directory(16, 10)
  for (let i = 0; i < 1000; i += 1) {
    const one = nth(i)
    expect(directory.endpoint(one)).toBe(directory.endpoint(one))
    expect(directory.size).toBeLessThanOrEqual(10)
  }
})

test('a flood of identities never takes more room than there is', () => {
  const directory = new Directory(16, 10)
  for (let i = 0; i < 1000; i += 1) directory.identity(`identity-${i}`)
  expect(directory.size).toBe(10)
})
