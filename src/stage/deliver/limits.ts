/** Every bound of deliver. All are for one sink; times in milliseconds. */
export interface DeliverLimits {
  /** Notices that wait or are under way, for each lane. 1,000. */
  readonly undelivered: number
  /** Attempts at once. 4. */
  readonly concurrency: number
  /** The longest wait after a notice's first failure; it doubles with each further one. 500 ms. */
  readonly firstBackoffMs: number
  /** 60 s. */
  readonly longestBackoffMs: number
  /** What a receiver may ask for in Retry-After. One hour. */
  readonly longestRetryAfterMs: number
  /** Failures in a row, of whatever notices, after which the receiver counts as down and is only probed. 5. */
  readonly failuresBeforePause: number
  /** Time to the first probe of a receiver that is down; it doubles with each further one. 1 s. */
  readonly firstPauseMs: number
  /** 30 s. */
  readonly longestPauseMs: number
  /** A notice that failed so often while the receiver took others is given up (and recorded so). 30. */
  readonly attempts: number
  /** Rows of the delivery log that wait to be appended, for each lane; beyond it no attempt starts. 2,000. */
  readonly rows: number
  /** Least time between two commits of one lane. 250 ms. */
  readonly commitEveryMs: number
  /** How long attempts under way may take when a lane closes; then they are aborted. 10 s. */
  readonly closeMs: number
}

export const DELIVER_LIMITS: DeliverLimits = {
  undelivered: 1000,
  concurrency: 4,
  firstBackoffMs: 500,
  longestBackoffMs: 60_000,
  longestRetryAfterMs: 3_600_000,
  failuresBeforePause: 5,
  firstPauseMs: 1000,
  longestPauseMs: 30_000,
  attempts: 30,
  rows: 2000,
  commitEveryMs: 250,
  closeMs: 10_000,
}
