import { BlockList, isIP } from 'node:net'

/** Where a receiver may be. `private` includes the unique local addresses of IPv6. */
export type AddressKind = 'public' | 'loopback' | 'private' | 'forbidden'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

// The metadata service of a cloud hands out credentials: it is no receiver, also where private addresses are allowed.
const metadata = new BlockList()
metadata.addAddress('fd00:ec2::254', 'ipv6')
metadata.addAddress('100.100.100.200', 'ipv4')

const inside = new BlockList()
inside.addSubnet('10.0.0.0', 8, 'ipv4')
inside.addSubnet('172.16.0.0', 12, 'ipv4')
inside.addSubnet('192.168.0.0', 16, 'ipv4')
inside.addSubnet('100.64.0.0', 10, 'ipv4')
inside.addSubnet('fc00::', 7, 'ipv6')

const unroutable = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  unroutable.addSubnet(net, prefix, 'ipv4')
// Teredo, ORCHID, documentation and 6to4 lie within global unicast; they carry other addresses or lead nowhere.
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  unroutable.addSubnet(net, prefix, 'ipv6')

const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

/** What kind of address this is; whatever is not an address, or maps another one (::ffff:…, 64:ff9b::…), is forbidden. */
export function addressKind(address: string): AddressKind {
  const version = isIP(address)
  if (version === 0) return 'forbidden'
  const family = version === 4 ? 'ipv4' : 'ipv6'
  // BlockList looks through ::ffff:…; such an address has no honest use in a URL or an answer of DNS.
  if (version === 6 && address.includes('.')) return 'forbidden'
  if (version === 6 && mapsIpv4(address)) return 'forbidden'
  if (loopback.check(address, family)) return 'loopback'
  if (metadata.check(address, family)) return 'forbidden'
  if (inside.check(address, family)) return 'private'
  if (unroutable.check(address, family)) return 'forbidden'
  if (version === 4) return 'public'
  return globalUnicast.check(address, family) ? 'public' : 'forbidden'
}

/** ::ffff:0:0/96, however it is written. */
function mapsIpv4(address: string): boolean {
  const written = new URL(`http://[${address.split('%')[0]}]/`).hostname
  return written.startsWith('[::ffff:')
}
