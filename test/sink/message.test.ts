import { describe, expect, test } from 'vitest'
import { MESSAGE_LIMIT, messageOf } from '#src/sink/message.ts'
import { alertOf, type ToldRecord, toldOf } from '#test/fakes/alert.ts'
import { cloudEvent } from './ocsf.ts'

const options = { source: 'urn:tidemark:test', version: '0.1.0', consoleUrl: 'https://tidemark.example/console' }

function read(record: ToldRecord) {
  return cloudEvent.parse(JSON.parse(messageOf(record, options)))
}

describe('the message', () => {
  test.each([
    ['opened', 'created', 1, 1, true],
    ['updated', 'updated', 2, 2, true],
    ['reopened', 'updated', 2, 1, true],
    ['resolved', 'closed', 3, 4, false],
    ['withdrawn', 'closed', 3, 6, false],
  ] as const)('%s is a valid event of type %s', (event, type, activity, status, isAlert) => {
    const { data, ...envelope } = read(toldOf('a1', 2, event, { resolved_at: '2026-11-22T09:33:00.000Z' }))
    expect(envelope).toMatchObject({ id: 'a1_2', type: `tidemark.detection.${type}.v1` })
    expect(data).toMatchObject({
      activity_id: activity,
      type_uid: 200400 + activity,
      status_id: status,
      is_alert: isAlert,
      unmapped: { event, notice: 2 },
    })
    expect(data.finding_info.uid).toBe('a1')
  })

  test.each([
    ['low', 2],
    ['medium', 3],
    ['high', 4],
    ['critical', 5],
  ] as const)('severity %s is %d', (severity, id) => {
    expect(read(toldOf('a', 1, 'opened', { severity })).data.severity_id).toBe(id)
  })

  test('says what an analyst needs at night', () => {
    const { data, subject, time } = read(toldOf('a1'))
    const alert = alertOf('a1')
    expect(subject).toBe('payments POST /v1/charge')
    expect(time).toBe(alert.detected_at)
    expect(data.message).toBe('61 of 90 calls failed; 0.4 expected')
    expect(data.finding_info.title).toBe('error-burst: payments POST /v1/charge')
    expect(data.finding_info.src_url).toBe('https://tidemark.example/console/#a1')
    expect(data.finding_info.desc).toBe(
      'Observed errors 61, calls 90 in 60 s; expected errors 0.4, low 0, high 3. 41.2 bits of surprise (errors 41.2) against a ' +
        'baseline of 120345 calls (ready). Silent if: at most 3 of 90 calls had failed.',
    )
    expect(data.evidences?.map(({ api }) => api?.request?.uid)).toEqual(['req-1', 'req-2', 'req-3'])
    expect(
      data.anomaly_analyses?.[0]?.anomalies.map((one) => [one.observation_parameter, one.observations[0]]),
    ).toEqual([
      ['errors', { value: '61', timespan: { duration_secs: 60 } }],
      ['calls', { value: '90', timespan: { duration_secs: 60 } }],
    ])
    expect(data.anomaly_analyses?.[0]?.baselines?.[0]?.observations[0]?.value).toBe('0.4')
    expect(data.unmapped).toMatchObject({
      window_seconds: 60,
      surprise_bits: 41.2,
      evidence: 'errors 41.2',
      baseline_calls: 120_345,
      examples: ['req-1', 'req-2', 'req-3'],
      query: alert.query,
      silent_if: alert.silent_if,
      settled: true,
      link: 'https://tidemark.example/console/#a1',
    })
  })

  test('says of an alert of before evidence was told by measure what it can', () => {
    const { evidence: _, ...alert } = alertOf('a1')
    const { data } = read({ ...toldOf('a1'), alert })
    expect(data.finding_info.desc).toContain(' 41.2 bits of surprise against a baseline ')
    expect(data.unmapped).not.toHaveProperty('evidence')
  })

  test('is the same for every attempt, and differs for every notice', () => {
    expect(messageOf(toldOf('a'), options)).toBe(messageOf(toldOf('a'), options))
    expect(messageOf(toldOf('a', 2), options)).not.toBe(messageOf(toldOf('a'), options))
  })

  test('needs no console', () => {
    const message = JSON.parse(messageOf(toldOf('a'), { source: 'urn:x', version: '1' }))
    const { data } = cloudEvent.parse(message)
    expect(data.finding_info.src_url).toBeUndefined()
    expect(data.unmapped?.link).toBeNull()
  })

  test('holds no more than five evidences, and takes out what looks like a credential', () => {
    const examples = Array.from({ length: 50 }, (_, n) => `req-${n}`)
    const { data } = read(toldOf('a', 1, 'opened', { examples, reason: 'called with Bearer abc.def-ghi' }))
    expect(data.evidences).toHaveLength(5)
    expect(data.message).not.toContain('abc.def')
  })

  test('gives up evidences first, and a query whole or not at all, to stay within its limit', () => {
    const wide = '漢'.repeat(5000)
    const entity = { kind: 'endpoint', service: wide, method: 'GET', route: wide, identity: wide } as const
    const message = messageOf(
      toldOf('a', 1, 'opened', { entity, query: 'x'.repeat(4001), examples: Array(50).fill(wide) }),
      options,
    )
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MESSAGE_LIMIT)
    const { data } = cloudEvent.parse(JSON.parse(message))
    expect(data.evidences).toBeUndefined()
    expect(data.unmapped?.query).toBeNull()
    const roomy = read(toldOf('a', 1, 'opened', { query: 'y'.repeat(4000) }))
    expect(roomy.data.unmapped?.query).toBe('y'.repeat(4000))
    expect(roomy.data.evidences).toHaveLength(3)
  })
})
