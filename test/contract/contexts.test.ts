import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Alert } from '#src/alert/alert.ts'
import { isContext } from '#src/detection/context.ts'
import { expectAlerts, toldOf } from './detector/expected.ts'
import { codeIn, SECTIONS, sectionsOf } from './detector/page.ts'
import { play, shipped } from './detector/play.ts'
import { readCases } from './detector/recipe.ts'
import { callsOf } from './detector/traffic.ts'

const stage = await shipped()
const contexts = [...stage.detectors.values()].filter(isContext)

test('there are contexts', () => {
  expect(contexts.map(({ name }) => name)).toEqual(['latency-shift'])
})

/** What every context owes: a page, and cases in which the alerts of others tell it, or do not. */
describe.each(contexts)('$name', ({ name, about, params }) => {
  const folder = new URL(`../../detectors/${name}/`, import.meta.url)
  const page = readFileSync(new URL('README.md', folder), 'utf8')
  const sections = sectionsOf(page)
  const cases = readCases(new URL('cases/', folder))

  test('has a page with all sections, every setting, and an alert of another detector', () => {
    expect(page.startsWith(`# ${name}: `)).toBe(true)
    expect(about.misses).toMatch(/\.$/)
    expect([...sections.keys()]).toEqual([...SECTIONS])
    for (const [setting, value] of Object.entries(params.parse({}) as Record<string, unknown>)) {
      expect(sections.get('Settings')).toContain(`| \`${setting}\` | ${String(value)} |`)
    }
    const alert = JSON.parse(codeIn(sections.get('An example alert') ?? '', 'json')[0] ?? '') as Partial<Alert>
    expect([...stage.detectors.keys()].filter((other) => other !== name)).toContain(alert.detector)
  })

  test('has a case in which it is told, one in which it is not, and one without any alert', () => {
    const kinds = cases.map(({ recipe: { expect: told, others } }) =>
      told.length > 0 ? 'told' : others.length > 0 ? 'not' : 'none',
    )
    expect([...new Set(kinds)].sort()).toEqual(['none', 'not', 'told'])
  })

  test.each(cases)('$name', async ({ recipe }) => {
    const alerts = await play(stage, recipe, callsOf(recipe))
    if (recipe.expect.length > 0) {
      for (const { says } of recipe.expect) expect(says).toBeDefined()
      expectAlerts(alerts, recipe.expect)
      return
    }
    expect([...new Set(alerts.map(({ detector }) => detector))], JSON.stringify(alerts.map(toldOf))).toEqual(
      recipe.others,
    )
    // What a context says stands behind what the detector says.
    for (const { reason, observed, expected } of alerts) {
      expect(reason).not.toContain('; its ')
      expect(Object.keys(observed)).toEqual(expect.arrayContaining(['duration_ms']))
      expect(observed.duration_ms).toBeGreaterThan(expected.duration_ms_low as number)
      expect(observed.duration_ms).toBeLessThan(expected.duration_ms_high as number)
    }
  })
})
