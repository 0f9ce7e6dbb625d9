import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import native from '#schemas/native/format.ts'
import { TIME_BOUNDS } from '#src/call/time.ts'
import { archive } from '#src/stage/archive/archive.ts'
import { gapInsert } from '#src/stage/archive/gap.ts'
import type { ArchiveOptions, Refused } from '#src/stage/archive/options.ts'
import { migrate } from '#src/store/migrate.ts'
import { type OpenStore, openStore } from '#src/store/open.ts'
import { openQueries, type Queries } from '#src/store/queries.ts'
import { type MemoryStream, memoryStream } from '#src/stream/memory.ts'
import type { Topic } from '#src/stream/stream.ts'
import { alertOf, toldOf } from '#test/fakes/alert.ts'
import { type ClickHouse, startClickHouse } from '#test/parts/clickhouse.ts'

// memory stream → archive → the client's HTTP path → the real engine
const NOW = Date.parse('2026-11-22T09:30:00.000Z')
const directory = await mkdtemp(join(tmpdir(), 'tidemark-archive-'))
let front: ClickHouse
let databases = 0

beforeAll(async () => {
  front = await startClickHouse({ directory })
})
afterAll(async () => {
  await front.stop()
  await rm(directory, { recursive: true, force: true })
})

let store: OpenStore
let queries: Queries
let stream: MemoryStream
let refused: Refused[]

beforeEach(async () => {
  store = await openStore({ kind: 'server', url: front.url, database: `archive_${++databases}` })
  await migrate(store)
  queries = openQueries(store, store.database)
  refused = []
  stream = memoryStream({ driver: 'clock', now: () => NOW })
  await stream.prepare()
})
afterEach(async () => {
  front.mode = 'serve'
  await stream.close()
  await store.close()
})

function options(changes: Partial<ArchiveOptions> = {}): ArchiveOptions {
  return {
    store,
    format: native,
    bounds: TIME_BOUNDS,
    runStart: NOW,
    configuration: '',
    limits: { waitMs: 10 },
    retry: { firstMs: 5, longestMs: 20 },
    after(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    now: () => performance.now(),
    onRefused: (row) => {
      refused.push(row)
    },
    ...changes,
  }
}

async function send(topic: Topic, ...records: readonly unknown[]): Promise<void> {
  const encoder = new TextEncoder()
  await stream.append(
    topic,
    records.map((record) => ({ key: null, partition: 0, value: encoder.encode(JSON.stringify(record)) })),
  )
}

async function countOf(table: string): Promise<number> {
  const [row] = await store.query<{ n: number }>(`SELECT count() AS n FROM ${table}`)
  return row?.n ?? -1
}

const eventually = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 60_000, interval: 20 })

const call = {
  ts: '2026-11-22T09:29:59.123Z',
  service: 'payments',
  method: 'GET',
  path: '/v1/accounts/42',
  route: '/v1/accounts/{id}',
  status: 200,
  request_bytes: 0,
  response_bytes: 5120,
  duration_ms: 12.5,
  client_ip: '10.2.3.4',
  host: 'payments.internal',
  identity: 'spiffe://cluster.local/ns/billing/sa/invoicer',
  decision: 'allow',
  request_id: '9f00aa11',
  trace_id: '4b00',
  token_id: 't-1',
  token_issued_at: 1_795_336_200,
  token_expires_at: 1_795_339_800,
  user_agent: 'svc/1.2',
  region: 'eu-west-1',
}

describe('archive, on the real engine', () => {
  test('a call becomes one row, field by field; what is no call becomes none', async () => {
    await stream.drain(archive(options()))
    await send('calls', call, { no: 'call' }, { ts: call.ts, method: 'GET', path: '/x', status: 404 })
    await eventually(async () => expect(await countOf('api_calls')).toBe(2))
    const rows = await store.query('SELECT *, toString(ts) AS ts FROM api_calls ORDER BY position')
    expect(rows[0]).toMatchObject({
      ...call,
      ts: '2026-11-22 09:29:59.123',
      token_issued_at: '2026-11-22 08:30:00',
      token_expires_at: '2026-11-22 09:30:00',
      position: 0,
      appended_at: '2026-11-22 09:30:00.000',
      time_fixed: false,
    })
    expect(rows[1]).toMatchObject({
      service: 'unknown',
      identity: 'anonymous',
      request_bytes: null,
      duration_ms: null,
      client_ip: '',
      token_issued_at: null,
      position: 2,
    })
    const minutes = await store.query(
      'SELECT service, calls, errors, gets, identities FROM endpoint_minutes ORDER BY service',
    )
    expect(minutes[0]).toEqual({ service: 'payments', calls: 1, errors: 0, gets: 1, identities: 1 })
    expect(await store.query('SELECT sum(calls) AS calls FROM identity_minutes')).toEqual([{ calls: 2 }])
  })

  test('an alert reads back to the letter, as its last record has it, with its history', async () => {
    await stream.drain(archive(options()))
    const resolved = { status: 'resolved', resolved_at: '2026-11-22T09:32:00.000Z', version: 2 } as const
    const later = { opened_at: '2026-11-22T09:31:00.000Z', parent: 'one' }
    await send('alerts', toldOf('one'), toldOf('two', 1, 'opened', later))
    await send('alerts', { alert: alertOf('one'), telling: null }, toldOf('one', 2, 'resolved', resolved), { bad: 1 })
    await eventually(async () => expect(await countOf('alert_events')).toBe(4))
    await eventually(async () => expect(refused).toHaveLength(1))
    expect(refused[0]).toMatchObject({ table: null, position: 4 })
    const found = await queries.alert('one')
    expect(found?.alert).toEqual(alertOf('one', resolved))
    expect(
      await store.query("SELECT JSONExtractFloat(evidence, 'errors') AS errors FROM current_alerts WHERE id = 'one'"),
    ).toEqual([{ errors: 41.2 }])
    expect(found?.events.map(({ event, notice }) => [event, notice])).toEqual([
      ['opened', 1],
      ['changed', 0],
      ['resolved', 2],
    ])
    const rest = { severity: null, parent: null, since: null, after: null, limit: 10 }
    const none = { status: null, detector: null, service: null, ...rest }
    const all = await queries.alerts(none)
    expect(all.map(({ id, status }) => [id, status])).toEqual([
      ['two', 'open'],
      ['one', 'resolved'],
    ])
    const [newest] = all
    const page = await queries.alerts({ ...none, after: { opened_at: newest?.opened_at ?? '', id: 'two' } })
    expect(page.map(({ id }) => id)).toEqual(['one'])
    expect(await queries.alerts({ ...none, status: 'open', service: 'payments', since: NOW })).toHaveLength(1)
    expect(await queries.alerts({ ...none, since: NOW + 1 })).toEqual([])
    expect((await queries.alerts({ ...none, parent: 'one' })).map(({ id, parent }) => [id, parent])).toEqual([
      ['two', 'one'],
    ])
    expect((await queries.alerts({ ...none, parent: '' })).map(({ id, parent }) => [id, parent])).toEqual([
      ['one', null],
    ])
    expect(await store.query("SELECT id FROM current_alerts WHERE parent = 'one'")).toEqual([{ id: 'two' }])
    expect(await queries.alert("nobody's")).toBeNull()
    expect((await queries.counts(0)).alerts).toEqual({ open: 1, resolved: 1, withdrawn: 0 })
  })

  test('baselines, dead letters, deliveries and gaps are there to be asked for', async () => {
    await stream.drain(archive(options()))
    const row = {
      at: NOW,
      kind: 'endpoint',
      service: 's',
      method: 'GET',
      route: '/r',
      identity: null,
    }
    const normal = {
      measure: 'calls',
      level: 1.5,
      low: 0,
      high: 4,
      dispersion: 0.2,
      calls: 100,
      readiness: 'warming',
    }
    const later = { ...normal, level: 2.5, calls: 200, readiness: 'ready' }
    const measures = [later, { ...later, measure: 'errors', level: 0.1 }]
    await send('baseline-rows', { ...row, at: NOW + 60_000, measures }, { ...row, measures: [normal] })
    await send('baseline-rows', { ...row, measures: [normal], kind: 'identity', identity: 'me', service: null })
    const letter = {
      source: 'calls/7',
      position: 12,
      appended_at: NOW,
      reason: 'not-json',
      detail: 'd',
      format: 'native',
    }
    await send('dead-letters', { ...letter, sample: '{' })
    const attempt = {
      at: '2026-11-22T09:30:01.000Z',
      sink: 'siem',
      alert_id: 'one',
      notice: 1,
      event: 'opened',
      attempt: 1,
    }
    await send('deliveries', { ...attempt, outcome: 'delivered', status: 202, reason: '', latency_ms: 4 })
    for (const at of [1, 2]) {
      await store.insert(gapInsert({ stage: 'judge', source: 'tallies/0', from: 5, to: 9 }, NOW + at))
    }
    await eventually(async () => {
      expect(await countOf('baselines')).toBe(4)
      expect(await countOf('dead_letters')).toBe(1)
      expect(await countOf('deliveries')).toBe(1)
    })
    expect(await countOf('gaps')).toBe(1)
    const every = { kind: null, service: null, identity: null, readiness: null, after: null, limit: 10 }
    const [endpoint, identity] = await queries.entities(every)
    expect(endpoint).toMatchObject({
      entity: { kind: 'endpoint', service: 's', method: 'GET', route: '/r', identity: null },
      readiness: 'ready',
      calls: 200,
      last_seen_at: '2026-11-22T09:31:00.000Z',
      measures: { calls: { level: 2.5, high: 4 }, errors: { level: 0.1 } },
    })
    expect(identity?.entity).toEqual({ kind: 'identity', service: null, method: 'GET', route: '/r', identity: 'me' })
    expect(await queries.entities({ ...every, after: endpoint?.key ?? '' })).toEqual([identity])
    expect(await queries.entities({ ...every, readiness: 'ready' })).toEqual([endpoint])
    expect(await queries.counts(0)).toMatchObject({ calls: 0, dead_letters: 1 })
  })

  test('an engine that refuses, goes away and loses answers ends up with each call once', async () => {
    const waits: string[] = []
    const events = { waiting: (table: string | null) => void waits.push(String(table)) }
    await stream.drain(archive(options({ events, limits: { waitMs: 5, records: 50 } })))
    for (const mode of ['refuse', 'lose', 'away', 'serve'] as const) {
      front.mode = mode
      const before = waits.length
      await send('calls', ...Array.from({ length: 120 }, (_, i) => ({ ...call, request_id: `${mode}-${i}` })))
      if (mode !== 'serve') await eventually(async () => expect(waits.length).toBeGreaterThan(before + 1))
    }
    await eventually(async () => expect(await countOf('api_calls')).toBe(480))
    const [row] = await store.query(
      'SELECT uniqExact(source, position) AS records, max(position) AS last FROM api_calls',
    )
    expect(row).toEqual({ records: 480, last: 479 })
    await eventually(async () => expect(stream.lag().reduce((sum, { records }) => sum + records, 0)).toBe(0))
  })
})
