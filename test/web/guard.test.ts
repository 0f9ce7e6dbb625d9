import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Permission, Token } from '#src/web/options.ts'
import { Problem, type ProblemCode, problems } from '#src/web/problem.ts'
import { buildWeb, startWeb } from '#src/web/server.ts'
import { given, type Overrides } from './given.ts'

async function ask(
  overrides: Overrides,
  url: string,
  headers: Record<string, string> = {},
  method: 'GET' | 'POST' = 'GET',
) {
  const made = given(overrides)
  const { app } = await buildWeb(made)
  const payload = method === 'POST' ? { payload: '{"status":200}' } : {}
  const answer = await app.inject({ method, url, headers, ...payload })
  const code: unknown = answer.headers['content-type']?.includes('json') ? answer.json().code : undefined
  return { status: answer.statusCode, code, headers: answer.headers, body: answer.body, made }
}

describe('the Host header', () => {
  test.each([
    ['127.0.0.1', 'localhost', 200],
    ['127.0.0.1', 'LOCALHOST:9999', 200],
    ['127.0.0.1', '127.0.0.1:8080', 200],
    ['127.0.0.1', '[::1]:8080', 200],
    ['127.0.0.1', 'tidemark.example', 200],
    ['127.0.0.1', 'evil.example', 421],
    ['127.0.0.1', 'localhost.evil.example', 421],
    ['::1', 'evil.example:8080', 421],
    ['0.0.0.0', 'evil.example', 421],
  ])('bound to %s, asked as %s: %i', async (host, name, status) => {
    const answer = await ask({ host, hosts: ['tidemark.example'] }, '/livez', { host: name })
    expect(answer.status).toBe(status)
    expect(answer.code).toBe(status === 421 ? 'wrong-host' : undefined)
  })

  test('is not compared on other addresses where no names are given', async () => {
    expect((await ask({ host: '0.0.0.0' }, '/livez', { host: 'any.example' })).status).toBe(200)
  })
})

test.each<[string, Record<string, string>, number]>([
  ['of our own page', { origin: 'http://localhost', host: 'localhost' }, 202],
  ['of another site', { origin: 'http://evil.example', host: 'localhost' }, 403],
  ['of a page without an origin', { origin: 'null', host: 'localhost' }, 403],
  ['that the browser calls cross-site', { 'sec-fetch-site': 'cross-site', host: 'localhost' }, 403],
])('a request %s', async (_name, headers, status) => {
  const answer = await ask({}, '/v1/calls', { ...headers, 'content-type': 'text/plain' }, 'POST')
  expect(answer.status).toBe(status)
  expect(answer.made.appended.length).toBe(status === 202 ? 1 : 0)
})

describe('bearer tokens', () => {
  const token = (secret: string, ...may: Permission[]): Token => ({
    name: secret,
    sha256: createHash('sha256').update(secret).digest('hex'),
    may,
  })
  const tokens = [token('ship', 'ingest'), token('look', 'read'), token('both', 'ingest', 'read')]
  test.each<[string, string | null, number]>([
    ['/v1/alerts', null, 401],
    ['/v1/alerts', 'Bearer wrong', 401],
    ['/v1/alerts', 'Bearer ', 401],
    ['/v1/alerts', 'Basic look', 401],
    ['/v1/alerts', 'Bearer ship', 403],
    ['/v1/alerts', 'Bearer look', 200],
    ['/v1/alerts', 'bearer both', 200],
    ['/v1/alerts/x', null, 401],
    ['/v1/entities', null, 401],
    ['/v1/status', null, 401],
    ['/v1/budget', null, 401],
    ['/v1/budget', 'Bearer look', 200],
    ['/metrics', null, 401],
    ['/livez', null, 200],
    ['/readyz', null, 200],
    ['/', null, 200],
  ])('GET %s with %s: %i', async (url, authorization, status) => {
    const answer = await ask({ tokens }, url, authorization === null ? {} : { authorization })
    expect(answer.status).toBe(status)
    if (status === 401) expect(answer.headers['www-authenticate']).toBe('Bearer realm="tidemark"')
  })

  test('ingest needs a token that may ingest, and says so before it reads the body', async () => {
    const as = async (authorization: string) =>
      (await ask({ tokens }, '/v1/calls', { authorization, 'content-type': 'application/json' }, 'POST')).status
    expect([await as(''), await as('Bearer look'), await as('Bearer ship')]).toEqual([401, 403, 202])
  })

  test('a hash that is none ends the start', async () => {
    await expect(buildWeb(given({ tokens: [{ name: 'x', sha256: 'abc', may: ['read'] }] }))).rejects.toThrow(/64 hex/)
  })

  test('a server that is open to everybody says so in the log', async () => {
    const made = given({ host: '0.0.0.0' })
    const web = await startWeb(made)
    await web.close()
    expect(made.logged.some((message) => message.includes('open to everybody'))).toBe(true)
  })
})

describe('every answer', () => {
  test.each(['/', '/console/console.js', '/v1/alerts', '/livez', '/nothing'])(
    '%s has the security headers and no banner',
    async (url) => {
      const { headers } = await ask({}, url)
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toContain('unsafe')
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      })
      expect(Object.keys(headers)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(server|x-powered-by)$/)]),
      )
    },
  )

  test('the page has no inline script or style', async () => {
    const { body } = await ask({}, '/')
    expect(body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i)
  })

  test('an unchanged file of the page is not sent again', async () => {
    const first = await ask({}, '/console/console.css')
    expect((await ask({}, '/console/console.css', { 'if-none-match': String(first.headers.etag) })).status).toBe(304)
  })

  test.each(['/console/../server.ts', '/console/%2e%2e/server.ts', '/console/', '/console/nothing.js'])(
    '%s is no file',
    async (url) => {
      expect(await ask({}, url)).toMatchObject({ status: 404, code: 'not-found' })
    },
  )

  test('the wrong method names the right one', async () => {
    expect(await ask({}, '/v1/calls')).toMatchObject({
      status: 405,
      code: 'method-not-allowed',
      headers: { allow: 'POST' },
    })
    expect(await ask({}, '/v1/alerts', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET' } })
  })

  test('a malformed address and an id that is too long', async () => {
    expect(await ask({}, '/v1/alerts/%zz')).toMatchObject({ status: 400, code: 'invalid-request' })
    expect(await ask({}, `/v1/alerts/${'x'.repeat(300)}`)).toMatchObject({ status: 404, code: 'not-found' })
  })

  test('a fault of ours tells nothing but that, and is logged', async () => {
    const overrides: Overrides = { metrics: () => Promise.reject(new Error('inner secret')) }
    const { status, code, body, made } = await ask(overrides, '/metrics')
    expect([status, code]).toEqual([500, 'internal'])
    expect(body).not.toContain('inner')
    expect(made.logged).toEqual(['a request failed'])
  })
})

describe('the catalogue of errors', () => {
  const codes = Object.keys(problems) as ProblemCode[]
  test.each(codes)('%s has a status for errors and a sentence', (code) => {
    expect(problems[code].status).toBeGreaterThanOrEqual(400)
    expect(problems[code].title).toMatch(/^[A-Z].*\.$/)
  })

  test('further members cannot replace the fixed ones', () => {
    expect(new Problem('internal', { members: { status: 200, code: 'x', more: 1 } }).body()).toMatchObject({
      status: 500,
      code: 'internal',
      more: 1,
    })
  })
})
