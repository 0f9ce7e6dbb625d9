import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { fetchMetrics, sampleValues } from '../../bench/metrics.ts'
import type { TidemarkPart } from '../parts/tidemark.ts'
import { openRig, type Rig } from './service/rig.ts'
import { until } from './service/until.ts'

const kafka = inject('kafka')
const patienceMs = 60_000
const goodBetween = 3

let made = 0
/** A good call, with what is given in place of or beside its fields. */
function line(fields: Readonly<Record<string, unknown>> = {}): string {
  const ts = new Date().toISOString()
  const call = { ts, service: 'shop', method: 'GET', path: '/v1/items/1', route: '/v1/items/{id}', status: 200 }
  return JSON.stringify({ ...call, request_id: `call-${made++}`, ...fields })
}

const withoutStatus = line({ status: undefined })
/** What a record of each kind must end as. */
const bad: readonly { readonly name: string; readonly value: Buffer | null; readonly reason: string }[] = [
  { name: 'a truncated line', value: Buffer.from(line().slice(0, 60)), reason: 'not-json' },
  { name: 'wrong types', value: Buffer.from(line({ method: 5, status: { code: 200 } })), reason: 'wrong-shape' },
  { name: '5 MB', value: Buffer.from(line({ user_agent: 'x'.repeat(5_000_000) })), reason: 'too-large' },
  {
    name: 'a status that only __proto__ has',
    value: Buffer.from(`{"__proto__":{"status":200,"identity":"planted"},${withoutStatus.slice(1)}`),
    reason: 'wrong-shape',
  },
  { name: 'a status of 0', value: Buffer.from(line({ status: 0 })), reason: 'status-out-of-range' },
  { name: 'bytes that are no UTF-8', value: Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xa0]), reason: 'not-json' },
  { name: 'an array', value: Buffer.from(`[${line()}]`), reason: 'not-an-object' },
  { name: 'an empty value', value: Buffer.alloc(0), reason: 'empty' },
  { name: 'no value', value: null, reason: 'empty' },
]
/** Not dead: their time is replaced by that of their append, and the row says so. */
const clamped = [line({ ts: '1970-01-01T00:00:00Z' }), line({ ts: '2099-12-31T23:59:59Z' })]

describe.skipIf('skipped' in kafka)('bad input', () => {
  let rig: Rig
  let tidemark: TidemarkPart
  const letters: { readonly source: string; readonly position: number; readonly reason: string }[] = []
  let calls = 0

  beforeAll(async () => {
    const brokers = 'skipped' in kafka ? [] : kafka.brokers
    rig = await openRig({ brokers, name: `bad-${process.pid}`, partitions: 2 })
    tidemark = await rig.start()
  })
  afterAll(() => rig.close())

  /** What the tables hold once everything has arrived there. */
  async function stored(expectedCalls: number, expectedLetters: number) {
    const count = async (table: string) =>
      (await rig.store.query<{ n: number }>(`SELECT toUInt32(count()) AS n FROM ${table}`))[0]?.n ?? 0
    let seen = ''
    const arrived = async () => {
      const [stores, dead] = [await count('api_calls'), await count('dead_letters')]
      seen = `${stores} of ${expectedCalls} calls, ${dead} of ${expectedLetters} dead letters`
      return stores >= expectedCalls && dead >= expectedLetters ? true : null
    }
    await until('everything is stored', patienceMs, arrived, () => seen)
    const ids = await rig.store.query<{ id: string; fixed: boolean; identity: string; near: boolean }>(
      `SELECT request_id AS id, time_fixed AS fixed, identity, abs(dateDiff('second', ts, appended_at)) < 60 AS near
       FROM api_calls ORDER BY id`,
    )
    const dead = await rig.store.query<{ source: string; position: number; reason: string; sample: string }>(
      'SELECT source, toUInt32(position) AS position, reason, sample FROM dead_letters ORDER BY source, position',
    )
    return { ids, dead }
  }

  async function counted(name: string): Promise<number> {
    return sampleValues((await fetchMetrics(tidemark.url)) ?? [], name).reduce((sum, value) => sum + value, 0)
  }

  test('through Kafka: each is a dead letter with its reason, or has its time replaced; its neighbours are kept', async () => {
    const good: string[] = []
    const ends = [0, 0]
    const send = async (value: Buffer | null, partition: number) => {
      await rig.producer.send({ topic: rig.callsTopic, messages: [{ partition, value }], acks: -1 })
      return ends[partition]!++
    }
    const sendGood = async (partition: number) => {
      for (let i = 0; i < goodBetween; i++) {
        good.push(line())
        await send(Buffer.from(good.at(-1)!), partition)
      }
    }
    for (const partition of [0, 1]) {
      for (const { value, reason } of bad) {
        await sendGood(partition)
        const position = await send(value, partition)
        letters.push({ source: `${rig.callsTopic}/${partition}`, position, reason })
      }
      await sendGood(partition)
    }
    for (const value of clamped) await send(Buffer.from(value), 0)
    const withPrototype = line({ request_id: 'prototype' }).replace('{', '{"__proto__":{"identity":"planted"},')
    await send(Buffer.from(withPrototype), 1)
    calls = good.length + clamped.length + 1

    const { ids, dead } = await stored(calls, letters.length)
    const idOf = (text: string) => (JSON.parse(text) as { request_id: string }).request_id
    expect(ids.map(({ id }) => id).sort()).toEqual([...good, ...clamped, withPrototype].map(idOf).sort())
    expect(
      ids
        .filter(({ fixed }) => fixed)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(clamped.map(idOf).sort())
    expect(ids.every(({ near }) => near)).toBe(true)
    expect(new Set(ids.map(({ identity }) => identity))).toEqual(new Set(['anonymous']))
    expect(dead.map(({ source, position, reason }) => ({ source, position, reason }))).toEqual(letters)
    expect(Math.max(...dead.map(({ sample }) => sample.length))).toBeLessThan(10_000)
    expect(await counted('tidemark_dead_letters_total')).toBe(letters.length)
    expect(tidemark.log.filter(({ msg }) => msg.startsWith('lane dropped'))).toEqual([])
  })

  test('through HTTP: the sender is told index and reason; its neighbours are kept', async () => {
    // A line that is empty is no record, and lines cannot be absent.
    const sent = bad.filter(({ value }) => value !== null && value.length > 0)
    const good = Array.from({ length: sent.length + 1 }, () => line())
    const lines = sent.flatMap(({ value }, i) => [Buffer.from(good[i]!), value!])
    const body = Buffer.concat(
      [...lines, Buffer.from(good.at(-1)!), ...clamped.map(again)].flatMap((one) => [one, lineEnd]),
    )
    const headers = { 'content-type': 'application/x-ndjson' }
    const answer = await fetch(`${tidemark.url}/v1/calls`, { method: 'POST', headers, body })
    expect(answer.status).toBe(202)
    const receipt = (await answer.json()) as { accepted: number; rejected: { index: number; reason: string }[] }
    expect(receipt.rejected.map(({ index, reason }) => ({ index, reason }))).toEqual(
      sent.map(({ reason }, i) => ({ index: 2 * i + 1, reason })),
    )
    expect(receipt.accepted).toBe(good.length + clamped.length)
    const { ids, dead } = await stored(calls + receipt.accepted, letters.length)
    expect(ids).toHaveLength(calls + receipt.accepted)
    expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length)
    expect(ids.filter(({ fixed }) => fixed)).toHaveLength(2 * clamped.length)
    // What was refused at the door is no dead letter.
    expect(dead).toHaveLength(letters.length)
    expect(await counted('tidemark_ingest_rejected_total')).toBe(sent.length)
  })
})

const lineEnd = Buffer.from('\n')

/** The same line under another request id. */
function again(text: string): Buffer {
  return Buffer.from(JSON.stringify({ ...(JSON.parse(text) as object), request_id: `again-${made++}` }))
}

test('an unknown format is an error of the configuration, which names the setting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-format-'))
  try {
    const file = join(folder, 'tidemark.yaml')
    await writeFile(
      file,
      JSON.stringify({ data: join(folder, 'data'), http: { port: 0 }, calls: { format: 'nginx-json' } }),
    )
    const main = join(import.meta.dirname, '../../src/main.ts')
    const { code, complaint } = await new Promise<{ code: unknown; complaint: string }>((resolve) => {
      execFile(process.execPath, [main, 'run', '--config', file], (error, _out, complaint) =>
        resolve({ code: error?.code ?? 0, complaint }),
      )
    })
    expect(complaint).toContain('calls.format')
    expect(complaint).toContain('nginx-json')
    expect(complaint).toMatch(/apache-combined, native|native, apache-combined/)
    expect(code).toBe(2)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
