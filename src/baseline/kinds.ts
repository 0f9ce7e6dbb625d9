import type { Kind } from './kind.ts'
import count from './kinds/count.ts'
import ratio from './kinds/ratio.ts'
import sizes from './kinds/sizes.ts'
import volume from './kinds/volume.ts'
import type { Measure } from './measure.ts'

/** Every kind of measure, in the order in which tallies hold them. */
export const KINDS: readonly Kind[] = [count, ratio, sizes, volume]

/** The kind of a name, as layouts and signatures have it; undefined for what no Tidemark of this version knows. */
export function kindOf(name: string): Kind | undefined {
  return KINDS.find(({ kind }) => kind === name)
}

/** The views that detectors are shown, by the kind of the measure. */
export type ViewOf<M extends Measure> = ReturnType<
  { count: typeof count; ratio: typeof ratio; sizes: typeof sizes; volume: typeof volume }[M['kind']]['view']
>
