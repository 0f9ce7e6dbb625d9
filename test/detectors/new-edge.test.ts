import { expect, test } from 'vitest'
import newEdge from '#detectors/new-edge/detector.ts'
import newOrigin from '#detectors/new-origin/detector.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { newNoveltyNorm } from '#src/baseline/novelty.ts'
import type { NovelView } from '#src/detection/detector.ts'
import { judged } from '#test/contract/detector/views.ts'
import { callOf, episodeOf } from './given.ts'

const params = { leastNew: 3 }
const usual = { ...newNoveltyNorm(), share: 1e-5, bound: 1e-4, armed: true, seen: 10_000 }

/** A tick in which so many of these calls met something new; so much of it excused. */
function view(fresh: number, calls: number, more: Partial<NovelView> = {}): NovelView {
  return { ...usual, except: 'young', calls, fresh, excused: 0, weight: 1, named: [], met: [], ...more }
}

function evidence(edges: NovelView) {
  const found = judged(newEdge as never, { edges } as never, params)
  if (found === null) throw new Error('not judged')
  return found
}

test('a new endpoint is worth as much as it is improbable, every other call takes something away', () => {
  expect(evidence(view(1, 1)).logE[2]).toBeCloseTo(Math.log(0.5 / 1e-4), 9)
  expect(evidence(view(1, 11)).logE[2]).toBeCloseTo(Math.log(0.5 / 1e-4) + 10 * Math.log(0.5 / (1 - 1e-4)), 9)
  expect(evidence(view(0, 5)).logE[0]).toBeLessThan(0)
})

test('no alternative is less than twice the bound', () => {
  expect(evidence(view(1, 1, { bound: 0.2 })).logE[0]).toBeCloseTo(Math.log(2), 9)
})

test('a young endpoint costs, a network that is shared does not', () => {
  expect(evidence(view(0, 1, { excused: 3 })).logE[0]).toBeCloseTo(Math.log(0.99 / (1 - 1e-4)) - 6, 9)
  const origins = judged(newOrigin as never, { origins: view(0, 1, { excused: 3 }) } as never, params)
  expect(origins?.logE[0]).toBeCloseTo(Math.log(0.99 / (1 - 1e-4)), 9)
})

test('three new endpoints are the least, one where it is sensitive', () => {
  const floor = (fresh: number, weight: number): boolean => {
    const { sums, peaks } = evidence(view(fresh, 10, { weight }))
    return newEdge.floor(sums, peaks, params, false)
  }
  expect([floor(2, 1), floor(3, 1), floor(1, 20), floor(0, 20)]).toEqual([false, true, true, false])
})

test('says what was new, and how bad it is', () => {
  const names = Array.from({ length: 12 }, (_, i) => keyOf(endpointRef('vault', 'GET', `/it's/${i}`)))
  const said = (fresh: number, weight: number) =>
    newEdge.explain(episodeOf([evidence(view(fresh, 40, { weight }))], { names: names.slice(0, fresh) }), params)
  expect(said(12, 1).reason).toContain("GET vault /it's/0, ")
  expect(said(12, 1).reason).toContain(' and 7 more')
  expect(said(12, 1).condition).toContain(String.raw`route IN ('/it\'s/0', `)
  expect([said(5, 1), said(12, 1), said(5, 20), said(12, 20)].map(({ severity }) => severity)).toEqual([
    'medium',
    'high',
    'high',
    'critical',
  ])
})

test('calls without an address come from nowhere', () => {
  const { of } = newOrigin.measures.origins
  expect(of(callOf({ clientIp: null }), 'who')).toBeNull()
  expect(of(callOf({ clientIp: '192.0.2.7' }), 'who')).toBe('192.0.2.0/24')
})
