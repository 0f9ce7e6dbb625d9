import type { ApiCall } from './call.ts'

/**
 * A 64-bit hash as two 32-bit halves, in the manner of MurmurHash3: two lanes that feed each other, then a full mix. It is
 * the same on every machine and for ever (keys, shards and ids rest on it), and it is no defence against someone who wants
 * collisions. `hashText` and `hashBytes` return the high half and keep the low half for `hashedLow`, which must be
 * called next: nothing is allocated. A text and its bytes do not have the same hash.
 */
export function hashText(text: string, seed = 0): number {
  const length = text.length
  start(seed)
  let i = 0
  for (; i + 3 < length; i += 4) {
    take(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16), text.charCodeAt(i + 2) | (text.charCodeAt(i + 3) << 16))
  }
  if (i < length) {
    const second = i + 1 < length ? text.charCodeAt(i + 1) << 16 : 0
    take(text.charCodeAt(i) | second, i + 2 < length ? text.charCodeAt(i + 2) : 0)
  }
  return finish(length)
}

/** As `hashText`, of bytes. */
export function hashBytes(bytes: Uint8Array, seed = 0): number {
  const length = bytes.length
  start(seed)
  let i = 0
  for (; i + 7 < length; i += 8) take(word(bytes, i), word(bytes, i + 4))
  if (i < length) take(word(bytes, i), word(bytes, i + 4))
  return finish(length)
}

/** The low half of the last hash that was computed. */
export function hashedLow(): number {
  return low >>> 0
}

/** Two halves as 16 lower-case hexadecimal digits. */
export function hexOf(high: number, low: number): string {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0')
}

/** The hash of a text as 16 hexadecimal digits. */
export function hexOfText(text: string, seed = 0): string {
  const high = hashText(text, seed)
  return hexOf(high, hashedLow())
}

/** What names a call: its request id, or `~` and the hash of the record's bytes where it has none. */
export function callId(call: Pick<ApiCall, 'requestId'>, value: Uint8Array): string {
  if (call.requestId !== null) return call.requestId
  const high = hashBytes(value)
  return `~${hexOf(high, hashedLow())}`
}

// Kept as signed integers: V8 then stores them unboxed.
let high = 0
let low = 0

function start(seed: number): void {
  high = (seed ^ 0x9e3779b9) | 0
  low = Math.imul(seed ^ 0x85ebca6b, 0xc2b2ae35)
}

function take(first: number, second: number): void {
  let a = Math.imul(first, 0x239b961b)
  a = Math.imul((a << 15) | (a >>> 17), 0xab0e9789)
  let x = high ^ a
  x = (((x << 19) | (x >>> 13)) + low) | 0
  high = (Math.imul(x, 5) + 0x561ccd1b) | 0
  let b = Math.imul(second, 0x38b34ae5)
  b = Math.imul((b << 16) | (b >>> 16), 0xa1e38b93)
  let y = low ^ b
  y = (((y << 17) | (y >>> 15)) + high) | 0
  low = (Math.imul(y, 5) + 0x0bcaa747) | 0
}

function finish(length: number): number {
  let x = high ^ length
  let y = low ^ length
  x = (x + y) | 0
  y = (y + x) | 0
  x = mix(x)
  y = mix(y)
  x = (x + y) | 0
  low = (y + x) | 0
  return x >>> 0
}

/** MurmurHash3's finaliser: every bit of the input changes each bit of the output half the time. */
function mix(value: number): number {
  let x = value ^ (value >>> 16)
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return x ^ (x >>> 16)
}

/** Four bytes from `at`, least significant first; zero beyond the end. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}
