/**
 * For tests: looks into the moment of a commit. Each method may take its time (the commit is held until it resolves), and
 * a rejection makes the commit fail there. An implementation without a probe must not pay for it.
 */
export interface CommitProbe {
  /** Before the commit is sent: a rejection means that it never took effect. */
  before?(stage: string, source: string): Promise<void>
  /** After the commit took effect, before its owner is told: a rejection means that its fate is unknown to the owner. */
  after?(stage: string, source: string): Promise<void>
}
