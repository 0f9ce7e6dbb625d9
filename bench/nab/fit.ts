import { optimise, type Profile, profiles, type Scored, type Sweep, scoreAt, sweepOf } from './score.ts'

/** Every second file of all in the order of their names, and the others: each folder is in both. */
export function halvesOf<Item>(items: readonly Item[]): readonly [readonly Item[], readonly Item[]] {
  return [items.filter((_, i) => i % 2 === 0), items.filter((_, i) => i % 2 === 1)]
}

/** Both halves as one: normalised scores weigh by their windows. */
function together(parts: readonly { readonly score: number; readonly windows: number }[]): number {
  const windows = parts.reduce((sum, part) => sum + part.windows, 0)
  return parts.reduce((sum, { score, windows: own }) => sum + (score * own) / windows, 0)
}

/**
 * The score of a profile where neither the candidate nor the threshold has seen the labels it is scored on: both are chosen on the other
 * half of the files. A candidate is the scores of all files under one choice of constants.
 */
export function crossFitted(candidates: readonly (readonly Scored[])[], profile: Profile): number {
  const sweeps = candidates.map((files) => halvesOf(files).map(sweepOf) as [Sweep, Sweep])
  const parts = [0, 1].map((own) => {
    const outcomes = sweeps.map((pair) => optimise(pair[1 - own]!, profile))
    const best = outcomes.reduce((most, { score }, i) => (score > outcomes[most]!.score ? i : most), 0)
    const held = sweeps[best]![own]!
    return { score: scoreAt(held, profile, outcomes[best]!.threshold).score, windows: held.windows }
  })
  return together(parts)
}

/** The best outcome of each profile, and what the same thresholds bring on some of the files. */
export function fitted(files: readonly Scored[], part: readonly Scored[]) {
  const whole = sweepOf(files)
  const some = sweepOf(part)
  return profiles.map((profile) => {
    const best = optimise(whole, profile)
    return { profile: profile.name, ...best, part: scoreAt(some, profile, best.threshold).score }
  })
}
