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
import { readAlerts } from './log.ts'
import type { Rig } from './rig.ts'
import { until } from './until.ts'

/** A log with attacks, and what an undisturbed replay finds in it. */
export interface Rehearsed {
  readonly log: Rehearsal
  readonly expected: Report
  /** Event times, in milliseconds: of the first and the newest call, and of the closing calls. */
  readonly first: number
  readonly newest: number
  readonly closing: number
}

export const partitions = 8
/** The log is an hour and ten minutes long; no call of it may lie in the future. */
const agoMs = 90 * 60_000
const latenessMs = 60_000
const tickMs = 10_000
export const patienceMs = 120_000
/** Slow senders are waited for as well. */
const storedMs = 300_000
const run = promisify(execFile)

export async function rehearsed(calls: number): Promise<Rehearsed> {
  const log = rehearse({ seed: 1, from: Date.now() - agoMs, calls, partitions })
  const times = log.calls.map(({ line }) => Date.parse((JSON.parse(line) as { readonly ts: string }).ts))
  const body = times.slice(0, -partitions)
  return {
    log,
    expected: await replayed(log.calls.map(({ line }) => line)),
    first: body.reduce((earliest, time) => Math.min(earliest, time)),
    newest: body.reduce((latest, time) => Math.max(latest, time)),
    closing: times.at(-1)!,
  }
}

/** What a replay of these lines finds, by the command line, in memory. */
export async function replayed(lines: readonly string[]): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-replay-'))
  try {
    const file = join(folder, 'calls.ndjson')
    await writeFile(file, lines.map((line) => `${line}\n`).join(''))
    const main = join(import.meta.dirname, '../../../src/main.ts')
    const args = [main, 'replay', file, '--report', 'json', '--quiet']
    const { stdout } = await run(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 })
    return JSON.parse(stdout) as Report
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Up to where judge has read and settled, as a share of the log's event time; `null` where it does not say. */
export async function shareRead({ first, newest }: Rehearsed, { url }: TidemarkPart): Promise<number | null> {
  const [watermark = 0] = sampleValues((await fetchMetrics(url)) ?? [], 'tidemark_watermark_timestamp_seconds')
  return watermark > 0 ? (watermark * 1000 - first) / (newest - first) : null
}

/** Until judge has settled what the closing calls let settle, and none of these stages has anything left to read. */
export async function untilSettled(
  { closing }: Rehearsed,
  tidemark: TidemarkPart,
  stages = ['collect', 'judge', 'archive', 'deliver.siem'],
): Promise<void> {
  const settledAt = Math.floor((closing - latenessMs) / tickMs) * tickMs
  let seen = ''
  await until(
    'judge has settled the log and nothing waits',
    patienceMs,
    async () => {
      const samples = await fetchMetrics(tidemark.url)
      if (samples === null) return null
      const shown = samples.filter(({ name }) => /lag_records|watermark|dropped/.test(name))
      seen = shown.map(({ name, labels, value }) => `${name}${labels} ${value}`).join('\n')
      const lags = stages.flatMap((stage) => sampleValues(samples, 'tidemark_lag_records', `stage="${stage}"`))
      return hasSettled(samples, settledAt) && lags.every((lag) => lag === 0) ? true : null
    },
    () => `${seen}\n${lastWords(tidemark)}`,
  )
}

/**
 * Until the receiver has heard the end of every alert: judge shows what it settles before that is committed, so what it told
 * last may still be on its way when nothing waits any more. After `ms` it is taken for lost, and left to the comparison.
 */
export async function untilTold({ receiver }: Rig, { expected }: Rehearsed, ms: number): Promise<void> {
  const ends = new Map(expected.alerts.map(({ id, status }) => [id, status]))
  const versions = new Map(expected.alerts.map(({ id, version }) => [id, version]))
  const attached = new Set(expected.alerts.filter(({ parent }) => parent !== null).map(({ id }) => id))
  const deadline = performance.now() + ms
  await until('every alert is told to its end', ms + patienceMs, () => {
    const ids = new Set([...ends.keys(), ...receiver.received.map(({ alertId }) => alertId)])
    const isTold = (id: string) => {
      const end = ends.get(id) ?? 'withdrawn'
      const events = receiver.of(id).map(({ event }) => event)
      const last = events.at(-1)
      // What belongs to another alert may not be told at all, or have been taken back before it settled.
      if (attached.has(id) && (last === undefined || last === 'withdrawn')) return true
      // Every change of what stays open is told, and it has a version for each.
      if (end === 'open') return events.filter((event) => event === 'updated').length >= (versions.get(id) ?? 1) - 1
      return last === end
    }
    return [...ids].every(isTold) || performance.now() > deadline ? true : null
  })
}

export async function untilStored({ store }: Rig, calls: number, tidemark: TidemarkPart): Promise<void> {
  let rows = 0
  await until(
    `${calls} calls are stored`,
    storedMs,
    async () => {
      rows = await storedCalls(store)
      return rows >= calls ? true : null
    },
    () => `${rows} rows\n${lastWords(tidemark)}`,
  )
}

export async function storedCalls(store: Rig['store']): Promise<number> {
  const [row] = await store.query<{ rows: number }>('SELECT toUInt32(count()) AS rows FROM api_calls')
  return row?.rows ?? 0
}

/** Ends the process and compares everything: a sentence for each promise that was broken. */
export async function brokenPromises(rig: Rig, { log, expected }: Rehearsed, last: TidemarkPart): Promise<string[]> {
  const code = await last.stop()
  const attacks = verdict(log.expected, expected.alerts.map(toldByAlert))
  const counts = Array.from({ length: partitions }, (_, p) => log.calls.filter((one) => one.partition === p).length)
  const records = await readAlerts(rig)
  return [
    ...attacks.missing.map(({ attack }) => `the replay missed ${attack}: there is nothing to compare`),
    ...(code === 0 ? [] : [`it ended with ${code}:\n${lastWords(last)}`]),
    ...differingAlerts(expected.alerts, settledAlerts(records, expected.alerts)),
    ...wronglyTold(records, rig, expected.alerts),
    ...(await wronglyStored(rig, counts)),
  ]
}

export function lastWords({ log }: TidemarkPart): string {
  return log
    .slice(-20)
    .map((line) => JSON.stringify(line))
    .join('\n')
}
