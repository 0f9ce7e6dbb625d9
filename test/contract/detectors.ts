import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Alert } from '#src/alert/alert.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import type { Detector, Episode } from '#src/detection/detector.ts'
import { leastTogether } from '#src/detection/family.ts'
import { SEVERITIES } from '#src/detection/severity.ts'
import { ALTERNATIVES, type Evidence, PEAKS, SUMS } from '#src/detection/surprise.ts'
import { callOf } from '#test/fakes/call.ts'
import { readCondition } from './detector/condition.ts'
import { alone, modest, outcomes } from './detector/null.ts'
import { codeIn, SECTIONS, sectionsOf } from './detector/page.ts'
import { type Case, readCases } from './detector/recipe.ts'
import { frozen, judged, moreOf, type View, viewsOf } from './detector/views.ts'

/** What every detector owes besides its cases: its folder, and a `judge` and an `explain` that may be trusted. `folder` ends with a slash. */
export function detectorContract(detector: Detector, folder: URL): void {
  const params = detector.params.parse({})
  const cases = readCases(new URL('cases/', folder))
  describe('its folder', () => folderContract(detector, folder, cases))
  describe('judge', () => judgeContract(detector, params))
  describe('explain', () => explainContract(detector, params))
}

function folderContract(detector: Detector, folder: URL, cases: readonly Case[]): void {
  test('has its name', () => {
    expect(folder.pathname.endsWith(`/${detector.name}/`)).toBe(true)
    expect(detector.name).toMatch(/^[a-z][a-z0-9-]{2,39}$/)
    expect(detector.about.title).not.toMatch(/\.$/)
    expect(detector.about.catches).toMatch(/\.$/)
    expect(detector.about.misses).toMatch(/\.$/)
  })

  test('has a page with all sections, and something in each', () => {
    const page = readFileSync(new URL('README.md', folder), 'utf8')
    const sections = sectionsOf(page)
    expect(page.startsWith(`# ${detector.name}: `)).toBe(true)
    expect([...sections.keys()]).toEqual([...SECTIONS])
    for (const [, text] of sections) expect(text.length).toBeGreaterThan(100)
  })

  test('its page names every setting with its default', () => {
    const settings = sectionsOf(readFileSync(new URL('README.md', folder), 'utf8')).get('Settings') ?? ''
    for (const [name, value] of Object.entries(detector.params.parse({}) as Record<string, unknown>)) {
      expect(settings).toContain(`| \`${name}\` | ${String(value)} |`)
    }
  })

  test('its page shows an alert as it is, and SQL for those who get it', () => {
    const sections = sectionsOf(readFileSync(new URL('README.md', folder), 'utf8'))
    const [text = ''] = codeIn(sections.get('An example alert') ?? '', 'json')
    const alert = JSON.parse(text) as Partial<Alert>
    expect(alert.detector).toBe(detector.name)
    expect(alert.reason?.length).toBeGreaterThan(20)
    const queries = codeIn(sections.get('Runbook') ?? '', 'sql')
    expect(queries.length).toBeGreaterThan(0)
    for (const sql of queries)
      expect(sql).toMatch(/^SELECT [\s\S]*\bFROM tidemark\.[a-z_]+\b[\s\S]*\b(LIMIT \d+|ORDER BY \w+)$/)
  })

  test('has a case that fires and one that stays silent', () => {
    expect(cases.filter(({ recipe }) => recipe.expect.length > 0)).not.toEqual([])
    expect(cases.filter(({ recipe }) => recipe.expect.length === 0)).not.toEqual([])
  })

  test('each setting has a default, a meaning and bounds', () => {
    expect(detector.params).toBeInstanceOf(z.ZodObject)
    const schema = z.toJSONSchema(detector.params, { io: 'input' }) as { properties?: Record<string, object> }
    for (const [name, setting] of Object.entries(schema.properties ?? {})) {
      expect(setting, name).toMatchObject({ default: expect.anything(), description: expect.stringMatching(/\.$/) })
    }
    expect(detector.params.safeParse({ noSuchSetting: 1 }).success).toBe(false)
  })

  test('declares what the engine can give', () => {
    expect(detector.share).toBeGreaterThan(0)
    expect(detector.share).toBeLessThanOrEqual(4)
    expect(detector.alternatives).toBeGreaterThanOrEqual(1)
    expect(detector.alternatives).toBeLessThanOrEqual(ALTERNATIVES)
    expect(detector.earlyMargin).toBeGreaterThanOrEqual(0)
    expect(detector.scopes.length).toBeGreaterThan(0)
    expect(Object.keys(detector.measures)).toEqual(expect.arrayContaining([...detector.measureOf]))
    expect(detector.measureOf.length).toBe(detector.alternatives)
  })
}

function judgeContract(detector: Detector, params: unknown): void {
  const views = viewsOf(detector)
  const strength = fc.integer({ min: 1, max: 1_000_000 })

  test('says the same of the same, and changes nothing that it is shown', () => {
    const property = fc.property(views, strength, (shown, strong) => {
      const once = judged(detector, frozen(shown), Object.freeze(params), strong)
      expect(judged(detector, shown, params, strong)).toEqual(once)
    })
    fc.assert(property)
  })

  test('every number is finite, whatever it is shown', () => {
    const property = fc.property(views, strength, (shown, strong) => {
      const evidence = judged(detector, shown, params, strong)
      for (const value of evidence === null ? [] : numbersOf(evidence, detector))
        expect(Number.isFinite(value)).toBe(true)
      if (evidence === null) return
      expect(evidence.logSingle).toBeLessThanOrEqual(0)
      expect(evidence.weight).toBeGreaterThanOrEqual(0)
      expect(evidence.weight).toBeLessThanOrEqual(1)
      if (!detector.single) expect(evidence).toMatchObject({ logSingle: 0, singles: 0 })
    })
    fc.assert(property, { numRuns: 500 })
  })

  test('evidence is an e-value: at most 1 on average while the baseline holds, which is what keeps the budget', () => {
    let highest = 0
    const property = fc.property(views, fc.constantFrom(...Object.keys(detector.measures)), (shown, name) => {
      const means = new Float64Array(detector.alternatives)
      for (const { logProbability, view, then } of outcomes(modest(shown[name] as View))) {
        const heard = [view, ...(then === undefined ? [] : [then])].map((one) =>
          judged(detector, alone({ ...shown, [name]: one }, name), params),
        )
        for (let m = 0; m < means.length; m += 1) {
          const nats = heard.reduce((sum, evidence) => sum + (evidence === null ? 0 : (evidence.logE[m] as number)), 0)
          means[m] = (means[m] as number) + Math.exp(logProbability + nats)
        }
      }
      highest = Math.max(highest, ...means)
    })
    fc.assert(property, { numRuns: 50 })
    expect(highest).toBeLessThanOrEqual(1 + 1e-6)
    // Far below one nothing would ever be told.
    expect(highest).toBeGreaterThan(0.5)
  })

  test('a baseline that has seen nothing is not tested for rates and sizes', () => {
    const shares = new Set<string>(['ratio', 'breadth', 'tokens'])
    if (Object.values(detector.measures).some(({ kind }) => shares.has(kind))) return
    fc.assert(
      fc.property(views, (shown) => {
        const cold = Object.fromEntries(Object.entries(shown).map(([name, view]) => [name, { ...view, armed: false }]))
        expect(judged(detector, cold, params)).toBeNull()
      }),
    )
  })

  test('more of what it counts moves the evidence one way, and the other way never', () => {
    const ways = new Map<string, Set<number>>()
    const names = Object.keys(detector.measures)
    const property = fc.property(
      views,
      fc.constantFrom(...names),
      fc.integer({ min: 1, max: 50 }),
      (shown, name, by) => {
        const view = shown[name] as View
        const less = judged(detector, alone(shown, name), params)
        const more = judged(detector, alone({ ...shown, [name]: moreOf(view, by) }, name), params)
        if (less === null || more === null) return
        for (let m = 0; m < detector.alternatives; m += 1) {
          const change = (more.logE[m] as number) - (less.logE[m] as number)
          // Sums over a million calls are known to about ten digits.
          if (Math.abs(change) > 1e-9 * (1 + Math.abs(less.logE[m] as number)))
            ways.set(name, (ways.get(name) ?? new Set()).add(Math.sign(change)))
        }
      },
    )
    fc.assert(property, { numRuns: 500 })
    // What compares measures with one another says nothing of one alone: that is for its own tests.
    for (const [name, way] of ways) expect([name, ...way]).toHaveLength(2)
    expect(ways.size > 0 || names.length > 1).toBe(true)
  })
}

function numbersOf(evidence: Evidence, { alternatives }: Detector): number[] {
  const { logE, sums, peaks, logSingle, singles, weight, calm } = evidence
  return [...logE.subarray(0, alternatives), ...sums, ...peaks, logSingle, singles, weight, calm]
}

function explainContract(detector: Detector, params: unknown): void {
  test('finite numbers, texts that say something, and SQL on the columns that there are', () => {
    let explained = 0
    const property = fc.property(episodesOf(detector, params), (episode) => {
      if (episode === null) return
      explained += 1
      const said = detector.explain(episode, params)
      expect(SEVERITIES).toContain(said.severity)
      for (const value of [...Object.values(said.observed), ...Object.values(said.expected)]) {
        expect(Number.isFinite(value)).toBe(true)
      }
      expect(Object.keys(said.observed)).not.toEqual([])
      expect(Object.keys(said.expected)).toEqual(expect.arrayContaining(['low', 'high']))
      for (const text of [said.reason, said.silentIf]) {
        expect(text.length).toBeGreaterThan(20)
        expect(text).not.toMatch(/NaN|Infinity|undefined|null|\[object|\n/)
      }
      expect(readCondition(said.condition)({})).toBe(false)
      if (!detector.scopes.includes('service') || said.least === undefined) return
      // What one endpoint carries alone is weighed by the number that people are told.
      expect(Number.isFinite(said.least)).toBe(true)
      expect(said.silentIf).toContain(String(Math.min(leastTogether(said.least, episode), episode.sums[0] as number)))
    })
    fc.assert(property, { numRuns: 300 })
    expect(explained).toBeGreaterThan(10)
  })
}

/** Episodes of one to five ticks that passed the floors; `null` for those that did not. */
function episodesOf(detector: Detector, params: unknown): fc.Arbitrary<Episode | null> {
  const top = fc.option(
    fc.record({
      name: fc.string({ minLength: 1, maxLength: 20 }),
      share: fc.constantFrom(0.13, 0.5, 0.75, 1),
    }),
  )
  const rest = fc.record({
    needed: fc.integer({ min: 1, max: 40 }),
    weight: fc.integer({ min: 1, max: 100 }),
    single: fc.constant(false).chain((no) => (detector.single ? fc.boolean() : fc.constant(no))),
    top,
    alone: fc.constantFrom(0, 0.25, 1),
    names: fc.subarray(namesOf(detector), { minLength: Math.min(1, namesOf(detector).length) }),
  })
  return fc.tuple(fc.array(viewsOf(detector), { minLength: 1, maxLength: 5 }), rest).map(([ticks, others]) => {
    const sums = new Float64Array(SUMS)
    const peaks = new Float64Array(PEAKS)
    for (const evidence of ticks.map((views) => judged(detector, views, params))) {
      if (evidence === null) continue
      for (let i = 0; i < SUMS; i += 1) sums[i] = (sums[i] as number) + (evidence.sums[i] as number)
      for (let i = 0; i < PEAKS; i += 1) peaks[i] = Math.max(peaks[i] as number, evidence.peaks[i] as number)
    }
    const isOdd = (sums[0] as number) > 0 && detector.floor(sums, peaks, params, others.single)
    const ref = endpointRef('payments', 'POST', '/v1/charge')
    return isOdd ? { ...others, ref, sums, peaks, windowSeconds: 10 * ticks.length } : null
  })
}

/** What its measures may name as new. */
function namesOf({ measures }: Detector): string[] {
  const addresses = ['192.0.2.7', '203.0.113.200', '2001:db8:1::7', '2001:db8::ffff', '::ffff:198.51.100.1']
  if (Object.values(measures).some(({ kind }) => kind === 'tokens')) return ['t-1', "it's", '@1795336200-1795339800']
  return Object.values(measures).flatMap((measure) =>
    measure.kind === 'novel'
      ? addresses.flatMap(
          (clientIp, i) => measure.of(callOf({ clientIp }), keyOf(endpointRef('pay', 'GET', `/'${i}`))) ?? [],
        )
      : [],
  )
}
