import { describe, expect, test } from 'vitest'
import { budgetReport, Ledger } from '#src/detection/ledger.ts'
import type { AlertFilter, EntityFilter, EntityRow } from '#src/web/options.ts'
import { buildWeb } from '#src/web/server.ts'
import { anAlert, given, type Overrides } from './given.ts'

async function get(url: string, overrides: Overrides = {}) {
  const made = given(overrides)
  const { app } = await buildWeb(made)
  const answer = await app.inject(url)
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers, made }
}

const five = ['e', 'd', 'c', 'b', 'a'].map((id) => anAlert({ id }))

/** The order and paging that `alerts` promises, over a list. */
async function pageOf(filter: AlertFilter) {
  const from = filter.after === null ? 0 : five.findIndex((alert) => alert.id === filter.after?.id) + 1
  return five.slice(from, from + filter.limit)
}

describe('GET /v1/alerts', () => {
  test('hands every filter on, read', async () => {
    let seen: AlertFilter | null = null
    const url =
      '/v1/alerts?status=open&detector=get-spike&service=payments&severity=high&parent=a1&since=2026-11-22T03:00:00%2B01:00&limit=7'
    const answer = await get(url, {
      alerts: async (filter) => {
        seen = filter
        return []
      },
    })
    expect([answer.status, answer.body]).toEqual([200, { alerts: [], next: null }])
    expect(seen).toEqual({
      status: 'open',
      detector: 'get-spike',
      service: 'payments',
      severity: 'high',
      parent: 'a1',
      since: Date.parse('2026-11-22T02:00:00Z'),
      limit: 8,
      after: null,
    })
  })

  test.each([
    ['', null],
    ['?parent=none', ''],
  ])('asked as %j filters by the alert that they belong to: %j', async (query, parent) => {
    let seen: AlertFilter | null = null
    await get(`/v1/alerts${query}`, {
      alerts: async (filter) => {
        seen = filter
        return []
      },
    })
    expect(seen).toMatchObject({ parent })
  })

  test('pages through all of them, each once', async () => {
    const ids: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const { body } = await get(`/v1/alerts?limit=2${next === '' ? '' : `&cursor=${next}`}`, { alerts: pageOf })
      ids.push(...body.alerts.map((alert: { id: string }) => alert.id))
      next = body.next
    }
    expect(ids).toEqual(['e', 'd', 'c', 'b', 'a'])
  })

  test('every field of an alert is there as the contract has it', async () => {
    const { body } = await get('/v1/alerts', { alerts: async () => [anAlert()] })
    expect(body.alerts).toEqual([anAlert()])
  })

  test.each([
    ['stauts=open', 'stauts'],
    ['status=closed', 'status'],
    ['severity=worst', 'severity'],
    ['since=yesterday', 'since'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=1e2', 'limit'],
    ['cursor=nonsense', 'cursor'],
    [`cursor=${Buffer.from('{"opened_at":1,"id":"a"}').toString('base64url')}`, 'cursor'],
    ['service=', 'service'],
    ['status=open&status=resolved', 'status'],
    ['__proto__=1', '__proto__'],
  ])('%s is refused by its name', async (query, parameter) => {
    const { status, body } = await get(`/v1/alerts?${query}`)
    expect([status, body.code]).toEqual([400, 'invalid-parameters'])
    expect(body.errors.map((error: { parameter: string }) => error.parameter)).toEqual([parameter])
    expect(body.detail).toContain(parameter)
  })
})

test('GET /v1/alerts/{id} with what was told of it', async () => {
  const event = {
    at: '2026-11-22T03:04:22.000Z',
    event: 'opened',
    notice: 1,
    version: 0,
    severity: 'high',
    surprise_bits: 20,
    reason: 'r',
  } as const
  const found = { alert: anAlert(), events: [event] }
  const overrides: Overrides = { alert: async (id) => (id === 'a1' ? found : null) }
  expect((await get('/v1/alerts/a1', overrides)).body).toEqual(found)
  const missing = await get('/v1/alerts/zz', overrides)
  expect([missing.status, missing.body.code]).toEqual([404, 'unknown-alert'])
  expect((await get('/v1/alerts/a1?x=1', overrides)).body.code).toBe('invalid-parameters')
})

test('GET /v1/entities filters and pages', async () => {
  const row = (key: string): EntityRow => ({
    key,
    entity: { kind: 'identity', service: null, method: null, route: null, identity: key },
    readiness: 'ready',
    calls: 12,
    last_seen_at: null,
    measures: { calls: { level: 2.5 } },
  })
  const seen: EntityFilter[] = []
  const overrides: Overrides = {
    entities: async (filter) => {
      seen.push(filter)
      return ['k1', 'k2', 'k3']
        .filter((key) => key > (filter.after ?? ''))
        .slice(0, filter.limit)
        .map(row)
    },
  }
  const first = await get('/v1/entities?kind=identity&readiness=ready&limit=2', overrides)
  expect(first.body.entities).toEqual([row('k1'), row('k2')])
  const second = await get(`/v1/entities?limit=2&cursor=${first.body.next}`, overrides)
  expect(second.body).toEqual({ entities: [row('k3')], next: null })
  expect(seen[0]).toEqual({
    kind: 'identity',
    service: null,
    identity: null,
    readiness: 'ready',
    limit: 3,
    after: null,
  })
  expect((await get('/v1/entities?kind=thing')).body.code).toBe('invalid-parameters')
})

describe('a store that does not answer', () => {
  test('503 with Retry-After, and the reason only in the log', async () => {
    const { status, body, headers, made } = await get('/v1/alerts', {
      alerts: () => Promise.reject(new Error('secret host')),
    })
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'store-unavailable', '5'])
    expect(JSON.stringify(body)).not.toContain('secret')
    expect(made.logged).toEqual(['the store did not answer a query of the API'])
  })

  test('a query that hangs is given up, keeps its turn, and the next one is refused', async () => {
    const made = given({ alerts: () => new Promise(() => {}), limits: { readMs: 1, reads: 1 } })
    const { app } = await buildWeb(made)
    expect((await app.inject('/v1/alerts')).json().code).toBe('store-unavailable')
    const refused = await app.inject('/v1/entities')
    expect([refused.statusCode, refused.json().code]).toEqual([429, 'too-many-reads'])
  })
})

describe('what watches Tidemark', () => {
  const sick: Overrides = { health: () => ({ live: false, ready: false, reasons: ['store: away'] }) }

  test('/livez', async () => {
    expect(await get('/livez')).toMatchObject({ status: 200, body: { live: true } })
    expect(await get('/livez', sick)).toMatchObject({ status: 503, body: { live: false } })
  })

  test('/readyz', async () => {
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { ready: true, reasons: [] } })
    expect(await get('/readyz', sick)).toMatchObject({ status: 503, body: { ready: false, reasons: ['store: away'] } })
  })

  test('/v1/status', async () => {
    const { body } = await get('/v1/status', { ...sick, lag: () => 37, lastCallAt: () => 0, version: '1.2.3' })
    const at = '1970-01-01T00:00:00.000Z'
    expect(body).toMatchObject({
      version: '1.2.3',
      ready: false,
      reasons: ['store: away'],
      lag_records: 37,
      last_call_at: at,
    })
    expect((await get('/v1/status')).body.last_call_at).toBe(null)
  })

  test('/v1/budget: the report as it is described, and no parameters', async () => {
    const ledger = new Ledger(2)
    ledger.hear([
      {
        shard: 3,
        detectors: { 'get-spike': [{ day: 20_000, tests: 1e6, allowed: 0.5, opened: 2, crossed: [20, 260] }] },
      },
    ])
    const { status, body } = await get('/v1/budget', { budget: () => ledger.report() })
    expect([status, budgetReport.parse(body)]).toEqual([200, ledger.report()])
    expect(body).toMatchObject({ per_day: 2, first_day: '2024-10-04', spent: 2, calibration: 'calibrated' })
    expect(body.detectors[0].twins[1]).toMatchObject({ factor: 1000, expected: 500, crossed: 260 })
    expect(budgetReport.parse((await get('/v1/budget')).body).calibration).toBe('unknown')
    expect((await get('/v1/budget?x=1')).body.code).toBe('invalid-parameters')
  })

  test('/metrics', async () => {
    const { app } = await buildWeb(given())
    const answer = await app.inject('/metrics')
    expect([answer.statusCode, answer.body]).toEqual([200, 'tidemark_live 1\n'])
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  test('requests are told by route pattern, never by the address asked for', async () => {
    const made = given()
    const { app } = await buildWeb(made)
    for (const url of ['/v1/alerts/secret', '/made/up', '/livez']) await app.inject(url)
    expect(made.answered).toEqual(['/v1/alerts/:id 404', 'none 404', '/livez 200'])
  })
})
