import type { BatchLimits, Lane, Opening, Step, StreamRecord, Transform } from '#src/stream/stream.ts'
import { JudgeLane } from './lane.ts'
import type { JudgeOptions } from './options.ts'

/** Blocks are few and large: what is there is taken at once, so that a notice is not kept waiting. */
export const JUDGE_BATCH: BatchLimits = { records: 256, waitMs: 50 }

/**
 * The second stage: merges tallies, advances event time, runs detectors against baselines, advances alerts, learns. Results depend
 * on the shards and never on how many partitions or processes there are.
 */
export function judge(options: JudgeOptions, batch: BatchLimits, idleAfterMs: number): Transform {
  return {
    stage: 'judge',
    input: 'tallies',
    outputs: ['alerts', 'baseline-rows'],
    state: 'baselines',
    batch,
    idleAfterMs,
    open: (opening) => laneOf(options, opening),
  }
}

function laneOf(options: JudgeOptions, opening: Opening): Lane {
  const lane = new JudgeLane(options, opening)
  return {
    step: (records: readonly StreamRecord[]): Step | null => lane.step(records),
    // Event time comes in the tallies; that nothing comes is said by the sources' owners, not seen here.
    idle: () => null,
  }
}
