import { existsSync } from 'node:fs'
import type { Format } from '#src/call/format.ts'
import { type Config, loadConfig, problemText } from '#src/config.ts'
import { Ledger } from '#src/detection/ledger.ts'
import type { MemoryStream } from '#src/stream/memory.ts'
import { memoryStream, shakenSchedule } from '#src/stream/memory.ts'
import { defineCommand, quote, type Surroundings, UsageError } from './command.ts'
import { engineOf, loadDetectors, loadFormats } from './engine.ts'
import { loadPlugins } from './plugins.ts'
import { detectFormat } from './replay/detect.ts'
import { linesOf } from './replay/lines.ts'
import { Findings, type Report, reportText } from './replay/report.ts'
import { shake } from './replay/shake.ts'

/** Lines that are read before the stages run on them: bounds what is held at once. */
const CHUNK = 50_000
const PROGRESS_MS = 2000

export default defineCommand({
  about: 'Read files through the same stages in memory and report what was found',
  operands: 'FILE…',
  options: {
    format: { type: 'string', value: 'NAME|auto', about: 'Format of the lines; without it the configured one' },
    config: { type: 'string', value: 'FILE', about: 'Configuration; without it TIDEMARK_CONFIG, else the defaults' },
    report: { type: 'string', value: 'text|json', default: 'text', about: 'How to print what was found' },
    shake: {
      type: 'string',
      value: 'SEED',
      about: 'Cut, spread, shuffle and crash at random: the report must not change',
    },
    quiet: { type: 'boolean', about: 'No progress on standard error' },
  },
  async run({ format: name, config: file, report: as, shake: seed, quiet }, files, surroundings) {
    if (as !== 'text' && as !== 'json') throw new UsageError('--report takes text or json')
    if (files.length === 0) throw new UsageError('name at least one file, or - for standard input')
    if (seed !== undefined && !/^\d{1,9}$/.test(seed))
      throw new UsageError('--shake takes a whole number of at most 9 digits')
    const missing = files.find((one) => one !== '-' && !existsSync(one))
    if (missing !== undefined) throw new UsageError(`there is no file ${quote(missing)}`)
    const loaded = loadConfig(file ?? surroundings.env.TIDEMARK_CONFIG ?? null, surroundings.env, await loadPlugins())
    if (loaded.kind === 'wrong') {
      for (const problem of loaded.problems) surroundings.complain(`${problemText(problem)}\n`)
      return 2
    }
    const format = await formatFor(name ?? loaded.config.calls.format, files, loaded.config)
    const progress = quiet === true ? null : surroundings
    const report = await replay(loaded.config, format, files, seed === undefined ? null : Number(seed), progress)
    surroundings.write(as === 'json' ? `${JSON.stringify(report, null, 2)}\n` : reportText(report))
    return 0
  },
})

async function formatFor(name: string, files: readonly string[], config: Config): Promise<Format> {
  const formats = await loadFormats()
  if (name === 'auto') {
    const found = await detectFormat(formats, files[0] as string, config.calls.maxRecordBytes)
    if (found === null)
      throw new UsageError(`no format fits the first lines of ${quote(files[0])}; name one with --format`)
    return found
  }
  const format = formats.get(name)
  if (format === undefined)
    throw new UsageError(`there is no format ${quote(name)}; there are ${[...formats.keys()].join(', ')}`)
  return format
}

/** Runs files, in their order one source, through collect and judge. `seed`: shaken. */
export async function replay(
  config: Config,
  format: Format,
  files: readonly string[],
  seed: number | null,
  progress: Pick<Surroundings, 'complain'> | null,
): Promise<Report> {
  const started = performance.now()
  const runStart = Date.now()
  const findings = new Findings()
  const ledger = new Ledger(config.budget.falseAlarmsPerDay)
  const { collect, judge } = engineOf({
    config,
    detectors: await loadDetectors(),
    format,
    runStart,
    counted: findings.counted,
    observer: { held: ({ accounts }) => ledger.hear(accounts ?? []) },
  })
  const sources = seed === null ? null : await shakenSources(config, format, files, seed, runStart)
  const tallies = seed === null ? 1 : 1 + (seed % 5)
  const stream = memoryStream({
    partitions: { calls: sources?.length ?? 1, tallies, baselines: tallies, alerts: tallies, 'baseline-rows': tallies },
    discard: ['dead-letters', 'baseline-rows'],
    ...(seed === null ? {} : { schedule: shakenSchedule(seed) }),
  })
  for (const stage of [collect, judge]) await stream.transform(stage)
  await stream.drain(findings.drain)
  let told = started
  const chunkDone = async (): Promise<void> => {
    await stream.settle()
    if (progress === null || performance.now() - told < PROGRESS_MS) return
    told = performance.now()
    progress.complain(`${findings.lines} lines read\n`)
  }
  if (sources === null) await feedFiles(stream, files, config.calls.maxRecordBytes, chunkDone)
  else await feedShaken(stream, sources, chunkDone)
  await stream.finish()
  await stream.close()
  const found = findings.report(runStart, Math.round(performance.now() - started) / 1000)
  return { ...found, budget: ledger.report() }
}

async function feedFiles(
  stream: MemoryStream,
  files: readonly string[],
  most: number,
  chunkDone: () => Promise<void>,
): Promise<void> {
  let waiting = 0
  for (const file of files) {
    for await (const lines of linesOf(file, process.stdin, most)) {
      for (const value of lines) stream.appendRecord('calls', 0, { key: null, value, appendedAt: null })
      waiting += lines.length
      if (waiting < CHUNK) continue
      waiting = 0
      await chunkDone()
    }
  }
}

/** Sources grow side by side, as they do when they are live. */
async function feedShaken(
  stream: MemoryStream,
  sources: readonly (readonly Uint8Array[])[],
  chunkDone: () => Promise<void>,
): Promise<void> {
  const longest = Math.max(...sources.map((lines) => lines.length))
  const each = Math.ceil(CHUNK / sources.length)
  for (let from = 0; from < longest; from += each) {
    sources.forEach((lines, partition) => {
      for (const value of lines.slice(from, from + each))
        stream.appendRecord('calls', partition, { key: null, value, appendedAt: null })
    })
    await chunkDone()
  }
}

async function shakenSources(
  config: Config,
  format: Format,
  files: readonly string[],
  seed: number,
  runStart: number,
): Promise<Uint8Array[][]> {
  const lines: Uint8Array[] = []
  for (const file of files) {
    for await (const some of linesOf(file, process.stdin, config.calls.maxRecordBytes)) lines.push(...some)
  }
  return shake(lines, seed, {
    format,
    tickMs: config.tick.seconds * 1000,
    latenessMs: config.tick.latenessSeconds * 1000,
    requestIdsPerTick: config.limits.requestIdsPerTick,
    recordBytes: config.calls.maxRecordBytes,
    bounds: { futureMs: config.calls.futureSeconds * 1000, pastMs: config.calls.pastDays * 86_400_000 },
    runStart,
  })
}
