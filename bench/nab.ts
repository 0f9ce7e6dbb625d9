/**
 * The Numenta Anomaly Benchmark with its own scoring: Tidemark's level detector beside the published ones, the null and random ones.
 * `npm run nab [-- --data FOLDER] [--report text|json]`; without a folder `../shared/data/NAB`. See NAB.md.
 */
import { parseArgs } from 'node:util'
import { LEVEL_SHAPE, type LevelShape } from '#src/baseline/level.ts'
import { randomFor } from '#src/demo/random.ts'
import { progress, report } from './figures.ts'
import { accumulatedOf, crestsOf, levelScores, noveltyOf } from './nab/detect.ts'
import { crossFitted, fitted } from './nab/fit.ts'
import { published } from './nab/published.ts'
import { hitsWithin, optimise, profiles, type Scored, sweepOf } from './nab/score.ts'
import { hasData, isService, readAll, type Series } from './nab/series.ts'

const { values: flags } = parseArgs({
  options: { data: { type: 'string', default: '../shared/data/NAB' }, report: { type: 'string', default: 'text' } },
})

const RANDOM_SEEDS = 10
/** Constants that cross-fitting may choose among: half, as shipped, and double. */
const candidates: readonly LevelShape[] = [3, 6, 12].flatMap((lag) =>
  [0, 0.001, 0.002].flatMap((trim) => [32, 64, 128].map((kernels) => ({ lag, trim, kernels }))),
)

interface Row {
  readonly name: string
  readonly scores: readonly number[]
  readonly hits: number | null
  readonly falseRows: number | null
  readonly service: readonly number[] | null
  readonly looksAhead: boolean
}

const scoredBy = (all: readonly Series[], score: (values: Float64Array, file: number) => Float64Array): Scored[] =>
  all.map((series, file) => ({ series, scores: score(series.values, file) }))

function rowOf(name: string, files: readonly Scored[]): Row {
  const outcomes = fitted(
    files,
    files.filter(({ series }) => isService(series.name)),
  )
  const { hits, falseRows } = outcomes[0]!
  const [scores, service] = [outcomes.map(({ score }) => score), outcomes.map(({ part }) => part)]
  return { name, scores, hits, falseRows, service, looksAhead: false }
}

function randomRow(all: readonly Series[]): Row {
  const seeds = Array.from({ length: RANDOM_SEEDS }, (_, seed) => seed)
  const rows = seeds.map((seed) =>
    rowOf(
      'random',
      scoredBy(all, (values, file) => {
        const random = randomFor(seed, file)
        return values.map(() => random.unit())
      }),
    ),
  )
  const mean = (of: (row: Row) => number): number => rows.reduce((sum, row) => sum + of(row) / rows.length, 0)
  const scores = profiles.map((_, i) => mean((row) => row.scores[i]!))
  return { ...rows[0]!, name: `random (mean of ${RANDOM_SEEDS})`, scores, hits: null, falseRows: null, service: null }
}

function tableOf(rows: readonly Row[]): string {
  const cell = (values: readonly number[] | null): string => values?.map((value) => value.toFixed(1)).join(' / ') ?? ''
  const lines = rows.map(({ name, scores, hits, falseRows, service, looksAhead }) => {
    const found = hits === null ? '' : `${hits} / ${falseRows}`
    return `| ${name} | ${cell(scores)} | ${found} | ${cell(service)} | ${looksAhead ? 'yes' : ''} |`
  })
  return [
    '| detector | standard / low FP / low FN | windows found of 116 / false rows | 20 service files | looks ahead |',
    '| --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n')
}

function main(): number {
  if (!hasData(flags.data)) {
    progress(`no benchmark data in ${flags.data}: give --data FOLDER, a checkout of the benchmark`)
    return 2
  }
  const all = readAll(flags.data)
  const ours = scoredBy(all, (values) => levelScores(values, LEVEL_SHAPE))
  const found = rowOf('**Tidemark, level**', ours)
  progress('scored; choosing constants on one half of the files for the other')
  const tried = candidates.map((shape) => scoredBy(all, (values) => levelScores(values, shape)))
  const crossed = {
    threshold: profiles.map((profile) => crossFitted([ours], profile)),
    constants: profiles.map((profile) => crossFitted(tried, profile)),
  }
  const standard = tried.map((files) => optimise(sweepOf(files), profiles[0]!).score)
  const changed = [
    rowOf(
      'every row told, not only crests',
      scoredBy(all, (values) => noveltyOf(values, LEVEL_SHAPE)),
    ),
    rowOf(
      'evidence added up over ticks',
      scoredBy(all, (values) => crestsOf(accumulatedOf(noveltyOf(values, LEVEL_SHAPE)))),
    ),
  ]
  const sweep = sweepOf(ours)
  const budgets = [10, 20, 64, 128].map((falseRows) => ({ falseRows, hits: hitsWithin(sweep, falseRows) }))
  const others = published.map(({ name, board, found: at, service, looksAhead }): Row => {
    return { name, scores: board, hits: at?.[0] ?? null, falseRows: at?.[1] ?? null, service, looksAhead }
  })
  const none = rowOf(
    'null',
    scoredBy(all, (values) => values.map(() => 0.5)),
  )
  const rows = [found, ...others, randomRow(all), none].sort((a, b) => b.scores[0]! - a.scores[0]!)
  const fixed = (values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(' / ')
  const text = [
    tableOf(rows),
    `Changed on purpose:\n\n${tableOf(changed)}`,
    `Standard scores of ${standard.length} choices of constants (half and double of each): ${fixed([Math.min(...standard), Math.max(...standard)])}.`,
    `Cross-fitted, threshold only: ${fixed(crossed.threshold)}; threshold and constants: ${fixed(crossed.constants)}.`,
    `Windows found with at most so many false rows: ${budgets.map((one) => `${one.falseRows}: ${one.hits}`).join(', ')}.`,
  ].join('\n\n')
  report(flags.report === 'json' ? 'json' : 'text', { rows, changed, standard, crossed, budgets }, text)
  return 0
}

process.exitCode = main()
