import type { Met, Peers } from './kind.ts'
import type { Novel } from './measure.ts'
import {
  NOVELTY_PRIOR,
  type NoveltyNorm,
  observePeers,
  oldFrom,
  openPeers,
  PEERS_WIDTH,
  rollPeers,
  shareOfPeers,
} from './novelty.ts'

/** What a view shows its peers of one tick of novelty. */
interface Shown extends NoveltyNorm {
  readonly except?: Novel['except']
  /** Calls that met anything, known or new. */
  readonly calls: number
  /** What was new in them, the excused left out. */
  readonly fresh: number
  /** All that was never met, the excused too, for the others to know. */
  readonly met: readonly Met[]
}

/** The identities of a shard, as peers in how often a call shows something new. */
export const noveltyPeers: Peers<Shown> = {
  width: PEERS_WIDTH,
  sums: 2,
  scopes: ['identity'],
  prior: NOVELTY_PRIOR,
  open: openPeers,
  // Only what is judged says how often a warm one meets something new; no single one of them may say too much.
  add({ armed, calls, fresh, bound }, sums, at) {
    if (!armed) return
    sums[at] = (sums[at] as number) + calls
    sums[at + 1] = (sums[at + 1] as number) + Math.min(fresh, Math.ceil(3 * calls * bound) + 5)
  },
  roll: rollPeers,
  observe(row, at, sums, from) {
    observePeers(row, at, sums[from] as number, sums[from + 1] as number)
  },
  share: shareOfPeers,
  met: ({ met }) => met,
  hears: ({ except }) => except === 'young',
  oldFrom,
}
