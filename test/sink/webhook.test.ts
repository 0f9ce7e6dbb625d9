import type { LookupFunction } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { webhookOptions, webhookSink } from '#src/sink/webhook.ts'
import { toldOf } from '#test/fakes/alert.ts'
import { FakeReceiver, status } from '#test/fakes/receiver.ts'

const OLD = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const NEW = `whsec_${Buffer.alloc(32, 2).toString('base64')}`
const { signal } = new AbortController()
const base = { name: 'siem', url: 'https://siem.example/hook', secret: OLD }

let receiver: FakeReceiver
let now = 0
beforeEach(async () => {
  receiver = new FakeReceiver()
  await receiver.listen()
  now = Date.now()
})
afterEach(() => receiver.close())

function sinkOf(changes: Partial<z.input<typeof webhookOptions>>, lookup?: LookupFunction) {
  const options = webhookOptions.parse({ ...base, url: receiver.url, ...changes })
  const surroundings = { now: () => now, version: '0.1.0', source: 'urn:tidemark:test' }
  return webhookSink(options, lookup === undefined ? surroundings : { ...surroundings, lookup })
}

/** Every name is at these addresses. */
function at(...addresses: readonly string[]): LookupFunction {
  return (_hostname, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
}

describe('a notice on the wire', () => {
  test('is signed with each secret, and stamped anew for each attempt', async () => {
    const sink = sinkOf({
      url: `${receiver.url}/hook?tenant=1`,
      secret: [OLD, NEW],
      headers: { authorization: 'Bearer t' },
    })
    await sink.deliver(toldOf('a', 3, 'updated'), signal)
    now += 60_000
    await sink.deliver(toldOf('a', 3, 'updated'), signal)
    await sink.close()
    const [first, second] = receiver.seen
    expect(first).toMatchObject({ method: 'POST', path: '/hook?tenant=1' })
    expect(first?.headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=UTF-8',
      'webhook-id': 'a_3',
      'user-agent': 'tidemark/0.1.0',
      authorization: 'Bearer t',
    })
    expect(second?.body).toBe(first?.body)
    expect(second?.headers['webhook-id']).toBe('a_3')
    expect(Number(second?.headers['webhook-timestamp']) - Number(first?.headers['webhook-timestamp'])).toBe(60)
    for (const { headers, body } of receiver.seen)
      for (const secret of [OLD, NEW])
        expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({ id: 'a_3' })
  })

  test('does not wait for an answer that never ends', async () => {
    receiver.answer = (response) => {
      response.writeHead(200)
      const more = () => {
        while (response.write('x'.repeat(16_384)));
        response.once('drain', more)
      }
      more()
    }
    const sink = sinkOf({ timeoutMs: 60_000 })
    expect(await sink.deliver(toldOf('a'), signal)).toEqual({ kind: 'delivered', status: 200 })
    await sink.close()
  })

  test('shows in logs without path, query and credentials', () => {
    expect(sinkOf({ url: 'https://hooks.example:8443/services/T/SECRET?key=k' }).target).toBe(
      'https://hooks.example:8443',
    )
  })
})

describe('where a notice may go', () => {
  const named = { url: '', allowHttp: true }
  beforeEach(() => {
    named.url = `http://siem.example:${receiver.port}`
  })

  test.each([
    ['a name of this machine', ['127.0.0.1'], false, false],
    ['a name of this machine, private allowed', ['127.0.0.1'], true, true],
    ['the metadata service', ['169.254.169.254'], true, false],
    ['an address among which one is inside', ['127.0.0.1', '169.254.169.254'], true, false],
    ['this machine in disguise', ['::ffff:127.0.0.1'], true, false],
    ['a name without addresses', [], true, false],
  ])('%s', async (_name, addresses, allowPrivate, arrives) => {
    const sink = sinkOf({ ...named, allowPrivate }, at(...addresses))
    const outcome = await sink.deliver(toldOf('a'), signal)
    await sink.close()
    expect(receiver.seen).toHaveLength(arrives ? 1 : 0)
    expect(outcome.kind).toBe(arrives ? 'delivered' : 'retry')
    if (!arrives) expect(outcome).toMatchObject({ reason: 'the connection failed: ADDRESS_NOT_ALLOWED' })
  })

  test('a name is checked at each new connection', async () => {
    let address = '127.0.0.1'
    receiver.answer = status(500, { connection: 'close' })
    const sink = sinkOf({ ...named, allowPrivate: true }, (...args) => at(address)(...args))
    expect(await sink.deliver(toldOf('a'), signal)).toMatchObject({ status: 500 })
    address = '169.254.169.254'
    expect(await sink.deliver(toldOf('a'), signal)).toMatchObject({ status: null })
    await sink.close()
    expect(receiver.seen).toHaveLength(1)
  })

  test('localhost in the URL means this machine and nothing else', async () => {
    const sink = sinkOf({ url: `http://localhost:${receiver.port}` }, at('127.0.0.1'))
    expect(await sink.deliver(toldOf('a'), signal)).toMatchObject({ kind: 'delivered' })
    await sink.close()
    const moved = sinkOf({ url: `http://localhost:${receiver.port}` }, at('10.0.0.1'))
    expect(await moved.deliver(toldOf('a'), signal)).toMatchObject({ kind: 'retry' })
    await moved.close()
  })
})

describe('the options', () => {
  test('have defaults', () => {
    expect(webhookOptions.parse(base)).toEqual({
      ...base,
      timeoutMs: 10_000,
      allowPrivate: false,
      allowHttp: false,
      headers: {},
    })
  })

  test.each([
    [{ url: 'https://10.0.0.1/', allowPrivate: true }],
    [{ url: 'http://127.0.0.1:9000/x' }],
    [{ url: 'http://[::1]:9000/x' }],
    [{ url: 'http://localhost/x' }],
    [{ url: 'http://siem.example/', allowHttp: true }],
    [{ secret: [OLD, NEW] }],
    [{ kind: undefined, headers: { 'X-Api-Key': 'k' } }],
  ])('accept %j', (changes) => {
    const { kind: _kind, ...rest } = { kind: undefined, ...changes }
    expect(webhookOptions.safeParse({ ...base, ...rest }).success).toBe(true)
  })

  test.each([
    [{ url: 'http://siem.example/' }, 'url', 'https'],
    [{ url: 'ftp://siem.example/', allowHttp: true }, 'url', 'https'],
    [{ url: 'https://user:hunter2@siem.example/' }, 'url', 'headers'],
    [{ url: 'https://10.0.0.1/' }, 'url', 'allowPrivate'],
    [{ url: 'https://169.254.169.254/', allowPrivate: true }, 'url', 'no receiver'],
    [{ url: 'https://[::ffff:7f00:1]/', allowPrivate: true }, 'url', 'no receiver'],
    [{ url: 'https://2130706434/', allowPrivate: false, allowHttp: false, name: 'UPPER' }, 'name', 'lower-case'],
    [{ url: 'siem' }, 'url', 'absolute'],
    [{ secret: 'hunter2' }, 'secret', ''],
    [{ secret: [] }, 'secret', ''],
    [{ headers: { 'Webhook-Id': 'x' } }, 'headers', 'set by Tidemark'],
    [{ headers: { 'Content-Length': '1' } }, 'headers', 'set by Tidemark'],
    [{ headers: { a: 'x\r\nb: hunter2' } }, 'headers', 'printable'],
    [{ headers: { 'a b': 'x' } }, 'headers', ''],
    [{ timeoutMs: 0 }, 'timeoutMs', ''],
    [{ surprise: 1 }, '', ''],
  ])('refuse %j at %s', (changes, path, words) => {
    const read = webhookOptions.safeParse({ ...base, ...changes })
    const issues = read.error?.issues ?? []
    expect(issues.map((issue) => String(issue.path[0] ?? ''))).toContain(path)
    expect(JSON.stringify(issues)).toContain(words)
    expect(JSON.stringify(issues)).not.toContain('hunter2')
  })

  test('can be told as JSON Schema, and joined with the kind of sink', () => {
    expect(z.toJSONSchema(webhookOptions, { io: 'input' })).toMatchObject({ required: ['name', 'url', 'secret'] })
    const joined = webhookOptions.safeExtend({ kind: z.literal('webhook') })
    expect(joined.safeParse({ ...base, kind: 'webhook' }).success).toBe(true)
    expect(joined.safeParse({ ...base, kind: 'webhook', url: 'http://siem.example' }).success).toBe(false)
  })
})
