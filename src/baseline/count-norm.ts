import type { BurstNorm } from './bursts.ts'

/** What a count is judged by, per tick. */
export interface CountNorm {
  /** Calls a tick. */
  mean: number
  /** The most that the mean may truly be: the null's mean. */
  bound: number
  /** The null's shape r: variance = mu + mu^2 / r at mu = bound. */
  shape: number
  /** Whether the baseline is warm enough to judge: 30 calls, 20 minutes, 3 active blocks. */
  armed: boolean
  /** Calls that the baseline rests on. */
  seen: number
  /** How many times a recurring peak has raised the bound: 1 where none did. */
  raised: number
  /** Whether the level has strayed so little from block to block that the least margin holds it. */
  steady: boolean
  readonly bursts: BurstNorm
}

/** A norm to be filled: of a count that knows nothing. */
export function newCountNorm(): CountNorm {
  const bursts = { applies: false, start: 0, again: 0, size: 0, shape: 1, wasActive: false, apart: false }
  return { mean: 0, bound: 0, shape: 1, armed: false, seen: 0, raised: 1, steady: false, bursts }
}
