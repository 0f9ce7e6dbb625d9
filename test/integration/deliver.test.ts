import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startReceiver } from '#src/demo/receiver.ts'
import { webhookOptions, webhookSink } from '#src/sink/webhook.ts'
import { type DeliveryRow, deliver } from '#src/stage/deliver/deliver.ts'
import { memoryStream } from '#src/stream/memory.ts'
import { toldOf } from '#test/fakes/alert.ts'

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
const EVENTS = ['opened', 'updated', 'resolved'] as const
const ALERTS = Array.from({ length: 40 }, (_, n) => `alert${n}`)

test('over a stream whose commits fail, to a receiver that fails: every notice, in order, folded by webhook-id', async () => {
  const receiver = await startReceiver({ secret: SECRET })
  const all = Promise.withResolvers<void>()
  receiver.onReceived(() => {
    if (receiver.received.length === ALERTS.length * EVENTS.length) all.resolve()
  })
  receiver.fail({ kind: 'lost-answer' }, 3)
  let commits = 0
  const fails = () => (++commits % 4 === 0 ? Promise.reject(new Error('commit failed')) : Promise.resolve())
  const stream = memoryStream({ driver: 'clock', probe: { before: fails, after: fails } })
  await stream.prepare()
  const options = webhookOptions.parse({ name: 'siem', url: receiver.url, secret: SECRET })
  const sink = webhookSink(options, { now: Date.now, version: '0.1.0', source: 'urn:tidemark:test' })
  const running = await stream.drain(
    deliver({
      sink,
      append: (topic, records) => stream.append(topic, records),
      now: Date.now,
      random: Math.random,
      sleep: (ms, signal) => sleep(ms, undefined, { signal }),
      limits: { firstBackoffMs: 5, commitEveryMs: 5, firstPauseMs: 5, longestPauseMs: 20 },
    }),
  )
  for (const [index, event] of EVENTS.entries())
    await stream.append(
      'alerts',
      ALERTS.map((id) => ({
        key: id,
        value: new TextEncoder().encode(JSON.stringify(toldOf(id, index + 1, event))),
      })),
    )
  await all.promise
  receiver.fail(null)
  await running.stop()
  for (const id of ALERTS) expect(receiver.of(id).map(({ event }) => event)).toEqual(EVENTS)
  expect(receiver.repeats).toBeGreaterThan(0)
  expect(receiver.refused).toBe(0)
  const rows = stream
    .records('deliveries')
    .map(({ value }) => JSON.parse(new TextDecoder().decode(value)) as DeliveryRow)
  expect(rows.some(({ outcome }) => outcome === 'delivered')).toBe(true)
  expect(
    rows.some(
      ({ reason }) =>
        reason === 'the connection failed: UND_ERR_SOCKET' || reason === 'the connection failed: ECONNRESET',
    ),
  ).toBe(true)
  await sink.close()
  await stream.close()
  await receiver.close()
})
