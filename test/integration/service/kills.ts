import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Report } from '#src/command/replay/report.ts'
import { type Rehearsal, rehearse } from '#src/demo/rehearsal.ts'
import { toldByAlert } from '#src/demo/told.ts'
import { verdict } from '#src/demo/verdict.ts'
import type { TidemarkPart } from '#test/parts/tidemark.ts'
import { fetchMetrics, hasSettled, sampleValues } from '../../../bench/metrics.ts'
import { differingAlerts, settledAlerts, wronglyStored, wronglyTold } from './compare.ts'
import { readAlerts, sendPaced } from './log.ts'
import { openRig, type Rig } from './rig.ts'
import { type Uncommitted, uncommittedOf } from './uncommitted.ts'
import { until } from './until.ts'

export interface KillsOptions {
  readonly brokers: readonly string[]
  readonly name: string
  readonly calls: number
  readonly perSecond: number
  /** Modules that every process loads before its own. */
  readonly imports?: readonly string[]
}

export interface Kill extends Uncommitted {
  /** Where judge's reading stood in the log's event time, as a share of it. */
  readonly at: number
  /** Until the next process listened, milliseconds. */
  readonly restartMs: number
}

export interface KillsReport {
  readonly calls: number
  readonly seconds: number
  readonly alerts: number
  readonly notices: number
  /** Requests under a webhook-id that the receiver had already. */
  readonly repeats: number
  readonly kills: readonly Kill[]
  /** A sentence for each promise that was broken. */
  readonly problems: readonly string[]
}

const partitions = 8
/** The log is an hour and ten minutes long; no call of it may lie in the future. */
const agoMs = 90 * 60_000
const latenessMs = 60_000
const shares = [0.25, 0.5, 0.75]
/** Share of the log that may wait for a process that was killed: with more, it would be through before it can be killed again. */
const mostAhead = 0.2
const patienceMs = 120_000
const run = promisify(execFile)

/** Kills Tidemark three times in the middle of a log with attacks, and compares what came of it with an undisturbed replay. */
export async function rehearseKills(options: KillsOptions): Promise<KillsReport> {
  const from = Date.now() - agoMs
  const log = rehearse({ seed: 1, from, calls: options.calls, partitions })
  const expected = await replayed(log)
  const attacks = verdict(log.expected, expected.alerts.map(toldByAlert))
  const rig = await openRig({ ...options, partitions })
  try {
    const began = performance.now()
    const { kills, tidemark } = await live(rig, log, options)
    const counts = Array.from({ length: partitions }, (_, p) => log.calls.filter((one) => one.partition === p).length)
    await untilDone(rig, tidemark, log)
    const code = await tidemark.stop()
    const seconds = (performance.now() - began) / 1000
    const records = await readAlerts(rig)
    return {
      calls: log.calls.length,
      seconds,
      alerts: expected.alerts.length,
      notices: rig.receiver.received.length,
      repeats: rig.receiver.repeats,
      kills,
      problems: [
        ...attacks.missing.map(({ attack }) => `the replay missed ${attack}: there is nothing to compare`),
        ...kills.filter(isIdle).map(({ at }) => `nothing was uncommitted when it was killed at ${at}`),
        ...(code === 0 ? [] : [`it ended with ${code}:\n${lastWords(tidemark)}`]),
        ...differingAlerts(expected.alerts, settledAlerts(records)),
        ...wronglyTold(records, rig, expected.alerts),
        ...(await wronglyStored(rig, counts)),
      ],
    }
  } finally {
    await rig.close()
  }
}

function isIdle({ written, blocks }: Uncommitted): boolean {
  return written + blocks === 0
}

function lastWords({ log }: TidemarkPart): string {
  return log
    .slice(-20)
    .map((line) => JSON.stringify(line))
    .join('\n')
}

/** The same lines, by the command line, in memory. */
async function replayed(log: Rehearsal): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-replay-'))
  try {
    const file = join(folder, 'calls.ndjson')
    await writeFile(file, log.calls.map(({ line }) => `${line}\n`).join(''))
    const main = join(import.meta.dirname, '../../../src/main.ts')
    const args = [main, 'replay', file, '--report', 'json', '--quiet']
    const { stdout } = await run(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 })
    return JSON.parse(stdout) as Report
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Appends the log and kills on the way; answers when all of it is appended and the last process runs. */
async function live(
  rig: Rig,
  log: Rehearsal,
  { perSecond, imports }: KillsOptions,
): Promise<{ kills: Kill[]; tidemark: TidemarkPart }> {
  let tidemark = await rig.start(imports)
  const kills: Kill[] = []
  const { first, newest } = spanOf(log)
  let reading = 0
  const sending = sendPaced(rig, log.calls, perSecond, () => (reading + mostAhead) * log.calls.length)
  const killing = async () => {
    for (const share of shares) {
      const at = await until(`judge has read ${share} of the log`, patienceMs, async () => {
        const watermark = await watermarkOf(tidemark)
        if (watermark !== null) reading = (watermark - first) / (newest - first)
        return reading >= share ? reading : null
      })
      await tidemark.kill()
      const uncommitted = await uncommittedOf(rig)
      const dead = performance.now()
      tidemark = await rig.start(imports)
      kills.push({ at, restartMs: performance.now() - dead, ...uncommitted })
    }
    reading = 1
  }
  await Promise.all([sending, killing()])
  return { kills, tidemark }
}

/** Event time up to which judge has read and settled, in milliseconds; `null` where it does not say. */
async function watermarkOf({ url }: TidemarkPart): Promise<number | null> {
  const [watermark = 0] = sampleValues((await fetchMetrics(url)) ?? [], 'tidemark_watermark_timestamp_seconds')
  return watermark > 0 ? watermark * 1000 : null
}

/** Event time of the log without its closing calls. */
function spanOf({ calls }: Rehearsal): { readonly first: number; readonly newest: number; readonly closing: number } {
  const times = calls.map(({ line }) => Date.parse((JSON.parse(line) as { readonly ts: string }).ts))
  const closing = times.at(-1)!
  const body = times.slice(0, -partitions)
  const newest = body.reduce((latest, time) => Math.max(latest, time))
  return { first: body.reduce((earliest, time) => Math.min(earliest, time)), newest, closing }
}

/** Until judge has settled what the closing calls let settle, and everything is stored and told. */
async function untilDone(rig: Rig, tidemark: TidemarkPart, log: Rehearsal): Promise<void> {
  const settledAt = Math.floor((spanOf(log).closing - latenessMs) / 10_000) * 10_000
  let seen = ''
  const said = () =>
    `${seen}\n${tidemark.log
      .slice(-20)
      .map((line) => JSON.stringify(line))
      .join('\n')}`
  await until(
    'judge has settled the log and nothing waits',
    patienceMs,
    async () => {
      const samples = await fetchMetrics(tidemark.url)
      if (samples === null) return null
      seen = samples
        .filter(({ name }) => /lag_records|watermark|dropped/.test(name))
        .map(({ name, labels, value }) => `${name}${labels} ${value}`)
        .join('\n')
      const lags = sampleValues(samples, 'tidemark_lag_records')
      return hasSettled(samples, settledAt) && lags.every((lag) => lag === 0) ? true : null
    },
    said,
  )
  await until(
    'all calls are stored',
    patienceMs,
    async () => {
      const [row] = await rig.store.query<{ rows: number }>('SELECT toUInt32(count()) AS rows FROM api_calls')
      seen = `${row?.rows} rows`
      return row !== undefined && row.rows >= log.calls.length ? true : null
    },
    said,
  )
}
