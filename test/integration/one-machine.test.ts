import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Receiver, startReceiver } from '#src/demo/receiver.ts'
import { rehearse } from '#src/demo/rehearsal.ts'
import { openStore } from '#src/store/open.ts'
import { startTidemark, type TidemarkPart } from '#test/parts/tidemark.ts'
import { fetchMetrics, hasSettled, sampleValues } from '../../bench/metrics.ts'
import { replayed } from './service/rehearsed.ts'
import { until } from './service/until.ts'

const calls = 20_000
const batchLines = 100
const batchesUnderWay = 2
/** How many records were accepted when each life ends. */
const kills = [5_000, 10_000, 16_000]
const agoMs = 90 * 60_000
const latenessMs = 60_000
const patienceMs = 90_000
const secret = `whsec_${randomBytes(32).toString('base64')}`

let folder = ''
let receiver: Receiver
let tidemark: TidemarkPart | null = null

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-one-'))
  receiver = await startReceiver({ secret })
  const sinks = [{ kind: 'webhook', name: 'siem', url: receiver.url, secret }]
  await writeFile(
    join(folder, 'tidemark.yaml'),
    JSON.stringify({ data: join(folder, 'data'), http: { port: 0 }, sinks }),
  )
})
afterEach(async () => {
  await tidemark?.kill()
  await receiver.close()
  await rm(folder, { recursive: true, force: true })
})

test('kill -9 on one machine: what was accepted is stored once, what was told is told once', {
  timeout: 300_000,
}, async () => {
  const { calls: lines } = rehearse({ seed: 1, from: Date.now() - agoMs, calls, partitions: 1 })
  const closing = Date.parse((JSON.parse(lines.at(-1)!.line) as { ts: string }).ts)
  const batches: string[][] = []
  const lineOf = new Map(lines.map(({ line }) => [(JSON.parse(line) as { request_id: string }).request_id, line]))
  for (let i = 0; i < lines.length; i += batchLines)
    batches.push(lines.slice(i, i + batchLines).map(({ line }) => line))
  const accepted = new Set<string>()
  const unknown = new Set<string>()
  let unread = 0

  for (const limit of [...kills, Number.POSITIVE_INFINITY]) {
    const living = await startTidemark(join(folder, 'tidemark.yaml'))
    tidemark = living
    await ingest(living, batches, limit, accepted, unknown)
    if (limit === Number.POSITIVE_INFINITY) break
    const lags = sampleValues((await fetchMetrics(living.url)) ?? [], 'tidemark_lag_records')
    await living.kill()
    unread += lags.reduce((sum, lag) => sum + lag, 0)
  }
  expect(unread, 'records that waited for a stage when it was killed').toBeGreaterThan(0)
  expect(unknown.size, 'records that were under way when it was killed').toBeGreaterThan(0)

  const last = tidemark!
  await until('everything is settled, stored and told', patienceMs, async () => {
    const samples = (await fetchMetrics(last.url)) ?? []
    const lags = sampleValues(samples, 'tidemark_lag_records')
    const undelivered = sampleValues(samples, 'tidemark_oldest_undelivered_seconds')
    const settled =
      undelivered.every((age) => age === 0) &&
      hasSettled(samples, closing - latenessMs - 10_000) &&
      lags.every((lag) => lag === 0)
    return settled && unarchived() === 0 ? true : null
  })
  expect(await last.stop()).toBe(0)
  const stored = await expectStoredOnce(accepted, unknown)
  await expectAlertsOf(stored.map((id) => lineOf.get(id)!))
})

/** Sends batches, some at a time, until so many records were accepted; those without an answer are neither sent again nor known. */
async function ingest(
  { url }: TidemarkPart,
  batches: string[][],
  limit: number,
  accepted: Set<string>,
  unknown: Set<string>,
): Promise<void> {
  const reached = Promise.withResolvers<void>()
  const sender = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      const ids = batch.map((line) => (JSON.parse(line) as { request_id: string }).request_id)
      for (const id of ids) unknown.add(id)
      const headers = { 'content-type': 'application/x-ndjson' }
      const answer = await fetch(`${url}/v1/calls`, { method: 'POST', headers, body: batch.join('\n') }).catch(
        () => null,
      )
      // Killed: nobody knows what became of the batch.
      if (answer === null) return
      if (answer.status === 429) {
        batches.unshift(batch)
        for (const id of ids) unknown.delete(id)
        continue
      }
      expect(answer.status).toBe(202)
      for (const id of ids) {
        unknown.delete(id)
        accepted.add(id)
      }
      if (accepted.size >= limit) reached.resolve()
    }
  }
  const all = Promise.all(Array.from({ length: batchesUnderWay }, sender))
  await Promise.race([all, reached.promise])
}

/** How many records lie behind no committed position of the archive. */
function unarchived(): number {
  const database = new DatabaseSync(join(folder, 'data', 'stream', 'stream.sqlite'), { readOnly: true })
  try {
    const sql = `SELECT sum(p.next - coalesce(l.resume, 0)) AS n FROM partitions p JOIN lanes l USING (topic, partition)
      WHERE l.stage = 'archive'`
    return Number(database.prepare(sql).get()?.n ?? Number.POSITIVE_INFINITY)
  } finally {
    database.close()
  }
}

/** Answers the request ids of the stored calls in the order of the log. */
async function expectStoredOnce(accepted: ReadonlySet<string>, unknown: ReadonlySet<string>): Promise<string[]> {
  const store = await openStore({ kind: 'embedded', directory: join(folder, 'data', 'clickhouse') })
  try {
    const rows = await store.query<{ id: string; position: number }>(
      'SELECT request_id AS id, toUInt32(position) AS position FROM api_calls ORDER BY position',
    )
    const found = new Map<string, number>()
    for (const { id } of rows) found.set(id, (found.get(id) ?? 0) + 1)
    expect([...accepted].filter((id) => !found.has(id))).toEqual([])
    expect([...found].filter(([, count]) => count > 1)).toEqual([])
    expect([...found.keys()].filter((id) => !accepted.has(id) && !unknown.has(id))).toEqual([])
    expect(new Set(rows.map(({ position }) => position)).size).toBe(rows.length)
    expect(accepted.size).toBeGreaterThan(calls / 2)
    return rows.map(({ id }) => id)
  } finally {
    await store.close()
  }
}

/** A replay of the calls that are stored finds what was told and stored, one alert after the other. */
async function expectAlertsOf(lines: readonly string[]): Promise<void> {
  const { alerts } = await replayed(lines)
  const resolved = alerts.filter(({ status }) => status === 'resolved')
  expect(resolved.length).toBeGreaterThan(0)
  const store = await openStore({ kind: 'embedded', directory: join(folder, 'data', 'clickhouse') })
  try {
    const rows = await store.query<{ id: string; reason: string; observed: string; version: number }>(
      `SELECT id, reason, observed, version FROM current_alerts WHERE settled AND status = 'resolved'`,
    )
    const found = new Map(rows.map((row) => [row.id, row]))
    expect(resolved.map(({ id }) => found.get(id))).toEqual(
      resolved.map(({ id, reason, observed, version }) => ({
        id,
        reason,
        observed: JSON.stringify(observed),
        version,
      })),
    )
  } finally {
    await store.close()
  }
  expect(receiver.refused).toBe(0)
  for (const alertId of new Set(receiver.received.map((one) => one.alertId))) {
    const events = receiver.of(alertId).map(({ event }) => event)
    expect(events.filter((event) => event === 'opened')).toHaveLength(1)
    expect(events[0]).toBe('opened')
  }
  for (const { id } of resolved) expect(receiver.of(id).at(-1)?.event).toBe('resolved')
}
