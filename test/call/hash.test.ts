import { expect, test } from 'vitest'
import { callId, hashBytes, hashedLow, hashText, hexOf, hexOfText } from '#src/call/hash.ts'

const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)

const GOLDEN = [
  '9ad672239775906f',
  'ce569096ddb5ec37',
  '8c79d50e3830eb0c',
  'bccedc87609f6ad7',
  '2dd02e7b90cd7a68',
  '1309a54814152ef0',
  '8e4ec330f480a2b7',
]
const GOLDEN_BYTES = [3692033386, 2181367414] as const

test('hashes never change: keys, shards and ids in stored data rest on them', () => {
  expect(['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'payments|GET|/v1'].map((text) => hexOfText(text))).toEqual(GOLDEN)
  expect([hashBytes(bytes), hashedLow()]).toEqual(GOLDEN_BYTES)
})

test('the seed, the length and the order count', () => {
  const hashes = [hexOfText('ab'), hexOfText('ba'), hexOfText('ab', 1), hexOfText('ab\0'), hexOfText('ab\0\0')]
  expect(new Set(hashes).size).toBe(hashes.length)
})

test('the low half belongs to the last hash', () => {
  hashText('one')
  const low = hashedLow()
  hashText('two')
  expect(hashedLow()).not.toBe(low)
  hashText('one')
  expect(hashedLow()).toBe(low)
})

test('hexOf keeps leading zeros', () => expect(hexOf(1, 0xffffffff)).toBe('00000001ffffffff'))

test('a call is named by its request id, else by its bytes', () => {
  expect(callId({ requestId: 'r-1' }, bytes)).toBe('r-1')
  expect(callId({ requestId: null }, bytes)).toBe(`~${hexOf(...GOLDEN_BYTES)}`)
})
