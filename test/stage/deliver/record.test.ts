import { expect, test } from 'vitest'
import { readAlertRecord } from '#src/stage/deliver/record.ts'
import { producedOf, rowOf } from '#src/stage/deliver/row.ts'
import { alertOf, toldOf } from '#test/fakes/alert.ts'

function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
}

test('a record that tells is read whole', () => {
  expect(readAlertRecord(bytes(toldOf('a', 3, 'resolved')))).toEqual({
    kind: 'told',
    record: toldOf('a', 3, 'resolved'),
  })
})

test('fields of a later version do no harm', () => {
  const record = { ...toldOf('a'), later: 1, alert: { ...alertOf('a'), incident: 'i' } }
  expect(readAlertRecord(bytes(record))).toEqual({ kind: 'told', record: toldOf('a') })
})

test('a record that tells nothing is quiet', () => {
  expect(readAlertRecord(bytes({ alert: alertOf('a'), telling: null }))).toEqual({ kind: 'quiet' })
})

const told = toldOf('a')
test.each([
  ['not JSON', '{'],
  ['not UTF-8', new Uint8Array([0xff, 0xfe])],
  ['null', 'null'],
  ['an id that would break the signed text', toldOf('a.b')],
  ['an id that would break a header', toldOf('a\r\nx: y')],
  ['an empty id', toldOf('')],
  ['an unknown event', { ...told, telling: { notice: 1, event: 'sung' } }],
  ['a notice of zero', { ...told, telling: { notice: 0, event: 'opened' } }],
  ['no telling at all', { alert: told.alert }],
  ['a time that is none', toldOf('a', 1, 'opened', { detected_at: 'yesterday' })],
  ['an observed text', { ...told, alert: { ...told.alert, observed: { calls: '1' } } }],
  ['an unknown severity', { ...told, alert: { ...told.alert, severity: '__proto__' } }],
  ['a record of a megabyte', toldOf('a', 1, 'opened', { reason: 'x'.repeat(1_000_000) })],
])('%s is bad, and the reason repeats nothing of it', (_name, value) => {
  const reading = readAlertRecord(value instanceof Uint8Array ? value : bytes(value))
  expect(reading.kind).toBe('bad')
  expect(JSON.stringify(reading)).not.toMatch(/xxx|a\.b|sung|yesterday/)
})

test('a row names its attempt', () => {
  const row = rowOf('siem', told, {
    attempt: 2,
    outcome: 'retry',
    status: 503,
    reason: 'the receiver answered 503',
    startedAt: 1_795_339_800_000,
    endedAt: 1_795_339_800_012.4,
  })
  expect(row).toEqual({
    at: '2026-11-22T09:30:00.012Z',
    sink: 'siem',
    alert_id: 'a',
    notice: 1,
    event: 'opened',
    attempt: 2,
    outcome: 'retry',
    status: 503,
    reason: 'the receiver answered 503',
    latency_ms: 12,
  })
  const { key, value } = producedOf(row)
  expect(key).toBe('a')
  expect(JSON.parse(new TextDecoder().decode(value))).toEqual(row)
})
