import { describe, expect, it } from 'vitest'
import { crossFitted, halvesOf } from '../../../bench/nab/fit.ts'
import { hitsWithin, optimise, profiles, type Scored, scoreAt, sweepOf } from '../../../bench/nab/score.ts'
import { type Series, seriesOf } from '../../../bench/nab/series.ts'

const [standard, lowFalse, lowMiss] = profiles as unknown as [
  (typeof profiles)[0],
  (typeof profiles)[0],
  (typeof profiles)[0],
]

/** A hundred rows, so that fifteen are not scored, and windows over some of them. */
function series(windows: readonly (readonly [number, number])[], name = 'a/a.csv'): Series {
  return {
    name,
    times: new Float64Array(100),
    values: new Float64Array(100),
    windows: windows.map(([from, to]) => ({ from, to })),
    probation: 15,
  }
}

const scored = (of: Series, odd: Readonly<Record<number, number>>): Scored => ({
  series: of,
  scores: Float64Array.from(of.values, (_, i) => odd[i] ?? Number.NEGATIVE_INFINITY),
})

describe('reading a file', () => {
  it('finds the rows of the labels, with six digits of a second or none', () => {
    const rows = Array.from({ length: 20 }, (_, i) => `2014-04-01 00:${String(i).padStart(2, '0')}:00,${i / 2}`)
    const read = seriesOf('a/b.csv', `timestamp,value\n${rows.join('\n')}\n`, [
      ['2014-04-01 00:05:00.000000', '2014-04-01 00:07:00.000000'],
    ])
    expect(read.windows).toEqual([{ from: 5, to: 7 }])
    expect([read.values.length, read.values[3], read.probation]).toEqual([20, 1.5, 3])
    expect((read.times[1] as number) - (read.times[0] as number)).toBe(60_000)
  })

  it('refuses labels of no row', () => {
    const text = 'timestamp,value\n2014-04-01 00:00:00,1\n'
    expect(() => seriesOf('a', text, [['2014-04-01 00:00:00.0', '2014-04-02 00:00:00.0']])).toThrow(/outside/)
  })
})

describe("the benchmark's score", () => {
  const one = series([[40, 49]])

  it('is 0 for silence and 100 for the first row of each window and nothing else', () => {
    expect(optimise(sweepOf([scored(one, {})]), standard).score).toBe(0)
    const two = series([
      [40, 49],
      [80, 99],
    ])
    for (const profile of profiles) {
      expect(optimise(sweepOf([scored(two, { 40: 1, 80: 1 })]), profile).score).toBeCloseTo(100, 9)
    }
  })

  it('pays less the later, and only once', () => {
    const at = (row: number): number => scoreAt(sweepOf([scored(one, { [row]: 1 })]), standard, 1).score
    expect(at(40)).toBeCloseTo(100, 9)
    // Half through: (2 / (1 + e^-2.5) - 1) / (2 / (1 + e^-5) - 1) = 0.85978; with the miss that is no more (1.85978) of 2.
    expect(at(45)).toBeCloseTo(92.99, 1)
    expect(at(49)).toBeLessThan(at(45))
    expect(scoreAt(sweepOf([scored(one, { 45: 1, 46: 1, 40: 0.5 })]), standard, 1).score).toBe(at(45))
  })

  it('takes for what is outside: little right behind a window, all of it far away and in front', () => {
    const cost = (row: number, profile = standard): number =>
      100 - scoreAt(sweepOf([scored(one, { 40: 1, [row]: 1 })]), profile, 1).score
    expect(cost(20)).toBeCloseTo(50 * 0.11, 9)
    expect(cost(20, lowFalse)).toBeCloseTo(50 * 0.22, 9)
    expect(cost(20, lowMiss)).toBeCloseTo((100 / 3) * 0.11, 9)
    expect(cost(50)).toBeLessThan(cost(52))
    expect(cost(90)).toBeCloseTo(cost(20), 9)
  })

  it('does not score the first 15% of a file', () => {
    expect(optimise(sweepOf([scored(one, { 40: 1, 14: 2 })]), standard).falseRows).toBe(0)
    expect(scoreAt(sweepOf([scored(one, { 40: 1, 15: 2 })]), standard, 1).falseRows).toBe(1)
  })

  it('switches rows of one score together', () => {
    const tied = sweepOf([scored(one, { 20: 1, 25: 1, 40: 1 })])
    expect(optimise(tied, standard)).toMatchObject({ hits: 1, falseRows: 2, threshold: 1 })
    expect(hitsWithin(tied, 1)).toBe(0)
    expect(hitsWithin(tied, 2)).toBe(1)
  })

  it('has one threshold for all files', () => {
    const other = series([[60, 69]], 'a/b.csv')
    const sweep = sweepOf([scored(one, { 40: 3 }), scored(other, { 60: 1, 20: 2, 21: 2, 22: 2 })])
    // The second window is worth its three false rows under the standard profile: 2 for it, 0.33 for them.
    expect(optimise(sweep, standard)).toMatchObject({ hits: 2, falseRows: 3, threshold: 1 })
    expect(hitsWithin(sweep, 2)).toBe(1)
  })
})

describe('cross-fitting', () => {
  it('takes every second file, and scores each half by what the other half chose', () => {
    expect(halvesOf([1, 2, 3, 4, 5])).toEqual([
      [1, 3, 5],
      [2, 4],
    ])
    const [a, b] = [series([[40, 49]], 'a/a.csv'), series([[40, 49]], 'a/b.csv')]
    // On the first file the best threshold is 2, on the second 1; each is blind to the other.
    const files = [scored(a, { 40: 2, 20: 1, 21: 1 }), scored(b, { 40: 1 })]
    expect(crossFitted([files], standard)).toBeCloseTo((100 - 2 * 50 * 0.11 + 0) / 2, 9)
    // Where silence is another choice, both halves still choose what finds something.
    const silent = [scored(a, {}), scored(b, {})]
    const good = [scored(a, { 40: 1 }), scored(b, { 40: 1 })]
    expect(crossFitted([silent, good], standard)).toBeCloseTo(100, 9)
  })
})
