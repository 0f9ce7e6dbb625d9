import { expect, it } from 'vitest'
import { pictureOf } from '../../bench/quality/picture.ts'
import type { Recall, Summary } from '../../bench/quality/summary.ts'

function recall(told: number, medianSeconds: number | null): Recall {
  return { name: '', attacks: 10, told, medianSeconds, p95Seconds: medianSeconds }
}

function summary(budget: number, told: readonly number[], delay: number | null): Summary {
  return {
    budget,
    seeds: [1, 2],
    days: 4,
    byKind: [],
    byEvidence: told.map((one) => recall(one, delay)),
    all: recall(10, delay),
    covered: { ...recall(10, delay), attacks: 30 },
    duplicatesPerHit: 0,
    falseAlarms: 0,
    perDay: { rate: 0, low: 0, high: 1 },
    byDetector: {},
    during: {},
    calls: 1,
    replaySeconds: 1,
  }
}

const picture = pictureOf([summary(10, [2, 6, 10], 10), summary(0.1, [0, 4, 8], 300), summary(1, [1, 5, 9], null)])

it('draws budgets from left to right and recall upwards', () => {
  // The strongest attacks are drawn last: 80%, 90% and 100% told.
  const strongest = /<polyline points="([^"]*)"/g
  const curves = [...picture.matchAll(strongest)].map((match) =>
    match[1]!.split(' ').map((point) => point.split(',').map(Number)),
  )
  const [x, y] = [0, 1].map((axis) => curves[2]!.map((point) => point[axis]!))
  expect(x).toEqual(x!.toSorted((a, b) => a - b))
  expect(y).toEqual(y!.toSorted((a, b) => b - a))
  expect(y!.at(-1)).toBe(84)
})

it('leaves out delays that there are none of, and draws shorter ones lower', () => {
  const last = picture.slice(picture.lastIndexOf('<polyline'))
  const points = /points="([^"]*)"/
    .exec(last)![1]!
    .split(' ')
    .map((point) => point.split(',').map(Number))
  expect(points).toHaveLength(2)
  expect(points[0]![1]).toBeLessThan(points[1]![1]!)
})

it('is well-formed and says what it shows', () => {
  const open = [...picture.matchAll(/<(\w+)[^>]*[^/]>/g)].map((match) => match[1])
  const closed = [...picture.matchAll(/<\/(\w+)>/g)].map((match) => match[1])
  expect(closed.toSorted()).toEqual(open.toSorted())
  expect(picture).toContain('30 labelled attacks in 2 generated worlds')
  expect(picture).not.toMatch(/NaN|undefined|Infinity/)
})
