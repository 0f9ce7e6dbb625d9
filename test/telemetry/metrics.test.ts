import { describe, expect, test } from 'vitest'
import type { ArchiveEvents } from '#src/stage/archive/options.ts'
import type { CollectOptions } from '#src/stage/collect/options.ts'
import type { DeliverEvents } from '#src/stage/deliver/deliver.ts'
import type { JudgeObserver } from '#src/stage/judge/options.ts'
import type { StreamEvents } from '#src/stream/stream.ts'
import { catalogue } from '#src/telemetry/catalogue.ts'
import { watchCollect, watchJudge } from '#src/telemetry/detection.ts'
import type { MetricEntry } from '#src/telemetry/entry.ts'
import { createHealth } from '#src/telemetry/health.ts'
import { createLog } from '#src/telemetry/log.ts'
import { createMetrics } from '#src/telemetry/metrics.ts'
import { watchArchive, watchDeliver } from '#src/telemetry/outside.ts'
import { watchProcess } from '#src/telemetry/process.ts'
import { watchLag, watchStages } from '#src/telemetry/stages.ts'
import { watchHealth, watchWeb } from '#src/telemetry/web.ts'
import type { WebEvents } from '#src/web/options.ts'
import { anAlert } from '../web/given.ts'

const entries: readonly MetricEntry[] = Object.values(catalogue)

/** The value of one line of the Prometheus text; `undefined` where there is none. */
function seriesValue(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe('the catalogue', () => {
  test.each(entries)('$name follows the rules of naming', ({ name, type, help, labels, buckets }) => {
    expect(name).toMatch(/^tidemark_[a-z]+(_[a-z]+)*$/)
    expect(name.endsWith('_total')).toBe(type === 'counter')
    expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|minutes)(_|$)/)
    expect(help).toMatch(/^[A-Z0-9].*\.$/)
    // What a log holds must never become a label; `route` of HTTP requests is our own list of patterns.
    const fromData = labels.filter((label) => /identity|service|path|source|route/.test(label))
    expect(fromData).toEqual(name.startsWith('tidemark_http_') ? ['route'] : [])
    expect(buckets === undefined).toBe(type !== 'histogram')
  })

  test('no name twice', () => {
    expect(new Set(entries.map((entry) => entry.name)).size).toBe(entries.length)
  })

  test('every metric of it is in the text, with its help', async () => {
    const text = await createMetrics().text()
    for (const { name, type } of entries) expect(text).toContain(`# TYPE ${name} ${type}`)
  })
})

describe('handles', () => {
  test('count, set and observe', async () => {
    const metrics = createMetrics()
    metrics.calls.add({ outcome: 'late' }, 3)
    metrics.calls.add({ outcome: 'late' })
    metrics.ingestBytes.add()
    metrics.watermark.set(12.5)
    metrics.stepSeconds.observe({ stage: 'judge' }, 0.02)
    const text = await metrics.text()
    expect(seriesValue(text, 'tidemark_calls_total{outcome="late"}')).toBe(4)
    expect(seriesValue(text, 'tidemark_ingest_bytes_total')).toBe(1)
    expect(seriesValue(text, 'tidemark_watermark_timestamp_seconds')).toBe(12.5)
    expect(seriesValue(text, 'tidemark_step_seconds_bucket{le="0.025",stage="judge"}')).toBe(1)
    expect(seriesValue(text, 'tidemark_step_seconds_bucket{le="0.01",stage="judge"}')).toBe(0)
  })

  test('a label takes a bounded number of values; the rest is counted as other', async () => {
    const metrics = createMetrics(2)
    for (const reason of ['a', 'b', 'c', 'd', 'a']) metrics.deadLetters.add({ reason })
    const text = await metrics.text()
    expect(seriesValue(text, 'tidemark_dead_letters_total{reason="a"}')).toBe(2)
    expect(seriesValue(text, 'tidemark_dead_letters_total{reason="other"}')).toBe(2)
    expect(text).not.toContain('reason="c"')
  })

  test('a value that is no number is left out and does not throw', async () => {
    const metrics = createMetrics()
    metrics.watermark.set(Number.NEGATIVE_INFINITY)
    metrics.ingestBytes.add(-1)
    metrics.ingestBytes.add(Number.NaN)
    const text = await metrics.text()
    expect(seriesValue(text, 'tidemark_ingest_bytes_total')).toBe(0)
    expect(seriesValue(text, 'tidemark_watermark_timestamp_seconds')).toBe(0)
  })
})

describe('what the rooms tell ends as metrics', () => {
  const log = createLog('silent')

  test('stages', async () => {
    const metrics = createMetrics()
    const events: Omit<StreamEvents, 'fatal'> = watchStages(metrics, log)
    events.opened?.('judge', 't-0', null)
    events.stepped?.('judge', 't-0', 20, 600, 20)
    events.stepped?.('judge', 't-1', 22, 6, 20)
    events.dropped?.('judge', 't-0', 'refused')
    events.lost?.('judge', 't-1', 'fenced')
    events.gap?.({ stage: 'judge', source: 't-0', from: 5, to: 9 })
    watchLag(metrics, ['judge', 'collect'], () => [
      { stage: 'judge', records: 3 },
      { stage: 'judge', records: 4 },
    ])
    const text = await metrics.text()
    const of = (name: string, stage = 'judge'): number | undefined => seriesValue(text, `${name}{stage="${stage}"}`)
    expect(of('tidemark_records_read_total')).toBe(42)
    expect(of('tidemark_long_steps_total')).toBe(1)
    expect(of('tidemark_step_seconds_count')).toBe(2)
    expect(of('tidemark_commit_seconds_sum')).toBeCloseTo(0.04)
    expect([of('tidemark_lanes_opened_total'), of('tidemark_lanes_dropped_total')]).toEqual([1, 1])
    expect([of('tidemark_gaps_total'), of('tidemark_gap_records_total')]).toEqual([1, 4])
    expect([of('tidemark_lag_records'), of('tidemark_lag_records', 'collect')]).toEqual([7, 0])
  })

  test('collect', async () => {
    const metrics = createMetrics()
    const collect = watchCollect(metrics)
    const counted: NonNullable<CollectOptions['counted']> = collect.counted
    const step = { source: 's', reasons: new Map([['not-json', 2]]), forgotten: 4, first: 1_000 }
    expect(collect.lastCallAt()).toBe(null)
    counted({
      ...step,
      fates: new Map([
        ['call', 7],
        ['rejected', 2],
      ]),
      last: 9_000,
    })
    counted({ ...step, fates: new Map([['call', 1]]), last: 5_000 })
    counted({ ...step, fates: new Map(), last: null })
    expect(collect.lastCallAt()).toBe(9_000)
    const text = await metrics.text()
    expect(seriesValue(text, 'tidemark_calls_total{outcome="call"}')).toBe(8)
    expect(seriesValue(text, 'tidemark_dead_letters_total{reason="not-json"}')).toBe(6)
    expect(seriesValue(text, 'tidemark_forgotten_request_ids_total')).toBe(12)
    expect(seriesValue(text, 'tidemark_last_call_timestamp_seconds')).toBe(9)
  })

  test('judge: over all lanes, and a lane that was opened again counts on', async () => {
    const metrics = createMetrics()
    const judge: Required<JudgeObserver> = watchJudge(metrics, log, 1)
    const counts = { overflowed: 0, evicted: 0, lateAfterIdle: 0, malformed: 0, openTallies: 1 }
    const lane = {
      partition: 0,
      closedBefore: 60_000,
      entities: { endpoint: 3, identity: 4, service: 1 },
      ...counts,
      spending: { x: { allowed: 100, crossed: [3, 40] } },
      accounts: null,
    }
    judge.held({ ...lane, evicted: 5 })
    judge.held({ ...lane, evicted: 7, spending: { x: { allowed: 100.5, crossed: [4, 45] } } })
    judge.held({ ...lane, evicted: 1, spending: { x: { allowed: 100.25, crossed: [3, 42] } } })
    judge.held({ ...lane, partition: 1, closedBefore: 50_000, spending: { x: { allowed: 9, crossed: [1, 1] } } })
    const alert = anAlert({ detector: 'x', severity: 'high', version: 1 })
    judge.told({ alert, telling: { notice: 1, event: 'opened' } })
    judge.told({ alert: { ...alert, version: 2 }, telling: null })
    judge.told({ alert: { ...alert, status: 'withdrawn' }, telling: { notice: 2, event: 'withdrawn' } })
    const text = await metrics.text()
    expect(seriesValue(text, 'tidemark_entities_evicted_total')).toBe(8)
    expect(seriesValue(text, 'tidemark_entities{scope="identity"}')).toBe(8)
    expect(seriesValue(text, 'tidemark_open_tallies')).toBe(2)
    expect(seriesValue(text, 'tidemark_watermark_timestamp_seconds')).toBe(50)
    expect(seriesValue(text, 'tidemark_budget_allowed_alerts_total{detector="x"}')).toBe(0.5)
    expect(seriesValue(text, 'tidemark_budget_spent_alerts_total{detector="x"}')).toBe(1)
    expect(seriesValue(text, 'tidemark_budget_crossings_total{detector="x",factor="100"}')).toBe(1)
    expect(seriesValue(text, 'tidemark_budget_crossings_total{detector="x",factor="1000"}')).toBe(5)
    expect(seriesValue(text, 'tidemark_alerts_total{detector="x",severity="high",event="opened"}')).toBe(1)
    expect(seriesValue(text, 'tidemark_notices_withdrawn_total{detector="x"}')).toBe(1)
  })

  test('the calibration of a detector, logged when it changes', async () => {
    const metrics = createMetrics()
    const logged: string[] = []
    const keep = (level: string) => (fields: object) => logged.push(`${level} ${JSON.stringify(fields)}`)
    const judge = watchJudge(metrics, { info: keep('info'), warn: keep('warn') }, 1)
    const told = (...crossed: number[]): Parameters<typeof judge.held>[0] => ({
      partition: 0,
      closedBefore: 60_000,
      entities: {},
      overflowed: 0,
      evicted: 0,
      lateAfterIdle: 0,
      malformed: 0,
      openTallies: 0,
      spending: {},
      accounts: [
        { shard: 0, detectors: { x: [{ day: 20_000, tests: 1e6, allowed: 0.5, opened: 1, crossed }] } },
        { shard: 1, detectors: { x: [] } },
      ],
    })
    const verdict = async (): Promise<(number | undefined)[]> => {
      const text = await metrics.text()
      return ['unknown', 'loose', 'calibrated', 'over'].map((one) =>
        seriesValue(text, `tidemark_budget_calibration{detector="x",verdict="${one}"}`),
      )
    }
    judge.held(told(20, 200))
    judge.held({ ...told(9, 9), accounts: null })
    expect([await verdict(), logged]).toEqual([[0, 0, 1, 0], []])
    judge.held(told(20, 2000))
    judge.held(told(20, 2100))
    expect(await verdict()).toEqual([0, 0, 0, 1])
    const ratio = seriesValue(await metrics.text(), 'tidemark_budget_correction_ratio{detector="x"}')
    expect(ratio).toBeCloseTo(500 / 2100, 4)
    expect(logged.map((line) => line.slice(0, 19))).toEqual(['warn {"detector":"x"'.slice(0, 19)])
    judge.held(told(20, 200))
    expect(logged.at(-1)).toBe('info {"detector":"x","calibration":"calibrated"}')
    expect(judge.budget()).toMatchObject({ per_day: 1, allowed: 0.5, spent: 1, calibration: 'calibrated' })
  })

  test('archive and deliver', async () => {
    const metrics = createMetrics()
    const archive: ArchiveEvents = watchArchive(metrics, log)
    archive.stored?.('api_calls', 100, 20)
    archive.waiting?.(null, 'away', 1)
    const deliver: DeliverEvents = watchDeliver(metrics, log)
    deliver.down?.('siem', 'refused')
    deliver.disabled?.('siem', '410')
    const text = await metrics.text()
    expect(seriesValue(text, 'tidemark_insert_rows_total{table="api_calls"}')).toBe(100)
    expect(seriesValue(text, 'tidemark_insert_retries_total{table="none"}')).toBe(1)
    expect(seriesValue(text, 'tidemark_sink_down{sink="siem"}')).toBe(1)
    expect(seriesValue(text, 'tidemark_sink_disabled{sink="siem"}')).toBe(1)
    deliver.up?.('siem')
    expect(seriesValue(await metrics.text(), 'tidemark_sink_down{sink="siem"}')).toBe(0)
  })

  test('the web', async () => {
    const metrics = createMetrics()
    const events: WebEvents = watchWeb(metrics)
    events.answered('/v1/calls', 202, 0.01)
    events.ingested(5, 1, new Map([['not-json', 2]]), 1_000)
    events.waiting(3, 4_000)
    const text = await metrics.text()
    expect(seriesValue(text, 'tidemark_http_requests_total{route="/v1/calls",status="202"}')).toBe(1)
    expect(seriesValue(text, 'tidemark_ingest_records_total{outcome="rejected"}')).toBe(2)
    expect(seriesValue(text, 'tidemark_ingest_rejected_total{reason="not-json"}')).toBe(2)
    expect(seriesValue(text, 'tidemark_ingest_waiting_bytes')).toBe(4_000)
  })

  test('the process and its health', async () => {
    const metrics = createMetrics()
    const end = watchProcess(metrics, '1.2.3')
    const health = createHealth({ liveLagMs: 100 }, { longestMs: () => 5, stop: () => {} })
    health.set('store', 'away')
    watchHealth(metrics, health)
    const text = await metrics.text()
    end()
    expect(seriesValue(text, `tidemark_build_info{version="1.2.3",node="${process.version}"}`)).toBe(1)
    expect(seriesValue(text, 'tidemark_memory_bytes{kind="resident"}')).toBeGreaterThan(1e6)
    expect([seriesValue(text, 'tidemark_live'), seriesValue(text, 'tidemark_ready')]).toEqual([1, 0])
  })
})
