/** One sampled call. `rank` decides who stays: a hash for an even sample, minus the size for the largest. */
export interface Sampled {
  readonly rank: number
  /** The call's id; the same id is the same call. */
  readonly id: string
  /** Who stands behind it: the identity for an endpoint, the endpoint (as `keyOf` names it) for an identity. */
  readonly who: string
}

/** How many calls a sample keeps. */
export const SAMPLE_SIZE = 8

/**
 * The bottom-k of a set of calls by (rank, id), kept in order. Adding is idempotent, and the result does not depend on the
 * order: the k smallest of a set are the k smallest of the union of its parts' k smallest (Cohen and Kaplan 2007, bottom-k sketches).
 */
export function addSampled(sample: Sampled[], rank: number, id: string, who: string, most = SAMPLE_SIZE): void {
  let at = sample.length
  if (at >= most) {
    const last = sample[at - 1] as Sampled
    if (rank > last.rank || (rank === last.rank && id > last.id)) return
  }
  while (at > 0) {
    const before = sample[at - 1] as Sampled
    if (before.rank < rank || (before.rank === rank && before.id < id)) break
    if (before.rank === rank && before.id === id) {
      // Two callers may log one id: which of them came first must not decide who is named.
      if (who < before.who) sample[at - 1] = { rank, id, who }
      return
    }
    at -= 1
  }
  sample.splice(at, 0, { rank, id, who })
  if (sample.length > most) sample.pop()
}

/** Adds one sample's calls to another. */
export function mergeSample(into: Sampled[], from: readonly Sampled[], most = SAMPLE_SIZE): void {
  for (const one of from) addSampled(into, one.rank, one.id, one.who, most)
}
