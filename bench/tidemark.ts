import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { fetchMetrics, hasSettled, type Sample, sampleValues } from './metrics.ts'

/** A Tidemark that runs as a process of its own, with shipped settings but for where its parts are. */
export interface BenchProcess {
  readonly url: string
  /** What it last said, for when it dies. */
  output(): string
  readonly child: ChildProcess
  stop(): Promise<void>
}

export interface BenchConfig {
  readonly stream: Readonly<Record<string, unknown>>
  readonly topic: string
  readonly port: number
  readonly sinks?: readonly Readonly<Record<string, unknown>>[]
  readonly stages?: readonly string[]
}

/** Where `tidemark run` finds things: nothing that changes how it works. */
export function benchConfig(config: BenchConfig, data: string): Record<string, unknown> {
  return {
    data,
    stream: config.stream,
    calls: { topic: config.topic },
    http: { port: config.port },
    ...(config.sinks === undefined ? {} : { sinks: config.sinks }),
    ...(config.stages === undefined ? {} : { stages: config.stages }),
    log: { level: 'warn' },
  }
}

/** The stream section for a broker; a name of its own for every run, so that each begins from nothing. */
export function kafkaStream(brokers: readonly string[], name: string): Record<string, unknown> {
  return { kind: 'kafka', brokers: [...brokers], topicPrefix: `${name}.`, groupPrefix: `${name}.` }
}

/** A port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const root = fileURLToPath(new URL('..', import.meta.url))

export async function startTidemark(config: BenchConfig): Promise<BenchProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-bench-'))
  const file = join(folder, 'tidemark.yaml')
  await writeFile(file, stringify(benchConfig(config, join(folder, 'data'))))
  const child = spawn(process.execPath, ['src/main.ts', 'run', '--config', file], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let tail = ''
  const keep = (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-4_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    url: `http://127.0.0.1:${config.port}`,
    child,
    output: () => tail,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await Promise.race([ended, sleep(30_000, undefined, { ref: false })])
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface Settled {
  /** From the moment that the first call had been read, in seconds. */
  readonly seconds: number
  /** From the start of the wait. */
  readonly sinceStart: number
  readonly last: readonly Sample[]
}

/**
 * Waits until judge has settled every tick up to `eventTime`. Throws when the process ends or `timeoutMs` pass. The time of the first
 * call is known to one poll (200 ms).
 */
export async function untilSettled(tidemark: BenchProcess, eventTime: number, timeoutMs: number): Promise<Settled> {
  const startedAt = performance.now()
  let firstRead = 0
  while (performance.now() - startedAt < timeoutMs) {
    if (tidemark.child.exitCode !== null) throw new Error(`Tidemark ended by itself:\n${tidemark.output()}`)
    const samples = await fetchMetrics(tidemark.url)
    const now = performance.now()
    const read =
      samples === null ? 0 : Math.max(0, ...sampleValues(samples, 'tidemark_records_read_total', 'stage="collect"'))
    if (firstRead === 0 && read > 0) firstRead = now
    if (samples !== null && hasSettled(samples, eventTime)) {
      return { seconds: (now - firstRead) / 1000, sinceStart: (now - startedAt) / 1000, last: samples }
    }
    await sleep(200)
  }
  throw new Error(`not settled after ${timeoutMs / 1000} s:\n${tidemark.output()}`)
}

/** The most memory that a process ever had resident, in bytes; 0 where the machine does not tell (only Linux does, in /proc). */
export async function peakResident(child: ChildProcess): Promise<number> {
  if (process.platform !== 'linux') return 0
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}
