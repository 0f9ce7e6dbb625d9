import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { originOf, patternOfOrigin } from '#src/call/origin.ts'

describe('the network that a call comes from', () => {
  test.each([
    ['192.0.2.7', '192.0.2.0/24'],
    ['0.0.0.0', '0.0.0.0/24'],
    ['255.255.255.255', '255.255.255.0/24'],
    ['2001:db8:1::7', '2001:db8:1::/48'],
    ['2001:0DB8:0001:ffff:1:2:3:4', '2001:db8:1::/48'],
    ['2001:db8::7', '2001:db8::/48'],
    ['2001:0:5::', '2001:0:5::/48'],
    ['::1', '::/48'],
    ['fe80::1%eth0', 'fe80::/48'],
    ['::ffff:192.0.2.7', '192.0.2.0/24'],
    ['64:ff9b::192.0.2.7', '64:ff9b::/48'],
  ])('%s is of %s', (address, origin) => {
    expect(originOf(address)).toBe(origin)
    expect(address).toMatch(new RegExp(`^(?i:${patternOfOrigin(origin)})`))
  })

  test('of an IPv4 address in IPv6 is that of the IPv4 address, however it is written', () => {
    expect(originOf('::ffff:c000:0207')).toBe('192.0.2.0/24')
  })

  test.each([
    null,
    '',
    'unknown',
    'client.example.com',
    '192.0.2',
    '192.0.2.7.1',
    '192.0.2.256',
    '192.0.02.7',
    '192..2.7',
    '.192.0.2',
    '192.0.2.',
    '192.0.2.7:80',
    ':',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    '::ffff:192.0.2.999',
    '::192.0.2.7:1',
    `${'0'.repeat(70)}::1`,
  ])('%j is no address', (address) => {
    expect(originOf(address)).toBeNull()
  })

  const octet = fc.nat(255)
  test('is the same for all addresses of a network, and its pattern finds those and no others', () => {
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet), octet, fc.tuple(octet, octet, octet), (network, host, other) => {
        const origin = originOf([...network, host].join('.')) as string
        expect(origin).toBe(`${network.join('.')}.0/24`)
        const pattern = new RegExp(`^(?i:${patternOfOrigin(origin)})`)
        expect(pattern.test([...network, host].join('.'))).toBe(true)
        expect(pattern.test([...other, host].join('.'))).toBe(other.join('.') === network.join('.'))
      }),
    )
    const group = fc.integer({ min: 1, max: 0xffff })
    fc.assert(
      fc.property(fc.tuple(group, group, group), fc.array(group, { minLength: 5, maxLength: 5 }), (network, host) => {
        const text = [...network, ...host].map((one) => one.toString(16)).join(':')
        const origin = originOf(text) as string
        expect(originOf(text.toUpperCase())).toBe(origin)
        expect(text).toMatch(new RegExp(`^(?i:${patternOfOrigin(origin)})`))
      }),
    )
  })

  test('no text makes it throw', () => {
    const junk = fc.oneof(fc.string(), fc.stringMatching(/^[\da-f:.%]{0,50}$/))
    fc.assert(fc.property(junk, (text) => void expect(originOf(text) ?? '').toMatch(/^$|\/(24|48)$/)))
  })
})
