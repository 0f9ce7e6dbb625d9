/** Worlds to tune by, and worlds of which only aggregates are ever shown. */
const splits: Readonly<Record<string, readonly [first: number, last: number]>> = { dev: [1, 20], val: [101, 110] }

/** The seeds of a split, or those of them that were asked for: `3`, `1-5`, `1,4,9`. Throws for what is not in the split. */
export function seedsOf(split: string, wanted: string | undefined): readonly number[] {
  const range = splits[split]
  if (range === undefined) throw new Error(`--split takes ${Object.keys(splits).join(' or ')}`)
  const [first, last] = range
  const seeds = (wanted ?? `${first}-${last}`).split(',').flatMap((part) => {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part)
    if (match === null) throw new Error(`--seeds takes numbers and ranges, got ${JSON.stringify(part)}`)
    const from = Number(match[1])
    return Array.from({ length: Number(match[2] ?? from) - from + 1 }, (_, i) => from + i)
  })
  const stray = seeds.find((seed) => seed < first || seed > last)
  if (stray !== undefined || seeds.length === 0) throw new Error(`the split ${split} has the seeds ${first} to ${last}`)
  return seeds
}

export function isHeldOut(seed: number): boolean {
  return seed >= splits.val![0]
}
