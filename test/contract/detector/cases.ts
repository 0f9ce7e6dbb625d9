import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Alert } from '#src/alert/alert.ts'
import type { Detector } from '#src/detection/detector.ts'
import { callsShown } from './condition.ts'
import { expectEvidence } from './evidence.ts'
import { expectAlerts, toldOf } from './expected.ts'
import { play, type Stage } from './play.ts'
import { type Case, readCases } from './recipe.ts'
import { callsOf, type StoryCall } from './traffic.ts'
import { FIRING_PART, isClose, SILENT_PART, unless } from './unless.ts'

/** What the cases of a detector owe: they are told or they are not, and what their alerts say is true. `folder` ends with a slash. */
export function casesContract(stage: Stage, detector: Detector, folder: URL, which: 'fires' | 'silent'): void {
  const cases = readCases(new URL('cases/', folder)).filter(({ name }) => name.startsWith(`${which}-`))
  describe.each(cases)('$name', (one) => caseContract(stage, detector, one))
}

function caseContract(stage: Stage, detector: Detector, { recipe }: Case): void {
  // A story is told when its turn comes: all of them together would not fit into memory.
  let calls: readonly StoryCall[] = []
  const fires = recipe.expect.length > 0
  const own = (alerts: readonly Alert[]): readonly Alert[] => alerts.filter((alert) => alert.detector === detector.name)
  let alerts: readonly Alert[] = []
  beforeAll(() => {
    calls = callsOf(recipe)
  })
  afterAll(() => {
    calls = []
    alerts = []
  })

  test(fires ? 'fires as expected' : 'no detector says anything', async () => {
    alerts = await play(stage, recipe, calls)
    // What fires may well be odd to other detectors too; what is benign is benign to all.
    const others = alerts.filter(({ detector: name }) => recipe.others.includes(name))
    expect([...new Set(others.map(({ detector: name }) => name))].sort()).toEqual([...recipe.others].sort())
    expectAlerts(fires ? own(alerts) : alerts.filter((alert) => !others.includes(alert)), recipe.expect)
  })
  if (!fires) return

  test('its query shows the calls, and its examples are among them', () => {
    expect(own(alerts)).not.toEqual([])
    for (const alert of own(alerts)) {
      const shown = callsShown(alert.query, calls).map((call) => call.request_id)
      if (detector.alarmsInSilence === true) {
        // What is missing cannot be shown. Calls of ticks that were more like normal are in the window, and not in the episode.
        expect(shown.length).toBeGreaterThanOrEqual(alert.observed.calls as number)
        expect(shown.length).toBeLessThan((alert.expected.low as number) || 1)
        expect(alert.examples).toEqual([])
        continue
      }
      expect(shown.length).toBeGreaterThan(0)
      expect(alert.examples.length).toBeGreaterThan(0)
      expect(shown).toEqual(expect.arrayContaining(alert.examples.slice(0, shown.length)))
    }
  })

  test('its evidence is told by measure, and comes to its bits', () => {
    expect(own(alerts)).not.toEqual([])
    for (const alert of own(alerts)) expectEvidence(alert, detector)
  })

  test('silent_if is true', async () => {
    // What belongs to another alert is not told, and stays silent with that.
    const told = own(alerts).filter(({ parent }) => parent === null)
    expect(told).not.toEqual([])
    for (const alert of told) {
      const again = async (part: number): Promise<readonly Alert[]> => {
        const instead = own(await play(stage, recipe, unless(alert, calls, part)))
        return instead.filter((one) => toldOf(one).entity === toldOf(alert).entity)
      }
      expect((await again(SILENT_PART)).map(toldOf), `although ${alert.silent_if}`).toEqual([])
      if (isClose(alert, calls)) continue
      expect((await again(FIRING_PART)).length, `although more than ${alert.silent_if}`).toBeGreaterThan(0)
    }
  })
}
