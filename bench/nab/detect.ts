/** Tidemark's level detector, fed with the rows of a benchmark file one by one. It is told nothing but the value: no range, no number of rows, no time. */
import { LEVEL_WIDTH, type LevelShape, logNovelty, observeLevel, openLevel } from '#src/baseline/level.ts'
import { CREST_WIDTH, crestOf, openCrest } from '#src/detection/crest.ts'

/** Nats of each row that is a crest; negative infinity for the others, which no threshold makes a detection. */
export function levelScores(values: Float64Array, shape: LevelShape): Float64Array {
  const level = new Float64Array(LEVEL_WIDTH)
  const crest = new Float64Array(CREST_WIDTH)
  openLevel(level, 0)
  openCrest(crest, 0)
  return values.map((value) => {
    const nats = logNovelty(level, 0, value, shape)
    observeLevel(level, 0, value, shape)
    return crestOf(crest, 0, nats)
  })
}
