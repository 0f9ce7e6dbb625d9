import { describe, expect, test } from 'vitest'
import native from '#schemas/native/format.ts'
import { SCOPES } from '#src/baseline/measure.ts'
import { engineOf, loadDetectors, loadFormats } from '#src/command/engine.ts'
import { loadPlugins } from '#src/command/plugins.ts'
import { loadConfig } from '#src/config.ts'
import { isContext } from '#src/detection/context.ts'
import type { Plan, Watch } from '#src/detection/plan.ts'

const loaded = loadConfig(null, {}, await loadPlugins())
if (loaded.kind === 'wrong') throw new Error('the defaults are wrong')
const { config } = loaded
const detectors = await loadDetectors()
const parts = { config, detectors, format: native, runStart: 0 }

function watchesOf(plan: Plan): readonly Watch[] {
  return SCOPES.flatMap((scope) => plan[scope].watches)
}

/** False alarms a day of all watches, over all shards. */
function spentOf(plan: Plan): number {
  const spent = watchesOf(plan).reduce(
    (sum, { logBudget, detector }) =>
      sum + Math.exp(logBudget) * (detector.single && detector.accumulates !== false ? 2 : 1),
    0,
  )
  return spent * config.shards
}

describe('the engine', () => {
  test('runs every detector that is found and on, in each of its scopes, within one budget', () => {
    const { plan } = engineOf(parts)
    const names = watchesOf(plan).map(({ detector, scope }) => `${scope} ${detector.name}`)
    const settings = config.detectors as Readonly<Record<string, { readonly enabled: boolean }>>
    const running = [...detectors.values()].filter((one) => !isContext(one) && settings[one.name]?.enabled)
    expect(running.length).toBeGreaterThan(5)
    expect(names.sort()).toEqual(
      running.flatMap(({ name, scopes }) => scopes.map((scope) => `${scope} ${name}`)).sort(),
    )
    expect(spentOf(plan)).toBeCloseTo(config.budget.falseAlarmsPerDay, 9)
  })

  test('leaves out what is switched off, and gives its part to the others', () => {
    const off = {
      ...config,
      detectors: { ...config.detectors, 'get-spike': { ...config.detectors['get-spike'], enabled: false } },
    }
    const { plan } = engineOf({ ...parts, config: off })
    expect(watchesOf(plan).map(({ detector }) => detector.name)).not.toContain('get-spike')
    expect(spentOf(plan)).toBeCloseTo(config.budget.falseAlarmsPerDay, 9)
  })

  test('joins the stages by the topic between them', () => {
    const { collect, judge } = engineOf(parts)
    expect(collect.outputs).toContain(judge.input)
    expect([collect.input, judge.state]).toEqual(['calls', 'baselines'])
  })

  test('finds formats and detectors by the names of their folders', async () => {
    const formats = await loadFormats()
    expect([...formats.keys()]).toEqual(expect.arrayContaining(['native', 'apache-combined']))
    for (const [name, detector] of detectors) expect(detector.name).toBe(name)
  })
})
