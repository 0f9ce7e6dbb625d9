import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate } from '#src/store/migrate.ts'
import { type OpenStore, openStore } from '#src/store/open.ts'
import { hasPart } from '../parts.ts'

interface Query {
  readonly name: string
  readonly sql: string
}

const file = readFileSync(join(import.meta.dirname, '../../dashboards/queries.sql'), 'utf8')
const queries: readonly Query[] = file
  .split(/^-- name: /m)
  .slice(1)
  .map((part) => ({
    name: part.slice(0, part.indexOf(' ')),
    sql: part.slice(part.indexOf('\n')).trim().replace(/;$/, ''),
  }))

const values: Readonly<Record<string, string>> = {
  from: '2026-11-22 00:00:00',
  to: '2026-11-23 00:00:00',
  id: 'a',
  service: 'payments',
  method: 'GET',
  route: '/v1/accounts/{id}',
  identity: 'invoicer',
  request_id: 'r1',
  client_ip: '10.2.3.4',
}

/** One call that the questions about calls find. */
const call = {
  ts: '2026-11-22 09:30:00.123',
  service: 'payments',
  method: 'GET',
  path: '/v1/accounts/42',
  route: '/v1/accounts/{id}',
  status: 403,
  response_bytes: 5120,
  client_ip: '10.2.3.4',
  identity: 'invoicer',
  decision: 'deny',
  request_id: 'r1',
  source: 's',
  position: 1,
  appended_at: '2026-11-22 09:30:01.123',
  time_fixed: false,
}
/** What was normal for the same endpoint, after a change that lasted. */
const baseline = {
  at: '2026-11-22 12:00:00.000',
  kind: 'endpoint',
  service: 'payments',
  method: 'GET',
  route: '/v1/accounts/{id}',
  measure: 'gets',
  level: 240,
  calls: 9000,
  readiness: 'ready',
  changed_at: '2026-11-22 11:30:00.000',
  changed_from: 24,
}
const findBaselines = ['baseline-over-time', 'changed-baselines']
const findCalls = [
  'endpoint-around',
  'callers-of-endpoint',
  'identity-around',
  'identity-reach',
  'new-edges',
  'heaviest-readers',
  'denied',
  'one-request',
  'one-client',
  'clocks',
]

describe.skipIf(!hasPart('ClickHouse engine'))('the queries for analysts, on the real engine', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-queries-'))
  let store: OpenStore

  beforeAll(async () => {
    store = await openStore({ kind: 'embedded', directory })
    await migrate(store)
    for (const [table, row] of Object.entries({ api_calls: call, baselines: baseline })) {
      const columns = Object.keys(row).join(', ')
      const literals = Object.values(row).map((value) => (typeof value === 'string' ? `'${value}'` : String(value)))
      await store.command(`INSERT INTO ${store.database}.${table} (${columns}) VALUES (${literals.join(', ')})`)
    }
  })
  afterAll(async () => {
    await store.close()
    rmSync(directory, { recursive: true, force: true })
  })

  test('there are some, each with a name of its own', () => {
    expect(new Set(queries.map((query) => query.name)).size).toBe(queries.length)
    expect(queries.map((query) => query.name)).toEqual(expect.arrayContaining([...findCalls, ...findBaselines]))
  })

  test.each(queries)('$name', async ({ name, sql }) => {
    const wanted = [...sql.matchAll(/\{(\w+):\w+\}/g)].map((match) => match[1] ?? '')
    const params = Object.fromEntries(wanted.map((parameter) => [parameter, values[parameter]]))
    const rows = await store.query(sql, params)
    expect(rows.length).toBe([...findCalls, ...findBaselines].includes(name) ? 1 : 0)
  })
})
