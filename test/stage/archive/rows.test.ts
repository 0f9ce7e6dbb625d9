import { describe, expect, test } from 'vitest'
import { alertRows } from '#src/stage/archive/alert-row.ts'
import { callRows } from '#src/stage/archive/call-row.ts'
import { baselineRows, deadLetterRows, deliveryRows } from '#src/stage/archive/other-rows.ts'
import { dayOf, type RowsOf, secondsOf, timeOf, wholeOf } from '#src/stage/archive/row.ts'
import { alertOf, toldOf } from '#test/fakes/alert.ts'
import { lineFormat, recordAt } from '#test/fakes/archive-world.ts'

const NOW = 1_795_336_200_123
const DAY = 86_400_000

/** The fields of each row by table, or why there are none. */
function read(rowsOf: RowsOf, text: string, appendedAt: number | null = NOW) {
  const rows = rowsOf(recordAt(7, text, appendedAt))
  if ('refuse' in rows) return rows
  return rows.map(({ shape, partition, line }) => {
    const values = JSON.parse(line) as unknown[]
    expect(values).toHaveLength(shape.columns.length)
    const fields = Object.fromEntries(shape.columns.map((column, index) => [column, values[index]]))
    return { table: shape.table, partition, fields }
  })
}

describe('callRows', () => {
  const calls = callRows({ format: lineFormat, bounds: { futureMs: 1000, pastMs: DAY }, runStart: NOW })

  test('name the record, its day and its time', () => {
    expect(read(calls, `${NOW - 1} /x`)).toMatchObject([
      {
        table: 'api_calls',
        partition: '2026-11-22',
        fields: { ts: '1795336200.122', path: '/x', source: 'calls/0', position: 7, time_fixed: false, region: '' },
      },
    ])
  })

  test('put a call of an impossible time where its record was appended, and say so', () => {
    const fixed = { partition: '2026-11-22', fields: { ts: '1795336200.123', time_fixed: true } }
    expect(read(calls, '1000 /x')).toMatchObject([fixed])
    expect(read(calls, `${NOW + 1001} /x`)).toMatchObject([fixed])
  })

  test('are none, in silence, for what collect dead-letters or skips', () => {
    expect(read(calls, 'skip')).toEqual([])
    expect(read(calls, 'no-time /x')).toEqual([])
    expect(read(calls, '1000 /x', null)).toEqual([])
  })

  test('are the same whenever they are made', () => {
    const other = callRows({ format: lineFormat, bounds: { futureMs: 1000, pastMs: DAY }, runStart: NOW + DAY })
    expect(read(calls, `${NOW} /x`)).toEqual(read(other, `${NOW} /x`))
  })
})

describe('alertRows', () => {
  test('are the alert as it stands and the record itself', () => {
    const rows = read(alertRows, JSON.stringify(toldOf('a', 3, 'updated')))
    const fields = {
      id: 'a',
      kind: 'endpoint',
      identity: '',
      surprise_bits: 41.2,
      evidence: '{"errors":41.2}',
      observed: '{"errors":61,"calls":90}',
      notice: 3,
      position: 7,
    }
    expect(rows).toMatchObject([
      { table: 'alerts', partition: 'all', fields },
      { table: 'alert_events', partition: 'all', fields },
    ])
  })

  test('of an alert of before evidence was told by measure have none', () => {
    const { evidence: _, ...alert } = alertOf('a')
    const rows = read(alertRows, JSON.stringify({ alert, telling: null }))
    expect(rows).toMatchObject([{ fields: { evidence: '{}' } }, { fields: { evidence: '{}' } }])
  })

  test('say to which alert it belongs, if to any; older records say nothing of it', () => {
    const { parent: _, ...old } = alertOf('a')
    for (const [alert, parent] of [
      [alertOf('a', { parent: 'b' }), 'b'],
      [alertOf('a'), ''],
      [old, ''],
    ] as const) {
      const rows = read(alertRows, JSON.stringify({ alert, telling: null }))
      expect(rows).toMatchObject([{ fields: { parent } }, { fields: { parent } }])
    }
  })

  test('of an untold change have no notice', () => {
    const rows = read(alertRows, JSON.stringify({ alert: alertOf('a'), telling: null }))
    expect(rows).toMatchObject([{ fields: { notice: null, event: '' } }, {}])
  })

  test.each([
    ['{', 'not JSON in UTF-8'],
    ['[]', 'the record: invalid_type'],
    [JSON.stringify({ alert: { ...alertOf('a'), opened_at: 'soon' }, telling: null }), 'alert.opened_at: custom'],
    [JSON.stringify({ alert: { ...alertOf('a'), id: 5 }, telling: null }), 'alert.id: invalid_type'],
    [`"${'x'.repeat(1024 * 1024)}"`, '1048578 bytes, more than 1048576'],
  ])('are refused for %.30s', (text, refuse) => {
    expect(read(alertRows, text)).toEqual({ refuse })
  })
})

describe('other rows', () => {
  const letter = { source: 'calls/3', position: 99, reason: 'not-json', detail: 'd', format: 'f', sample: '{' }

  test('a dead letter names the record that it is of, and itself', () => {
    const fields = { source: 'calls/3', position: 99, letter_source: 'calls/0', letter_position: 7 }
    expect(read(deadLetterRows, JSON.stringify({ ...letter, appended_at: NOW - DAY }))).toMatchObject([
      { partition: '2026-11-21', fields: { ...fields, appended_at: '1795249800.123' } },
    ])
  })

  test.each([null, undefined, -5, 9e15])(
    'a dead letter of append time %s stands where it was written',
    (appended_at) => {
      const rows = read(deadLetterRows, JSON.stringify({ ...letter, appended_at }))
      expect(rows).toMatchObject([{ partition: '2026-11-22', fields: { appended_at: '1795336200.123' } }])
    },
  )

  test('a delivery and a baseline take their times as text or number', () => {
    const delivery = {
      sink: 's',
      alert_id: 'a',
      notice: 1,
      event: 'opened',
      attempt: 1,
      outcome: 'retry',
      status: null,
    }
    expect(read(deliveryRows, JSON.stringify({ ...delivery, at: new Date(NOW).toISOString() }))).toMatchObject([
      { table: 'deliveries', partition: 'all', fields: { at: '1795336200.123', status: null, latency_ms: null } },
    ])
    const measure = { measure: 'calls', level: null, calls: 3, readiness: 'warming' }
    const changed = { changed_at: new Date(NOW - DAY).toISOString(), changed_from: 2 }
    const measures = [measure, { ...measure, measure: 'errors', ...changed }]
    const baseline = { kind: 'endpoint', service: 's', measures }
    const row = { table: 'baselines', partition: '2026-11-22' }
    const fields = { service: 's', method: '', level: null, calls: 3, position: 7 }
    expect(read(baselineRows, JSON.stringify({ ...baseline, at: NOW }))).toMatchObject([
      { ...row, fields: { ...fields, measure: 'calls', changed_at: null, changed_from: null } },
      { ...row, fields: { ...fields, measure: 'errors', changed_at: '1795249800.123', changed_from: 2 } },
    ])
  })

  test.each([deadLetterRows, deliveryRows, baselineRows])('refuse what is none of theirs', (rowsOf) => {
    expect(read(rowsOf, '{}')).toHaveProperty('refuse')
  })
})

describe('values', () => {
  test('that the engine cannot hold are missing', () => {
    expect([null, -1, Number.NaN, 1e15, 0, 1500].map(timeOf)).toEqual([null, null, null, null, '0.000', '1.500'])
    expect([null, -1, 1e12, 1_795_336_200].map(secondsOf)).toEqual([null, null, null, '1795336200'])
    expect([null, -1, Number.NaN, 2.5, 1e300].map(wholeOf)).toEqual([null, null, null, 3, Number.MAX_SAFE_INTEGER])
  })

  test('days change at midnight in UTC', () => {
    const midnight = Date.parse('2026-11-22T00:00:00.000Z')
    expect([midnight - 1, midnight, midnight - 1].map(dayOf)).toEqual(['2026-11-21', '2026-11-22', '2026-11-21'])
  })
})
