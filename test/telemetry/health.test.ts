import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createHealth } from '#src/telemetry/health.ts'
import { createLog } from '#src/telemetry/log.ts'

const loop = (ms: number) => ({ longestMs: () => ms, stop: () => {} })

test('ready when every named condition holds', () => {
  const health = createHealth({ liveLagMs: 100 }, loop(0))
  health.set('store', 'migrations are running')
  health.set('stages', null)
  expect(health.report()).toEqual({ live: true, ready: false, reasons: ['store: migrations are running'] })
  health.set('store', null)
  expect(health.report()).toEqual({ live: true, ready: true, reasons: [] })
})

test('live while the event loop answers, whatever else is missing', () => {
  expect(createHealth({ liveLagMs: 100 }, loop(100)).report().live).toBe(true)
  expect(createHealth({ liveLagMs: 100 }, loop(101)).report()).toEqual({
    live: false,
    ready: false,
    reasons: ['event loop: 101 ms late'],
  })
})

test('the real event loop is watched', () => {
  const health = createHealth()
  expect(health.report()).toEqual({ live: true, ready: true, reasons: [] })
  health.stop()
})

test('the number of conditions is bounded', () => {
  const health = createHealth({ liveLagMs: 100 }, loop(0))
  for (let i = 0; i < 64; i += 1) health.set(`c${i}`, null)
  expect(() => health.set('one more', null)).toThrow()
  health.set('c0', 'still allowed')
})

test('the log is one line of JSON an entry and keeps secrets to itself', () => {
  const lines: string[] = []
  const to = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk))
      done()
    },
  })
  const log = createLog('info', to)
  const fields = {
    token: 's1',
    sink: { headers: { a: 's2' }, url: 'u' },
    kafka: { sasl: { password: 's3' } },
    name: 'a\nb',
  }
  log.info({ ...fields, authorization: 's4' }, 'started\nfake line')
  log.debug({}, 'not told')
  expect(lines.length).toBe(1)
  expect(lines[0]?.trimEnd().split('\n').length).toBe(1)
  const entry = JSON.parse(lines[0] ?? '')
  expect(entry).toMatchObject({
    level: 'info',
    msg: 'started\nfake line',
    name: 'a\nb',
    token: '[redacted]',
    sink: { url: 'u' },
  })
  expect(lines[0]).not.toMatch(/s[1234]"/)
})

test('an error is logged with its message and its cause', () => {
  const lines: string[] = []
  const to = { write: (line: string) => lines.push(line) }
  createLog('error', to).error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed')
  expect(lines[0]).toMatch(/outer.*inner/)
})
