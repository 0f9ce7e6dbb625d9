import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Permission, Token, WebOptions } from './options.ts'
import { Problem } from './problem.ts'

/** Everything from this server only, no inline script or style, no framing, and no way to turn a text into HTML. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cache-control': 'no-store',
}

export function secure(reply: FastifyReply): void {
  reply.headers(headers)
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]']

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/**
 * Refuses a Host that is not ours: on loopback a page of another site can make its own name point here (DNS rebinding)
 * and would then be of the same origin. The port is not compared: tunnels and port mappings change it.
 */
export function hostCheck(options: Pick<WebOptions, 'host' | 'hosts'>): (request: FastifyRequest) => void {
  const loopback = isLoopback(options.host)
  if (!loopback && options.hosts.length === 0) return () => {}
  const own = loopback ? loopbackNames : []
  const names = new Set([...own, options.host, ...options.hosts].map((name) => name.toLowerCase()))
  return (request) => {
    if (!names.has(hostName(request.headers.host ?? ''))) throw new Problem('wrong-host')
  }
}

function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '')
}

/** A browser says where a request comes from; a page of another site can send plain text here without asking first. */
export function originCheck(request: FastifyRequest): void {
  const origin = request.headers.origin
  const site = request.headers['sec-fetch-site']
  if (site === 'cross-site' && request.method !== 'GET') throw new Problem('cross-origin')
  if (origin === undefined) return
  const parsed = URL.parse(origin)
  if (parsed === null || parsed.host !== request.headers.host?.toLowerCase()) throw new Problem('cross-origin')
}

/** @throws Problem from what it returns: `unauthenticated`, `not-permitted` */
export function tokenCheck(tokens: readonly Token[]): (request: FastifyRequest, permission: Permission) => void {
  if (tokens.length === 0) return () => {}
  const known = tokens.map((token) => ({ hash: Buffer.from(token.sha256, 'hex'), may: new Set(token.may) }))
  if (known.some((token) => token.hash.length !== 32)) throw new Error('a token hash must have 64 hexadecimal digits')
  return (request, permission) => {
    const given = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(request.headers.authorization ?? '')?.[1]
    const hash = createHash('sha256')
      .update(given ?? '')
      .digest()
    // All are compared, so that the time does not tell which one came close.
    const found = known.filter((token) => timingSafeEqual(token.hash, hash))
    if (given === undefined || found.length === 0) {
      throw new Problem('unauthenticated', { headers: { 'www-authenticate': 'Bearer realm="tidemark"' } })
    }
    if (!found.some((token) => token.may.has(permission))) throw new Problem('not-permitted')
  }
}
