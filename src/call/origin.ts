/**
 * Where a call comes from: the network of the client's address, `192.0.2.0/24` or `2001:db8:1::/48`. Those are the usual sizes of what
 * one office, one data centre or one access line has; a phone changes them as it moves. `null` where the address is missing or is
 * none (a host name, junk): missing is no origin.
 */
export function originOf(address: string | null): string | null {
  if (address === null || address.length > ADDRESS_MOST) return null
  return address.includes(':') ? originOf6(address) : originOf4(address)
}

/**
 * A regular expression (RE2, JavaScript) for the beginning of addresses as they are logged that come from this network. Of a /48
 * whose groups are partly zero it also finds neighbours: there are too many ways to write zeros.
 */
export function patternOfOrigin(origin: string): string {
  if (!origin.includes(':')) {
    return `(::ffff:)?${origin.slice(0, origin.lastIndexOf('.')).replaceAll('.', '[.]')}[.]`
  }
  const groups = groupsOf(origin.slice(0, origin.indexOf('/'))) ?? []
  let pattern = ''
  for (const group of groups.slice(0, PREFIX_GROUPS)) {
    if (group === 0) return `${pattern}0*:`
    pattern += `0*${group.toString(16)}:`
  }
  return pattern
}

/** As many characters as an IPv6 address with a zone has. */
const ADDRESS_MOST = 64
const PREFIX_GROUPS = 3
const GROUPS = 8

function originOf4(address: string): string | null {
  let octets = 1
  let octet = -1
  let last = -1
  for (let i = 0; i < address.length; i += 1) {
    const code = address.charCodeAt(i)
    if (code === 46) {
      if (octet < 0) return null
      octets += 1
      octet = -1
      last = i
    } else {
      // 010 is 10 to some readers and 8 to others.
      if (code < 48 || code > 57 || octet === 0) return null
      octet = Math.max(octet, 0) * 10 + code - 48
      if (octet > 255) return null
    }
  }
  return octets === 4 && octet >= 0 ? `${address.slice(0, last)}.0/24` : null
}

function originOf6(address: string): string | null {
  const zone = address.indexOf('%')
  const groups = groupsOf(zone < 0 ? address : address.slice(0, zone))
  if (groups === null) return null
  // An IPv4 address in IPv6's clothes, as servers that listen on both log it.
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    const [high, low] = [groups[6] as number, groups[7] as number]
    return `${high >> 8}.${high & 255}.${low >> 8}.0/24`
  }
  const prefix = groups.slice(0, PREFIX_GROUPS)
  while (prefix.at(-1) === 0) prefix.pop()
  return `${prefix.map((group) => group.toString(16)).join(':')}::/48`
}

/** The eight groups of an IPv6 address; null where it is none. */
function groupsOf(address: string): number[] | null {
  const halves = address.split('::')
  if (halves.length > 2) return null
  const [front, back] = halves.map((half, i) => partsOf(half, i === halves.length - 1))
  if (front == null || back === null) return null
  if (back === undefined) return front.length === GROUPS ? front : null
  const gap = GROUPS - front.length - back.length
  return gap < 1 ? null : [...front, ...new Array<number>(gap).fill(0), ...back]
}

const HEX = /^[\da-f]{1,4}$/i
const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

function partsOf(half: string, isLast: boolean): number[] | null {
  if (half === '') return []
  const groups: number[] = []
  const texts = half.split(':')
  for (const [i, text] of texts.entries()) {
    const octets = isLast && i === texts.length - 1 ? IPV4.exec(text)?.slice(1).map(Number) : undefined
    if (octets !== undefined) {
      const [a, b, c, d] = octets as [number, number, number, number]
      if (Math.max(a, b, c, d) > 255) return null
      groups.push((a << 8) | b, (c << 8) | d)
    } else if (HEX.test(text)) groups.push(Number.parseInt(text, 16))
    else return null
  }
  return groups
}
