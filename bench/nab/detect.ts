/** Tidemark's level detector, fed with the rows of a benchmark file one by one. It is told nothing but the value: no range, no number of rows, no time. */
import { LEVEL_WIDTH, type LevelShape, logNovelty, observeLevel, openLevel } from '#src/baseline/level.ts'
import { CREST_WIDTH, crestOf, openCrest } from '#src/detection/crest.ts'
import { ACCUMULATOR_WIDTH, accumulate, LOG_R, openAccumulator } from '#src/detection/surprise.ts'

/** What is scored: nats of each row that is a crest; negative infinity for the others, which no threshold makes a detection. */
export function levelScores(values: Float64Array, shape: LevelShape): Float64Array {
  return crestsOf(noveltyOf(values, shape))
}

/** Nats of each row by itself. */
export function noveltyOf(values: Float64Array, shape: LevelShape): Float64Array {
  const row = new Float64Array(LEVEL_WIDTH)
  openLevel(row, 0)
  return values.map((value) => {
    const nats = logNovelty(row, 0, value, shape)
    observeLevel(row, 0, value, shape)
    return nats
  })
}

export function crestsOf(scores: Float64Array): Float64Array {
  const row = new Float64Array(CREST_WIDTH)
  openCrest(row, 0)
  return scores.map((score) => crestOf(row, 0, score))
}

/** The same evidence added up over ticks, as that of counts is: what level.ts says is not to be done. */
export function accumulatedOf(nats: Float64Array): Float64Array {
  const row = new Float64Array(ACCUMULATOR_WIDTH)
  const logE = new Float64Array(1)
  openAccumulator(row, 0, 0)
  return nats.map((one) => {
    logE[0] = one
    accumulate(row, 0, 1, logE, 0, 1)
    return row[LOG_R] as number
  })
}
