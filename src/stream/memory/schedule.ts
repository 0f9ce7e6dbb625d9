/** The choices that a stream is free to make; results must not depend on them. */
export interface Schedule {
  /** Which of `ready` lanes, in the order in which they were started, goes next: 0 to ready - 1. */
  next(ready: number): number
  /** How many of the `most` records at hand a step takes: 1 to most. */
  take(most: number): number
  /** Whether the lane that just went is dropped, as by a crash, and opened again. */
  drop(): boolean
}

/** Full batches, every lane in its turn, no crash. */
export function fairSchedule(): Schedule {
  let turn = -1
  return {
    next(ready) {
      turn = (turn + 1) % ready
      return turn
    },
    take: (most) => most,
    drop: () => false,
  }
}

/** One crash in so many steps. */
const STEPS_PER_DROP = 64

/** Everything at random from a seed: lanes in any order, batches of any size (small ones as often as large ones), crashes. */
export function shakenSchedule(seed: number): Schedule {
  const random = mulberry32(seed)
  return {
    next: (ready) => Math.floor(random() * ready),
    take: (most) => Math.min(most, Math.max(1, Math.round(most ** random()))),
    drop: () => random() < 1 / STEPS_PER_DROP,
  }
}

/** 32 bits of state are plenty for schedules; numbers from 0 to below 1. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
