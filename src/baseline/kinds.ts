import type { Kind } from './kind.ts'
import breadth from './kinds/breadth.ts'
import count from './kinds/count.ts'
import distinct from './kinds/distinct.ts'
import durations from './kinds/durations.ts'
import flow from './kinds/flow.ts'
import novel from './kinds/novel.ts'
import ratio from './kinds/ratio.ts'
import sizes from './kinds/sizes.ts'
import tokens from './kinds/tokens.ts'
import volume from './kinds/volume.ts'
import type { Measure } from './measure.ts'

/** Every kind of measure, in the order in which tallies hold them. */
export const KINDS: readonly Kind[] = [count, ratio, sizes, distinct, breadth, novel, flow, volume, durations, tokens]

/** The kind of a name, as layouts and signatures have it; undefined for what no Tidemark of this version knows. */
export function kindOf(name: string): Kind | undefined {
  return KINDS.find(({ kind }) => kind === name)
}

/** The views that detectors are shown, by the kind of the measure. */
export type ViewOf<M extends Measure> = ReturnType<
  {
    count: typeof count
    ratio: typeof ratio
    sizes: typeof sizes
    distinct: typeof distinct
    breadth: typeof breadth
    novel: typeof novel
    flow: typeof flow
    volume: typeof volume
    durations: typeof durations
    tokens: typeof tokens
  }[M['kind']]['view']
>
