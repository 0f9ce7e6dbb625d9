import native from '#schemas/native/format.ts'
import type { Alert } from '#src/alert/alert.ts'
import type { EpochMs } from '#src/call/call.ts'
import { engineOf, loadDetectors } from '#src/command/engine.ts'
import { loadPlugins } from '#src/command/plugins.ts'
import { Findings } from '#src/command/replay/report.ts'
import { loadConfig } from '#src/config.ts'
import { type MemoryStream, memoryStream } from '#src/stream/memory.ts'

/** What the engine made of a log at one budget. */
export interface Played {
  /** False alarms a day that are allowed. */
  readonly budget: number
  readonly calls: number
  readonly rejected: number
  readonly late: number
  readonly duplicates: number
  readonly alerts: readonly Alert[]
  /** What the stages took, without the making of the lines. */
  readonly seconds: number
}

/** Lines that are made before the stages run on them: bounds what is held at once, as in `tidemark replay`. */
const CHUNK = 20_000

interface Player {
  readonly budget: number
  readonly findings: Findings
  readonly stream: MemoryStream
  milliseconds: number
}

/**
 * Reads a log once, through the stages of `tidemark replay` with shipped settings and one engine for each budget. `runStart` stands in for
 * the append time of the lines: no line may be later than five minutes after it.
 */
export async function play(
  lines: Iterable<string>,
  budgets: readonly number[],
  runStart: EpochMs,
): Promise<readonly Played[]> {
  const players = await Promise.all(budgets.map((budget) => openPlayer(budget, runStart)))
  let waiting: Uint8Array[] = []
  const run = async (ends: boolean): Promise<void> => {
    for (const player of players) {
      const started = performance.now()
      for (const value of waiting) player.stream.appendRecord('calls', 0, { key: null, value, appendedAt: null })
      await (ends ? player.stream.finish() : player.stream.settle())
      player.milliseconds += performance.now() - started
    }
    waiting = []
  }
  for (const line of lines) {
    waiting.push(Buffer.from(line))
    if (waiting.length >= CHUNK) await run(false)
  }
  await run(true)
  return Promise.all(players.map((player) => closePlayer(player, runStart)))
}

async function openPlayer(budget: number, runStart: EpochMs): Promise<Player> {
  const loaded = loadConfig(null, {}, await loadPlugins())
  if (loaded.kind === 'wrong') throw new Error(`the shipped configuration is wrong: ${JSON.stringify(loaded.problems)}`)
  const config = { ...loaded.config, budget: { falseAlarmsPerDay: budget } }
  const findings = new Findings()
  const detectors = await loadDetectors()
  const { collect, judge } = engineOf({ config, detectors, format: native, runStart, counted: findings.counted })
  const stream = memoryStream({ discard: ['dead-letters', 'baseline-rows'] })
  for (const stage of [collect, judge]) await stream.transform(stage)
  await stream.drain(findings.drain)
  return { budget, findings, stream, milliseconds: 0 }
}

async function closePlayer(player: Player, runStart: EpochMs): Promise<Played> {
  await player.stream.close()
  const seconds = player.milliseconds / 1000
  const { calls, rejected, late, duplicates, alerts } = player.findings.report(runStart, seconds)
  return { budget: player.budget, calls, rejected, late, duplicates, alerts, seconds }
}
