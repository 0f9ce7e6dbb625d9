import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { buildWeb, startWeb } from '#src/web/server.ts'
import { given, type Overrides } from './given.ts'

const call = {
  method: 'POST',
  url: '/v1/calls',
  payload: '{"status":200}',
  headers: { 'content-type': 'application/json' },
} as const

/** A stream whose appends become durable when the test says so. */
function slowStream(): {
  readonly append: NonNullable<Overrides['append']>
  readonly begun: () => number
  durable(): void
  fail(): void
} {
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  let begun = 0
  return {
    append: () => {
      begun += 1
      return new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }))
    },
    begun: () => begun,
    durable: () => {
      for (const one of waiting.splice(0)) one.resolve()
    },
    fail: () => {
      for (const one of waiting.splice(0)) one.reject(new Error('no'))
    },
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn()
}

test('202 comes after durability and not before', async () => {
  const stream = slowStream()
  const { app } = await buildWeb(given({ append: stream.append }))
  let answered: number | null = null
  const answer = app.inject(call).then((response) => {
    answered = response.statusCode
  })
  await until(() => stream.begun() === 1)
  // Another whole request goes through the same server meanwhile: had the first one not waited, it would be answered.
  expect((await app.inject('/livez')).statusCode).toBe(200)
  expect(answered).toBe(null)
  stream.durable()
  await answer
  expect(answered).toBe(202)
})

test.each<[string, Overrides]>([
  ['requests', { limits: { waitingRequests: 1 } }],
  ['bytes', { limits: { waitingBytes: 20 } }],
])('429 while too many %s wait, and 202 again afterwards', async (_name, overrides) => {
  const stream = slowStream()
  const made = given({ ...overrides, append: stream.append })
  const { app } = await buildWeb(made)
  const first = app.inject(call)
  await until(() => stream.begun() === 1)
  const refused = await app.inject(call)
  expect([refused.statusCode, refused.json().code, refused.headers['retry-after']]).toEqual([
    429,
    'too-many-waiting',
    '1',
  ])
  expect(stream.begun()).toBe(1)
  stream.durable()
  expect((await first).statusCode).toBe(202)
  await until(() => made.waitingBytes === 0)
  const third = app.inject(call)
  await until(() => stream.begun() === 2)
  stream.durable()
  expect((await third).statusCode).toBe(202)
})

test('an append that is given up keeps its place until it has settled', async () => {
  const stream = slowStream()
  const made = given({ append: stream.append, limits: { appendMs: 1, waitingRequests: 1 } })
  const { app } = await buildWeb(made)
  const late = await app.inject(call)
  expect([late.statusCode, late.json().code, late.headers['retry-after']]).toEqual([503, 'not-durable', '5'])
  expect(made.waitingBytes).toBe(call.payload.length)
  expect((await app.inject(call)).json().code).toBe('too-many-waiting')
  stream.fail()
  await until(() => made.waitingBytes === 0)
})

test('503 from the moment of stopping; what is under way is finished first', async () => {
  const stream = slowStream()
  const { app, stop } = await buildWeb(given({ append: stream.append }))
  const first = app.inject(call)
  await until(() => stream.begun() === 1)
  stop()
  const refused = await app.inject(call)
  expect([refused.statusCode, refused.json().code]).toEqual([503, 'stopping'])
  stream.durable()
  expect((await first).statusCode).toBe(202)
})

test('a real socket: listens, answers, and close waits for the request under way', async () => {
  const stream = slowStream()
  const made = given({ append: stream.append })
  const web = await startWeb(made)
  const answer = fetch(`${web.address}/v1/calls`, { method: 'POST', body: call.payload, headers: call.headers })
  await until(() => stream.begun() === 1)
  const closed = web.close()
  stream.durable()
  expect((await answer).status).toBe(202)
  await closed
  await web.close()
  await expect(fetch(`${web.address}/livez`)).rejects.toThrow()
})

test('close cuts what does not end in time', async () => {
  const stream = slowStream()
  const web = await startWeb(given({ append: stream.append, limits: { closeMs: 20 } }))
  const answer = fetch(`${web.address}/v1/calls`, { method: 'POST', body: call.payload, headers: call.headers })
  await until(() => stream.begun() === 1)
  await Promise.all([expect(answer).rejects.toThrow(), web.close()])
  stream.durable()
})

/** Sends bytes as they are and returns the first line of the answer and its body. */
async function raw(address: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  socket.end(bytes)
  let answer = ''
  socket.on('data', (data) => {
    answer += data.toString()
  })
  await once(socket, 'close')
  return answer
}

test('what is no HTTP request is answered as a problem too', async () => {
  const web = await startWeb(given({ limits: { headerBytes: 1_024 } }))
  expect(await raw(web.address, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*"code":"invalid-request"/s)
  const long = `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(4_000)}\r\n\r\n`
  expect(await raw(web.address, long)).toMatch(/^HTTP\/1.1 431 .*"code":"headers-too-large"/s)
  await web.close()
})

test('a sender that goes away while its body is on the way frees its place', async () => {
  const made = given()
  const web = await startWeb(made)
  const socket = connect(Number(new URL(web.address).port), '127.0.0.1')
  socket.write(
    'POST /v1/calls HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
  )
  await until(() => made.waitingBytes === 1_000)
  socket.destroy()
  await until(() => made.waitingBytes === 0)
  expect(made.appended).toEqual([])
  await web.close()
})

test('a slow request is ended', async () => {
  const web = await startWeb(given({ limits: { requestMs: 50 } }))
  const socket = connect(Number(new URL(web.address).port), '127.0.0.1')
  let answer = ''
  socket.on('data', (data) => {
    answer += data.toString()
  })
  socket.write('POST /v1/calls HTTP/1.1\r\nHost: local')
  await once(socket, 'close')
  expect(answer).toMatch(/^HTTP\/1.1 408 .*"code":"request-timeout"/s)
  await web.close()
})
