import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Receiver, startReceiver } from '#src/demo/receiver.ts'
import { webhookOptions, webhookSink } from '#src/sink/webhook.ts'
import { toldOf } from '#test/fakes/alert.ts'

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
const OTHER = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
const { signal } = new AbortController()

let receiver: Receiver
let lines: string[] = []
let skewMs = 0
beforeEach(async () => {
  lines = []
  skewMs = 0
  receiver = await startReceiver({ secret: SECRET, log: (line) => lines.push(line) })
})
afterEach(() => receiver.close())

async function send(alert: string, notice: number, event: 'opened' | 'resolved', secret = SECRET, timeoutMs = 30_000) {
  const options = webhookOptions.parse({ name: 'demo', url: receiver.url, secret, timeoutMs })
  const sink = webhookSink(options, { now: () => Date.now() + skewMs, version: '0.1.0', source: 'urn:tidemark:demo' })
  const outcome = await sink.deliver(toldOf(alert, notice, event), signal)
  await sink.close()
  return outcome
}

describe('the demo receiver', () => {
  test('keeps a log of events for each alert, and folds repeats', async () => {
    const heard: string[] = []
    const leave = receiver.onReceived(({ webhookId }) => heard.push(webhookId))
    await send('a', 1, 'opened')
    await send('b', 1, 'opened')
    await send('a', 1, 'opened')
    leave()
    await send('a', 2, 'resolved')
    expect(receiver.received.map(({ webhookId }) => webhookId)).toEqual(['a_1', 'b_1', 'a_2'])
    expect(receiver.of('a').map(({ event, type, repeats }) => [event, type, repeats])).toEqual([
      ['opened', 'tidemark.detection.created.v1', 1],
      ['resolved', 'tidemark.detection.closed.v1', 0],
    ])
    expect(receiver.repeats).toBe(1)
    expect(receiver.refused).toBe(0)
    expect(heard).toEqual(['a_1', 'b_1'])
    expect(lines[0]).toBe(
      'opened    High     error-burst: payments POST /v1/charge: 61 of 90 calls failed; 0.4 expected',
    )
    expect(lines[2]).toBe('again     a_1')
  })

  test.each([
    ['another secret', OTHER, 0],
    ['an attempt of six minutes ago', SECRET, -360_000],
    ['an attempt of the future', SECRET, 360_000],
  ])('refuses %s', async (_name, secret, skew) => {
    skewMs = skew
    expect(await send('a', 1, 'opened', secret)).toMatchObject({ kind: 'retry', status: 401 })
    expect(receiver.received).toEqual([])
    expect(receiver.refused).toBe(1)
  })

  test('refuses a body that was changed, and what is no POST', async () => {
    const headers = { 'webhook-id': 'a_1', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' }
    expect((await fetch(receiver.url, { method: 'POST', headers, body: '{}' })).status).toBe(401)
    expect((await fetch(receiver.url, { method: 'POST', body: 'x'.repeat(70_000) })).status).toBe(413)
    expect((await fetch(receiver.url)).status).toBe(405)
    expect(receiver.received).toEqual([])
  })

  test.each([
    [{ kind: 'status', status: 503, retryAfter: '2' }, { kind: 'retry', status: 503, afterMs: 2000 }, 0],
    [{ kind: 'status', status: 410 }, { kind: 'disabled' }, 0],
    [{ kind: 'hang' }, { kind: 'retry', status: null }, 0],
    [{ kind: 'reset' }, { kind: 'retry', status: null }, 0],
    [{ kind: 'lost-answer' }, { kind: 'retry', status: null }, 1],
  ] as const)('fails as it is told: %j', async (failure, outcome, kept) => {
    receiver.fail(failure)
    const timeoutMs = failure.kind === 'hang' ? 1000 : 30_000
    expect(await send('a', 1, 'opened', SECRET, timeoutMs)).toMatchObject(outcome)
    expect(receiver.received).toHaveLength(kept)
    receiver.fail(null)
    expect(await send('a', 1, 'opened')).toMatchObject({ kind: 'delivered' })
    expect(receiver.received).toHaveLength(1)
    expect(receiver.repeats).toBe(kept)
  })

  test('fails at every third request', async () => {
    receiver.fail({ kind: 'status', status: 500 }, 3)
    const kinds: string[] = []
    for (let notice = 1; notice <= 6; notice++) kinds.push((await send('a', notice, 'opened')).kind)
    expect(kinds).toEqual(['delivered', 'delivered', 'retry', 'delivered', 'delivered', 'retry'])
  })
})
