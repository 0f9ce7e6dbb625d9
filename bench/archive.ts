/**
 * The archive's rows a second against the engine's own insert of the same rows (ready-made, no reading, no exactly once).
 * `node bench/archive.ts [--rows 500000] [--rounds 5] [--report text|json]`. Embedded engine, in a folder that is removed afterwards.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import native from '#schemas/native/format.ts'
import { TIME_BOUNDS } from '#src/call/time.ts'
import { archive } from '#src/stage/archive/archive.ts'
import { migrate } from '#src/store/migrate.ts'
import { type OpenStore, openStore } from '#src/store/open.ts'
import type { Insert, Store } from '#src/store/store.ts'
import { memoryStream } from '#src/stream/memory.ts'
import { grouped, progress, report, spreadOf } from './figures.ts'
import { fixedWorkload, partitions, workloadLines } from './workload.ts'

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '5' },
    report: { type: 'string', default: 'text' },
  },
})
const rows = Number(flags.rows)

/** Appends all lines, then starts the archive and waits until the last row is stored. Seconds, and the inserts that it made. */
async function throughArchive(store: Store, values: readonly Buffer[], round: number) {
  const inserts: Insert[] = []
  const recording: Store = {
    ...store,
    async insert(insert) {
      const outcome = await store.insert(insert)
      if (outcome.kind === 'stored') inserts.push(insert)
      return outcome
    },
  }
  const stream = memoryStream({
    driver: 'clock',
    now: Date.now,
    partitions: { calls: partitions },
    // A round's rows are rows of its own: the engine would take a known token for a repeat.
    source: (topic, partition) => `round-${round}/${topic}/${partition}`,
  })
  await stream.append(
    'calls',
    values.map((value, i) => ({ key: null, value, partition: i % partitions })),
  )
  const startedAt = performance.now()
  await stream.drain(
    archive({
      store: recording,
      format: native,
      bounds: TIME_BOUNDS,
      runStart: Date.now(),
      configuration: 'bench',
      after: (ms, run) => {
        const timer = setTimeout(run, ms)
        return () => clearTimeout(timer)
      },
      now: () => performance.now(),
      onRefused: (refused, reason) => {
        throw new Error(`${refused.source} ${refused.position} was refused: ${reason}`)
      },
    }),
  )
  while (stored(inserts) < rows) await sleep(5)
  const seconds = (performance.now() - startedAt) / 1000
  await stream.close()
  return { seconds, inserts }
}

function stored(inserts: readonly Insert[]): number {
  return inserts.reduce((sum, { count, table }) => sum + (table === 'api_calls' ? count : 0), 0)
}

/** The same blocks, one after the other, with nothing between. */
async function ownInsert(store: Store, inserts: readonly Insert[]): Promise<number> {
  const startedAt = performance.now()
  for (const insert of inserts) {
    const outcome = await store.insert({ ...insert, token: `${insert.token}-again` })
    if (outcome.kind !== 'stored') throw new Error(`the engine did not take an insert: ${outcome.reason}`)
  }
  return (performance.now() - startedAt) / 1000
}

async function emptied(store: OpenStore): Promise<void> {
  const [found] = await store.query<{ rows: string | number }>(
    `SELECT count() AS rows FROM ${store.database}.api_calls`,
  )
  if (Number(found?.rows) !== rows) throw new Error(`${found?.rows} rows stored, ${rows} expected`)
  await store.command(`TRUNCATE TABLE ${store.database}.api_calls`)
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-bench-'))
  const store = await openStore({ kind: 'embedded', directory })
  try {
    await migrate(store)
    const values = Array.from(workloadLines({ ...fixedWorkload(Date.now()), calls: rows }), (line) => Buffer.from(line))
    const rounds: { archive: number; own: number }[] = []
    for (let round = 0; round < Number(flags.rounds); round++) {
      const { seconds, inserts } = await throughArchive(store, values, round)
      await emptied(store)
      const own = await ownInsert(store, inserts)
      await emptied(store)
      rounds.push({ archive: rows / seconds, own: rows / own })
      progress(
        `round ${round + 1}: archive ${grouped(rows / seconds)} rows/s, own insert ${grouped(rows / own)} rows/s`,
      )
    }
    show(rounds)
  } finally {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
}

function show(rounds: readonly { archive: number; own: number }[]): void {
  const through = spreadOf(rounds.map((round) => round.archive))
  const own = spreadOf(rounds.map((round) => round.own))
  const ratio = spreadOf(rounds.map((round) => round.archive / round.own))
  const text = [
    `${grouped(rows)} rows, ${rounds.length} rounds`,
    '| | median | lowest | highest |',
    '|---|---|---|---|',
    `| archive, rows/s | ${[through.median, through.low, through.high].map(grouped).join(' | ')} |`,
    `| engine's own insert, rows/s | ${[own.median, own.low, own.high].map(grouped).join(' | ')} |`,
    `| ratio | ${[ratio.median, ratio.low, ratio.high].map((value) => value.toFixed(2)).join(' | ')} |`,
  ].join('\n')
  report(flags.report === 'json' ? 'json' : 'text', { rows, archive: through, own, ratio }, text)
}

await main()
