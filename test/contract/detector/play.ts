import type { Alert } from '#src/alert/alert.ts'
import { engineOf, loadDetectors, loadFormats } from '#src/command/engine.ts'
import { loadPlugins } from '#src/command/plugins.ts'
import { Findings } from '#src/command/replay/report.ts'
import { type Config, loadConfig, problemText } from '#src/config.ts'
import type { Context } from '#src/detection/context.ts'
import type { Detector } from '#src/detection/detector.ts'
import { memoryStream } from '#src/stream/memory.ts'
import type { Recipe } from './recipe.ts'
import { STORY_START, type StoryCall } from './traffic.ts'

const MINUTE = 60_000
/** How many calls of a story lie in the stream unread. */
const AT_ONCE = 10_000
const bytes = new TextEncoder()

/** The engine that cases run through, with everything as it is shipped, but for detectors that are off: they run, too. */
export interface Stage {
  readonly config: Config
  readonly detectors: ReadonlyMap<string, Detector | Context>
}

export async function shipped(): Promise<Stage> {
  const loaded = loadConfig(null, {}, await loadPlugins())
  if (loaded.kind === 'wrong') throw new Error(loaded.problems.map(problemText).join('\n'))
  const settings = Object.entries(loaded.config.detectors)
  const detectors = Object.fromEntries(settings.map(([name, params]) => [name, { ...params, enabled: true }]))
  // Settings of detectors are known by their names only: what changes is one field that each of them has.
  return { config: { ...loaded.config, detectors } as Config, detectors: await loadDetectors() }
}

/** What collect and judge say of these calls: the settled alerts, as a replay reports them. */
export async function play(stage: Stage, recipe: Recipe, calls: readonly StoryCall[]): Promise<readonly Alert[]> {
  const format = (await loadFormats()).get('native')
  if (format === undefined) throw new Error('there is no native format')
  const findings = new Findings()
  const { collect, judge } = engineOf({
    config: { ...stage.config, sensitive: recipe.sensitive },
    detectors: stage.detectors,
    format,
    runStart: STORY_START + recipe.minutes * MINUTE,
    counted: findings.counted,
  })
  const stream = memoryStream({ discard: ['dead-letters', 'baseline-rows'] })
  for (const one of [collect, judge]) await stream.transform(one)
  await stream.drain(findings.drain)
  for (let from = 0; from < calls.length; from += AT_ONCE) {
    for (const call of calls.slice(from, from + AT_ONCE))
      stream.appendRecord('calls', 0, { key: null, value: bytes.encode(JSON.stringify(call)), appendedAt: null })
    await stream.settle()
  }
  await stream.finish()
  await stream.close()
  const report = findings.report(0, 0)
  if (report.calls !== calls.length) throw new Error(`${report.calls} of ${calls.length} calls were read`)
  return report.alerts
}
