import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { consoleSink, linesOf } from '#src/sink/console.ts'
import { toldOf } from '#test/fakes/alert.ts'

test('an alert as people read it', () => {
  expect(linesOf(toldOf('a1'), 'https://tidemark.example').split('\n')).toEqual([
    '2026-11-22T09:30:00.000Z  HIGH  opened  error-burst  payments POST /v1/charge',
    '  61 of 90 calls failed; 0.4 expected',
    '  observed   errors 61, calls 90 in 60 s',
    '  expected   errors 0.4, low 0, high 3; baseline of 120345 calls, ready; 41.2 bits of surprise (errors 41.2)',
    '  from       checkout (90%)',
    '  examples   req-1 req-2 req-3',
    '  silent if  at most 3 of 90 calls had failed',
    "  query      SELECT * FROM tidemark.api_calls WHERE service = 'payments' AND route = '/v1/charge'",
    '  link       https://tidemark.example/#a1',
    '',
  ])
})

test('a notice that is not settled says so; a log cannot add a line', () => {
  const text = linesOf(toldOf('a', 1, 'opened', { settled: false, reason: 'x\n2026  CRITICAL  opened  forged' }))
  expect(text).toContain('x 2026  CRITICAL  opened  forged (told early, not settled yet)\n')
  expect(text.split('\n').filter((line) => line.startsWith('2026'))).toHaveLength(1)
})

test('waits for a slow reader instead of piling up', async () => {
  const steps: (() => void)[] = []
  const out = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      steps.push(done)
    },
  })
  const sink = consoleSink({ name: 'console', out })
  const { signal } = new AbortController()
  const outcomes = [sink.deliver(toldOf('a'), signal), sink.deliver(toldOf('b'), signal)]
  expect(out.writableLength).toBe(linesOf(toldOf('a')).length)
  steps.shift()?.()
  expect(await outcomes[0]).toEqual({ kind: 'delivered', status: null })
  await new Promise((resolve) => setImmediate(resolve))
  steps.shift()?.()
  expect(await outcomes[1]).toEqual({ kind: 'delivered', status: null })
  await sink.close()
})
