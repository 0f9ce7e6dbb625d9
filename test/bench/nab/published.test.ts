import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, test } from 'vitest'
import { LEVEL_SHAPE } from '#src/baseline/level.ts'
import { levelScores } from '../../../bench/nab/detect.ts'
import { crossFitted } from '../../../bench/nab/fit.ts'
import { published } from '../../../bench/nab/published.ts'
import {
  hitsWithin,
  type Outcome,
  optimise,
  type Profile,
  profiles,
  type Scored,
  sweepOf,
} from '../../../bench/nab/score.ts'
import { hasData, isService, readAll, type Series } from '../../../bench/nab/series.ts'
import { erfc, windowedGaussian } from './windowed-gaussian.ts'

/** A checkout of the benchmark; with it go the rows of published detectors. */
const folder = process.env.NAB ?? fileURLToPath(new URL('../../../../shared/data/NAB', import.meta.url))
const all = hasData(folder) ? readAll(folder) : []
function outcomesOf(files: readonly Scored[]): readonly Outcome[] {
  const sweep = sweepOf(files)
  return profiles.map((profile) => optimise(sweep, profile))
}

function rowsOf(detector: string, { name, values }: Series): Float64Array {
  const [part, file] = name.split('/') as [string, string]
  const lines = readFileSync(join(folder, 'results', detector, part, `${detector}_${file}`), 'utf8').trimEnd()
  const scores = Float64Array.from(lines.split('\n').slice(1), (line) => Number(line.split(',')[2]))
  if (scores.length !== values.length) throw new Error(`${detector} has other rows for ${name}`)
  return scores
}

it('knows the tail of the normal distribution', () => {
  // Abramowitz and Stegun, tables 7.1 and 26.2.
  expect(erfc(0.5)).toBeCloseTo(0.4795001222, 10)
  expect(erfc(2)).toBeCloseTo(0.0046777349810473, 12)
  expect(0.5 * erfc(5 / Math.SQRT2)).toBeCloseTo(2.866515719e-7, 15)
})

describe.skipIf(all.length === 0)('the Numenta Anomaly Benchmark', () => {
  it('is read whole', () => {
    expect(all).toHaveLength(58)
    expect(all.reduce((sum, { values }) => sum + values.length, 0)).toBe(365_558)
    expect(all.reduce((sum, { windows }) => sum + windows.length, 0)).toBe(116)
    expect(all.filter(({ name }) => isService(name))).toHaveLength(20)
  })

  it('gives the Windowed Gaussian the score that is published of it', () => {
    // The published rows are rounded to twelve digits, and rows that are equal by it switch together.
    const rounded = (values: Float64Array) => windowedGaussian(values).map((score) => Number(score.toPrecision(12)))
    const files = all.map((series) => ({ series, scores: rounded(series.values) }))
    const [standard, lowFalse, lowMiss] = outcomesOf(files) as [Outcome, Outcome, Outcome]
    expect(standard).toMatchObject({ hits: 73, falseRows: 409 })
    expect(standard.score).toBeCloseTo(39.65, 2)
    expect(lowFalse.score).toBeCloseTo(20.87, 2)
    expect(lowMiss.score).toBeCloseTo(47.41, 2)
  })

  it('is passed by the level detector: what was promised', () => {
    const files = all.map((series) => ({ series, scores: levelScores(series.values, LEVEL_SHAPE) }))
    const [standard, lowFalse, lowMiss] = outcomesOf(files).map(({ score }) => score) as [number, number, number]
    expect(standard).toBeGreaterThan(65)
    expect(lowFalse).toBeGreaterThan(60)
    expect(lowMiss).toBeGreaterThan(72)
    expect(crossFitted([files], profiles[0] as Profile)).toBeGreaterThan(62)
    expect(hitsWithin(sweepOf(files), 10)).toBeGreaterThan(44)
    expect(hitsWithin(sweepOf(files), 64)).toBeGreaterThan(53)
  })
})

const withRows = published.filter(({ folder: name }) => existsSync(join(folder, 'results', name, 'realTweets')))
/** The scoreboard holds these at thresholds that are not the best of their rows, so that theirs is a lower bound. */
const belowTheirBest = new Set(['HTM Java', 'Bayesian changepoint', 'EXPoSE'])

test.skipIf(withRows.length === 0)(
  'published rows give the published scores (a full checkout has them: NAB=FOLDER)',
  () => {
    for (const { folder: rows, name, board, found } of withRows) {
      const outcomes = outcomesOf(all.map((series) => ({ series, scores: rowsOf(rows, series) })))
      for (const [i, { score }] of outcomes.entries()) {
        const above = score - (board[i] as number)
        expect(above, `${name}, ${profiles[i]?.name}`).toBeGreaterThan(-0.1)
        if (!belowTheirBest.has(name)) expect(above, `${name}, ${profiles[i]?.name}`).toBeLessThan(0.25)
      }
      expect([outcomes[0]?.hits, outcomes[0]?.falseRows], name).toEqual(found)
    }
  },
)
