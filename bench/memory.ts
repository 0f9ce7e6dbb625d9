/**
 * Resident memory for each identity with a baseline: collect and judge in memory, one fresh process for each number of identities,
 * forced collection of garbage, then the slope of a straight line.
 * `node bench/memory.ts [--identities 10000,40000,70000,100000] [--calls 40] [--report text|json]`; `--calls` for each identity.
 */
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { openEngine } from './engine.ts'
import { grouped, progress, report, slope } from './figures.ts'
import { closingLines, fixedWorkload, partitions, workloadLines } from './workload.ts'

const { values: flags } = parseArgs({
  options: {
    identities: { type: 'string', default: '10000,40000,70000,100000' },
    calls: { type: 'string', default: '40' },
    report: { type: 'string', default: 'text' },
    /** Used by this file to start itself: measure so many and print one line. */
    measure: { type: 'string' },
  },
})

interface Resident {
  readonly identities: number
  readonly rss: number
  readonly heap: number
  readonly buffers: number
}

const stepLines = 20_000

async function measure(identities: number): Promise<Resident> {
  const { gc } = globalThis
  if (gc === undefined) throw new Error('start with --expose-gc')
  const workload = { ...fixedWorkload(Date.now()), identities, zipf: null, calls: identities * Number(flags.calls) }
  const engine = await openEngine(partitions)
  let sent = 0
  for (const line of workloadLines(workload)) {
    engine.append(sent++ % partitions, line, workload.from)
    if (sent % stepLines === 0) await engine.settle()
  }
  for (const [partition, line] of closingLines(workload).entries()) engine.append(partition, line, workload.from)
  await engine.settle()
  // Pages go back to the system a while after the garbage has gone.
  for (let i = 0; i < 5; i++) {
    gc()
    await sleep(200)
  }
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  await engine.close()
  return { identities, rss, heap: heapUsed, buffers: arrayBuffers }
}

async function main(): Promise<void> {
  const script = fileURLToPath(import.meta.url)
  const found: Resident[] = []
  for (const identities of flags.identities.split(',')) {
    const args = ['--expose-gc', '--max-old-space-size=8192', script, '--measure', identities, '--calls', flags.calls]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    const resident = JSON.parse(stdout) as Resident
    found.push(resident)
    progress(`${grouped(resident.identities)} identities: ${grouped(resident.rss / 1e6)} MB resident`)
  }
  const bytes = slope(found.map(({ identities, rss }) => ({ x: identities, y: rss })))
  const text = [
    '| identities | resident, MB | heap, MB | buffers, MB |',
    '|---|---|---|---|',
    ...found.map(
      (one) =>
        `| ${grouped(one.identities)} | ${[one.rss, one.heap, one.buffers].map((size) => grouped(size / 1e6)).join(' | ')} |`,
    ),
    '',
    `${grouped(bytes)} bytes resident for each identity with a baseline`,
  ].join('\n')
  report(flags.report === 'json' ? 'json' : 'text', { bytesPerIdentity: bytes, found }, text)
}

if (flags.measure === undefined) await main()
else process.stdout.write(`${JSON.stringify(await measure(Number(flags.measure)))}\n`)
