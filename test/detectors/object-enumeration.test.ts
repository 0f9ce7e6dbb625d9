import { describe, expect, test } from 'vitest'
import detector from '#detectors/object-enumeration/detector.ts'
import type { CountView, RatioView } from '#src/detection/detector.ts'
import type { Evidence } from '#src/detection/surprise.ts'
import { expectAlerts, toldOf } from '#test/contract/detector/expected.ts'
import { play, shipped } from '#test/contract/detector/play.ts'
import { recipeOf } from '#test/contract/detector/recipe.ts'
import { callsOf } from '#test/contract/detector/traffic.ts'
import { judged } from '#test/contract/detector/views.ts'
import { countOf, episodeOf, ratioOf, taken } from './given.ts'

const params = detector.params.parse({})
const { objects, missing } = detector.measures
const cold = { share: 0.01, bound: 0.037, seen: 0 }

function judge(of: CountView, gone: RatioView = ratioOf(0, of.k, cold)): Evidence | null {
  return judged(detector, { objects: of, missing: gone }, params)
}

describe('what names an object', () => {
  test('a path of a route with a parameter', () => {
    expect(taken(objects, {})).toBe('/v1/accounts/42')
    expect(taken(objects, { route: '/v1/accounts', path: '/v1/accounts' })).toBeNull()
    expect(taken(objects, { path: null })).toBeNull()
  })

  test.each([[401], [403], [404]])('with status %i it is missing', (status) => {
    expect(taken(missing, { status })).toBe('/v1/accounts/42')
  })

  test('refused by policy it is missing, failed or found it is not', () => {
    expect(taken(missing, { status: 200, decision: 'deny' })).toBe('/v1/accounts/42')
    expect(taken(missing, { status: 200 })).toBeNull()
    expect(taken(missing, { status: 503 })).toBeNull()
  })
})

describe('judge', () => {
  test('a cold identity is judged by what is missing, and not by how many', () => {
    const many = countOf(500, { armed: false })
    expect(Math.max(...(judge(many, ratioOf(0, 500, cold))?.logE ?? []))).toBe(0)
    expect(Math.max(...(judge(many, ratioOf(300, 500, cold))?.logE ?? []))).toBeGreaterThan(10)
  })

  test('says of each measure apart what it carries', () => {
    const best = (evidence: Evidence | null, measure: string): number =>
      Math.max(
        ...detector.measureOf.map((key, m) => (key === measure ? (evidence?.logE[m] ?? 0) : Number.NEGATIVE_INFINITY)),
      )
    const counted = judge(countOf(200, { mean: 10, bound: 15, shape: 20 }))
    expect(best(counted, 'objects')).toBeGreaterThan(10)
    expect(best(counted, 'missing')).toBeLessThan(0)
    const guessed = judge(countOf(15, { mean: 10, bound: 15, shape: 20 }), ratioOf(14, 15, cold))
    expect(best(guessed, 'objects')).toBeLessThan(0)
    expect(best(guessed, 'missing')).toBeGreaterThan(5)
  })

  test('twice as many as usual are never told', () => {
    const ticks = Array.from(
      { length: 30 },
      () => judge(countOf(200, { mean: 100, bound: 140, shape: 20 })) as Evidence,
    )
    const { sums, peaks } = episodeOf(ticks)
    expect(detector.floor(sums, peaks, params, false)).toBe(false)
  })
})

test('a job that begins to export by night is told in its first night and in no other', async () => {
  const endpoint = 'POST orders /v1/orders/{id}/export'
  const night = (from: number, calls: number) => ({
    endpoint,
    from,
    minutes: 30,
    calls,
    by: 'order-job',
    objects: 'each' as const,
  })
  const recipe = recipeOf({
    story: 'a job that works by day, and from the second night on exports ten thousand orders',
    minutes: 4 * 1440,
    usual: [{ endpoint, perMinute: 3, by: 'order-job', objects: 50 }],
    extra: [night(1080, 10_000), night(2520, 10_000), night(3960, 11_000)],
    expect: [
      {
        entity: 'order-job',
        severity: ['medium', 'high'],
        opened: [1079.5, 1081],
        detected: [1080, 1082],
        observed: { objects: [5000, 10_300] },
      },
    ],
  })
  const alerts = (await play(await shipped(), recipe, callsOf(recipe))).filter(
    ({ detector: by }) => by === detector.name,
  )
  expect(alerts.map(toldOf)).toHaveLength(1)
  expectAlerts(alerts, recipe.expect)
})
