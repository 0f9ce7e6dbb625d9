import type { SizeShape } from '#src/demo/sizes.ts'
import { MOST_NATS } from './nats.ts'

/** A standard normal exceeds it once in a thousand. */
const THOUSANDTH = 3.0902

/** A size that one payload in a thousand exceeds, or a little more; bytes. */
export function largestUsual(shape: SizeShape): number {
  switch (shape.kind) {
    case 'constant':
      return 1.5 * shape.bytes
    case 'lognormal':
      return shape.median * Math.exp(shape.sigma * THOUSANDTH)
    case 'mixture':
      return Math.max(...shape.parts.map((part) => part.median * Math.exp(part.sigma * THOUSANDTH)))
    case 'tail':
      return 3 * shape.median * (shape.share / 0.001) ** (1 / shape.alpha)
  }
}

/**
 * How much likelier a payload of that size is where all are `factor` times as large as usual, in nats; both ways at most what a finite
 * log can tell.
 */
export function logLarger(shape: SizeShape, bytes: number, factor: number): number {
  const usual = logDensity(shape, bytes)
  const larger = logDensity(shape, bytes / factor) - Math.log(factor)
  if (usual === larger) return 0
  return Math.max(-MOST_NATS, Math.min(MOST_NATS, larger - usual))
}

/** Logarithm of the density of sizes in bytes. Constant sizes are taken to be spread over 2%: bytes are rounded when they grow. */
function logDensity(shape: SizeShape, bytes: number): number {
  switch (shape.kind) {
    case 'constant':
      return logNormal(bytes, shape.bytes, 0.01)
    case 'lognormal':
      return logNormal(bytes, shape.median, shape.sigma)
    case 'mixture':
      return logMean(shape.parts.map((part) => logNormal(bytes, part.median, part.sigma)))
    case 'tail': {
      const least = 3 * shape.median
      const body = Math.log(1 - shape.share) + logNormal(bytes, shape.median, shape.sigma)
      if (bytes < least) return body
      const tail =
        Math.log(shape.share * shape.alpha) + shape.alpha * Math.log(least) - (shape.alpha + 1) * Math.log(bytes)
      return Math.max(body, tail) + Math.log1p(Math.exp(-Math.abs(body - tail)))
    }
  }
}

function logNormal(bytes: number, median: number, sigma: number): number {
  const z = Math.log(bytes / median) / sigma
  return -0.5 * z * z - Math.log(sigma * bytes * Math.sqrt(2 * Math.PI))
}

function logMean(logs: readonly number[]): number {
  const most = Math.max(...logs)
  return most + Math.log(logs.reduce((sum, one) => sum + Math.exp(one - most), 0) / logs.length)
}
