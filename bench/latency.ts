/**
 * Latency at a fixed rate on real Kafka: from the append of the call that decides an alert to the receiver of its notice.
 * The deciding call is the first at which the in-memory engine, fed the same log call by call, gives notice.
 * `node bench/latency.ts [--rate 5000] [--attacks 200] [--past 35] [--report text|json]`; `--past` in minutes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Producer } from 'kafkajs'
import { openEngine } from './engine.ts'
import { grouped, progress, quantile, report } from './figures.ts'
import { benchClient, benchProducer, createTopic, startBroker } from './kafka.ts'
import { fetchMetrics, sampleValues } from './metrics.ts'
import { startReceiver } from './receiver.ts'
import { attacksOver, type SteadyOptions, steadyLine, steadyPartitions, timeOf } from './steady.ts'
import { type BenchProcess, kafkaStream, startTidemark } from './tidemark.ts'

const { values: flags } = parseArgs({
  options: {
    rate: { type: 'string', default: '5000' },
    attacks: { type: 'string', default: '200' },
    past: { type: 'string', default: '35' },
    report: { type: 'string', default: 'text' },
  },
})

/** How often live calls are sent. */
const everyMs = 10
const mostLines = 10_000
/** What is still under way when the last attack is over arrives within this. */
const settleMs = 15_000

interface Sent {
  /** Call i was appended at `times[i - first]`: `performance.now()` before the produce request was made. */
  readonly times: number[]
  readonly first: number
  readonly options: SteadyOptions
}

async function main(): Promise<void> {
  const broker = await startBroker()
  const receiver = await startReceiver()
  const run = `latency-${process.pid}-${Date.now()}`
  const topic = `${run}-calls`
  let tidemark: BenchProcess | null = null
  try {
    const kafka = benchClient(broker.brokers)
    await createTopic(kafka, topic, steadyPartitions)
    tidemark = await startTidemark({
      stream: kafkaStream(broker.brokers, run),
      topic,
      port: 18_081,
      sinks: [receiver.sink],
    })
    const producer = benchProducer(kafka)
    await producer.connect()
    const sent = await send(producer, topic, tidemark)
    await producer.disconnect()
    await tidemark.stop()
    show(sent, await decidingCalls(sent), receiver.arrivals)
  } finally {
    await tidemark?.stop()
    await receiver.close()
    await broker.stop()
  }
}

/** Sends the past as fast as it goes, then every call at its time; the attacks start once Tidemark has caught up. */
async function send(producer: Producer, topic: string, tidemark: BenchProcess): Promise<Sent> {
  const base = { callsPerSecond: Number(flags.rate), attacks: Number(flags.attacks), gapMs: 500, seed: 1 }
  let options: SteadyOptions = {
    ...base,
    from: Date.now() - Number(flags.past) * 60_000,
    attacksFrom: Number.POSITIVE_INFINITY,
  }
  const times: number[] = []
  let next = 0
  let first = 0
  const watch: { caughtUp: boolean; error: Error | null } = { caughtUp: false, error: null }
  const watching = untilCaughtUp(tidemark).then(
    () => {
      watch.caughtUp = true
    },
    (error: Error) => {
      watch.error = error
    },
  )
  while (Date.now() < attacksOver(options) + settleMs || options.attacksFrom === Number.POSITIVE_INFINITY) {
    const until = Math.floor(((Date.now() - options.from) * options.callsPerSecond) / 1000)
    const live = until - next < mostLines
    if (watch.error !== null) throw watch.error
    if (live && options.attacksFrom === Number.POSITIVE_INFINITY && watch.caughtUp) {
      first = next
      options = { ...options, attacksFrom: Date.now() + 5_000 }
      progress(`${grouped(next)} calls of past are settled; the attacks start`)
    }
    const end = Math.min(until, next + mostLines)
    const messages = Array.from({ length: end - next }, (_, k) => ({
      value: steadyLine(options, next + k),
      partition: (next + k) % steadyPartitions,
    }))
    const now = performance.now()
    if (options.attacksFrom !== Number.POSITIVE_INFINITY) for (let i = next; i < end; i++) times.push(now)
    if (messages.length > 0) await producer.send({ topic, messages, acks: 1 })
    next = end
    if (live) await sleep(everyMs)
  }
  await watching
  return { times, first, options }
}

/** Resolves when collect and judge had nothing left to read for two polls in a row, after having read something. */
async function untilCaughtUp(tidemark: BenchProcess): Promise<void> {
  for (let calm = 0; calm < 2; ) {
    await sleep(1_000)
    if (tidemark.child.exitCode !== null) throw new Error(`Tidemark ended by itself:\n${tidemark.output()}`)
    const samples = (await fetchMetrics(tidemark.url)) ?? []
    const read = sampleValues(samples, 'tidemark_records_read_total', 'stage="judge"')
    const lags = ['collect', 'judge'].flatMap((stage) =>
      sampleValues(samples, 'tidemark_lag_records', `stage="${stage}"`),
    )
    const few = Number(flags.rate)
    calm = Math.max(0, ...read) > 0 && lags.length >= 2 && lags.every((lag) => lag < few) ? calm + 1 : 0
  }
}

/** By alert id: the detector and the index of the call at which the in-memory engine gave notice first. */
async function decidingCalls({
  first,
  times,
  options,
}: Sent): Promise<Map<string, { detector: string; call: number }>> {
  const engine = await openEngine(steadyPartitions)
  const deciding = new Map<string, { detector: string; call: number }>()
  const feed = async (from: number, to: number) => {
    for (let i = from; i < to; i++) engine.append(i % steadyPartitions, steadyLine(options, i), timeOf(options, i))
    for (const { alert } of await engine.settle()) {
      if (!deciding.has(alert.id)) deciding.set(alert.id, { detector: alert.detector, call: to - 1 })
    }
  }
  for (let start = 0; start < first; start += mostLines) {
    await feed(start, Math.min(first, start + mostLines))
    if (start % 1_000_000 === 0) progress(`in memory: ${grouped(start)} calls`)
  }
  for (let i = first; i < first + times.length; i++) await feed(i, i + 1)
  await engine.close()
  return deciding
}

function show(
  { times, first }: Sent,
  deciding: ReadonlyMap<string, { detector: string; call: number }>,
  arrivals: ReadonlyMap<string, number>,
): void {
  const measured = [...deciding].flatMap(([id, { detector, call }]) => {
    const arrived = arrivals.get(id)
    const appended = times[call - first]
    return arrived === undefined || appended === undefined ? [] : [{ id, detector, ms: arrived - appended }]
  })
  const of = (wanted: (detector: string) => boolean) =>
    measured
      .filter((one) => wanted(one.detector))
      .map((one) => one.ms)
      .sort((a, b) => a - b)
  const rows = [
    { name: 'all', ms: of(() => true) },
    { name: 'ratios', ms: of((detector) => detector === 'error-burst') },
    { name: 'sizes', ms: of((detector) => detector !== 'error-burst') },
  ].map(({ name, ms }) => ({
    name,
    alerts: ms.length,
    p50: ms.length === 0 ? null : quantile(ms, 0.5),
    p99: ms.length === 0 ? null : quantile(ms, 0.99),
  }))
  const text = [
    `${flags.rate} calls/s; ${deciding.size} alerts decided in memory, ${arrivals.size} received, ${measured.length} in both`,
    '| | alerts | p50, ms | p99, ms |',
    '|---|---|---|---|',
    ...rows.map(
      (row) => `| ${row.name} | ${row.alerts} | ${row.p50?.toFixed(0) ?? '-'} | ${row.p99?.toFixed(0) ?? '-'} |`,
    ),
  ].join('\n')
  const kind = flags.report === 'json' ? 'json' : 'text'
  report(kind, { rate: Number(flags.rate), decided: deciding.size, received: arrivals.size, rows }, text)
}

await main()
