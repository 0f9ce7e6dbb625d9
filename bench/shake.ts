/**
 * The same log gives the same alerts: replays a log shaken by many seeds (batches cut, lines spread over 1 to 8 sources and shuffled
 * within lateness, shards interleaved, lanes dropped) and compares each report with the undisturbed one, byte for byte.
 * `npm run shake -- [--seeds 50] [--file FILE --format NAME] [--report text|json]`; without a file the demo's log of one seed.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadFormats } from '#src/command/engine.ts'
import { loadPlugins } from '#src/command/plugins.ts'
import { replay } from '#src/command/replay.ts'
import { loadConfig } from '#src/config.ts'
import { demoScript } from '#src/demo/script.ts'
import { callsBetween } from '#src/demo/traffic.ts'
import { grouped, progress, report } from './figures.ts'

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '50' },
    file: { type: 'string' },
    format: { type: 'string', default: 'native' },
    report: { type: 'string', default: 'text' },
  },
})

const afterAttacksMs = 12 * 60_000

/** The demo's log: two hours of past, the attacks, and what follows until the alerts have resolved. */
async function demoLog(folder: string): Promise<string> {
  const now = Math.floor(Date.now() / 60_000) * 60_000 - afterAttacksMs
  const script = demoScript(1, now)
  const disturbances = [...script.trouble, ...script.attacks(now)]
  const lines = Array.from(
    callsBetween(script.world, script.pastFrom, now + afterAttacksMs, disturbances),
    ({ line }) => line,
  )
  const file = join(folder, 'demo.ndjson')
  await writeFile(file, `${lines.join('\n')}\n`)
  return file
}

async function main(): Promise<number> {
  const loaded = loadConfig(null, {}, await loadPlugins())
  const format = (await loadFormats()).get(flags.format)
  if (loaded.kind === 'wrong' || format === undefined) throw new Error('no configuration, or no such format')
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-shake-'))
  try {
    const file = flags.file ?? (await demoLog(folder))
    const found = async (seed: number | null): Promise<string> => {
      // How long it took and when it began is all that may differ.
      const { wall_seconds: _, run_start: __, ...rest } = await replay(loaded.config, format, [file], seed, null)
      return JSON.stringify(rest)
    }
    const undisturbed = await found(null)
    const different: number[] = []
    for (let seed = 1; seed <= Number(flags.seeds); seed += 1) {
      if ((await found(seed)) !== undisturbed) different.push(seed)
      if (seed % 5 === 0) progress(`${seed} of ${flags.seeds} seeds, ${different.length} different`)
    }
    const { calls, alerts } = JSON.parse(undisturbed) as { calls: number; alerts: unknown[] }
    const text = `${grouped(calls)} calls, ${alerts.length} alerts: ${Number(flags.seeds) - different.length} of ${flags.seeds} shaken reports equal${
      different.length > 0 ? `; different: ${different.join(', ')}` : ''
    }`
    report(
      flags.report === 'json' ? 'json' : 'text',
      { calls, alerts: alerts.length, seeds: Number(flags.seeds), different },
      text,
    )
    return different.length === 0 ? 0 : 1
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main()
