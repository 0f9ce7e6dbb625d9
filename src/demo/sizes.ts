import type { Random } from './random.ts'

/** How large the payloads of one endpoint are in one direction, in bytes. */
export type SizeShape =
  | { readonly kind: 'constant'; readonly bytes: number }
  | { readonly kind: 'lognormal'; readonly median: number; readonly sigma: number }
  | { readonly kind: 'mixture'; readonly parts: readonly { readonly median: number; readonly sigma: number }[] }
  | {
      readonly kind: 'tail'
      readonly median: number
      readonly sigma: number
      readonly share: number
      readonly alpha: number
    }

/** Nothing in ordinary traffic is larger: services have limits. */
const largestBytes = 4_000_000

/** 15% constant, 55% lognormal, 20% a mixture, 10% with a Pareto tail. */
export function shapeFor(random: Random, medianBytes: number): SizeShape {
  const median = Math.max(40, medianBytes * Math.exp(0.7 * random.normal()))
  const kind = random.unit()
  if (kind < 0.15) return { kind: 'constant', bytes: Math.round(median) }
  if (kind < 0.7) return { kind: 'lognormal', median, sigma: 0.2 + 0.7 * random.unit() }
  if (kind < 0.9) {
    const parts = Array.from({ length: 2 + random.below(2) }, (_, i) => ({
      median: median * 3 ** i,
      sigma: 0.15 + 0.3 * random.unit(),
    }))
    return { kind: 'mixture', parts }
  }
  return { kind: 'tail', median, sigma: 0.4, share: 0.05, alpha: 1.5 + random.unit() }
}

/** One payload's size: a whole number of bytes, at least 1. */
export function drawSize(shape: SizeShape, random: Random): number {
  return Math.max(1, Math.min(largestBytes, Math.round(rawSize(shape, random))))
}

function rawSize(shape: SizeShape, random: Random): number {
  switch (shape.kind) {
    case 'constant':
      return shape.bytes
    case 'lognormal':
      return shape.median * Math.exp(shape.sigma * random.normal())
    case 'mixture': {
      const part = random.pick(shape.parts)
      return part.median * Math.exp(part.sigma * random.normal())
    }
    case 'tail': {
      const body = shape.median * Math.exp(shape.sigma * random.normal())
      return random.unit() < shape.share ? 3 * shape.median * (1 - random.unit()) ** (-1 / shape.alpha) : body
    }
  }
}
