/**
 * Throughput: Tidemark on real Kafka against a bare kafkajs loop on the same topic.
 * `npm run bench -- [--pairs 5] [--calls 2000000] [--wide] [--report text|json]`; see README.md beside this file.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { grouped, progress, report, spreadOf } from './figures.ts'
import { benchClient, loadTopic, startBroker } from './kafka.ts'
import { freePort, kafkaStream, peakResident, startTidemark, untilSettled } from './tidemark.ts'
import {
  closingLines,
  endOf,
  fixedWorkload,
  partitions,
  type WorkloadOptions,
  wideWorkload,
  workloadLines,
} from './workload.ts'

const { values: flags } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    calls: { type: 'string', default: '2000000' },
    wide: { type: 'boolean', default: false },
    report: { type: 'string', default: 'text' },
  },
})

interface Measured {
  readonly seconds: number
  readonly sinceStart: number
  readonly rss: number
}

/** Runs the bare loop in a process of its own and reads its one line. */
async function runBare(brokers: readonly string[], topic: string, calls: number): Promise<Measured> {
  const script = fileURLToPath(new URL('bare.ts', import.meta.url))
  const child = spawn(process.execPath, [script, brokers.join(','), topic, String(calls)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout) output += String(chunk)
  return JSON.parse(output) as Measured
}

async function runTidemark(
  brokers: readonly string[],
  topic: string,
  options: WorkloadOptions,
  name: string,
): Promise<Measured> {
  const tidemark = await startTidemark({ stream: kafkaStream(brokers, name), topic, port: await freePort() })
  try {
    const settled = await untilSettled(tidemark, endOf(options), 20 * 60_000)
    return { seconds: settled.seconds, sinceStart: settled.sinceStart, rss: await peakResident(tidemark.child) }
  } finally {
    await tidemark.stop()
  }
}

function* wholeWorkload(options: WorkloadOptions): Generator<string> {
  yield* workloadLines(options)
  yield* closingLines(options)
}

async function main(): Promise<void> {
  const base = flags.wide ? wideWorkload(Date.now()) : fixedWorkload(Date.now())
  const calls = Math.ceil(Number(flags.calls) / partitions) * partitions
  const options = { ...base, calls }
  const run = `bench-${process.pid}-${Date.now()}`
  const topic = `${run}-calls`
  const broker = await startBroker()
  try {
    const kafka = benchClient(broker.brokers)
    const records = await loadTopic(kafka, topic, partitions, wholeWorkload(options), (sent) => {
      if (sent % 200_000 === 0) progress(`${grouped(sent)} calls loaded`)
    })
    const pairs: { bare: Measured; tidemark: Measured }[] = []
    for (let pair = 0; pair < Number(flags.pairs); pair++) {
      const bare = await runBare(broker.brokers, topic, records)
      const tidemark = await runTidemark(broker.brokers, topic, options, `${run}-${pair}`)
      pairs.push({ bare, tidemark })
      progress(`pair ${pair + 1}: ${line(records, bare, tidemark)}`)
    }
    show(options, records, pairs)
  } finally {
    await broker.stop()
  }
}

function line(records: number, bare: Measured, tidemark: Measured): string {
  const ratio = bare.seconds / tidemark.seconds
  return `bare ${grouped(records / bare.seconds)}/s, Tidemark ${grouped(records / tidemark.seconds)}/s, ratio ${ratio.toFixed(2)}`
}

function show(
  options: WorkloadOptions,
  records: number,
  pairs: readonly { bare: Measured; tidemark: Measured }[],
): void {
  const ratio = spreadOf(pairs.map(({ bare, tidemark }) => bare.seconds / tidemark.seconds))
  const bare = spreadOf(pairs.map((pair) => records / pair.bare.seconds))
  const tidemark = spreadOf(pairs.map((pair) => records / pair.tidemark.seconds))
  const sinceStart = spreadOf(pairs.map((pair) => pair.tidemark.sinceStart))
  const rss = spreadOf(pairs.map((pair) => pair.tidemark.rss))
  const row = (name: string, { median, low, high }: { median: number; low: number; high: number }, digits = 0) =>
    `| ${name} | ${[median, low, high].map((value) => (digits > 0 ? value.toFixed(digits) : grouped(value))).join(' | ')} |`
  const text = [
    `${grouped(options.calls)} calls, ${grouped(options.identities)} identities (${options.zipf === null ? 'uniform' : `Zipf ${options.zipf}`}), ${pairs.length} pairs`,
    '| | median | lowest | highest |',
    '|---|---|---|---|',
    row('bare loop, calls/s', bare),
    row('Tidemark, calls/s', tidemark),
    row('ratio', ratio, 2),
    row('Tidemark from process start to settled, s', sinceStart, 1),
    row('Tidemark peak of resident memory, MB', {
      median: rss.median / 1e6,
      low: rss.low / 1e6,
      high: rss.high / 1e6,
    }),
  ].join('\n')
  report(
    flags.report === 'json' ? 'json' : 'text',
    { workload: options, pairs, bare, tidemark, ratio, sinceStart, rss },
    text,
  )
}

await main()
