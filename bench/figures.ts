import { cpus, totalmem } from 'node:os'

export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** Throws for no values at all. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('no values to take a median of')
  const sorted = [...values].sort((a, b) => a - b)
  return { median: quantile(sorted, 0.5), low: sorted[0]!, high: sorted.at(-1)! }
}

/** The value at that share of a sorted list, between neighbours by straight line. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1)
  const low = sorted[Math.floor(place)]!
  const high = sorted[Math.ceil(place)]!
  return low + (high - low) * (place - Math.floor(place))
}

/** Least squares slope of y over x. */
export function slope(points: readonly { readonly x: number; readonly y: number }[]): number {
  const meanX = points.reduce((sum, point) => sum + point.x, 0) / points.length
  const meanY = points.reduce((sum, point) => sum + point.y, 0) / points.length
  const above = points.reduce((sum, point) => sum + (point.x - meanX) * (point.y - meanY), 0)
  return above / points.reduce((sum, point) => sum + (point.x - meanX) ** 2, 0)
}

/** What the figures were measured on: every report carries it. */
export function machine() {
  return {
    date: new Date().toISOString(),
    node: process.version,
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
  }
}

/** Writes what a bench found: one JSON object, or the given text for people. */
export function report(kind: 'text' | 'json', found: object, text: string): void {
  const whole = { ...machine(), ...found }
  process.stdout.write(kind === 'json' ? `${JSON.stringify(whole)}\n` : `${text}\n${JSON.stringify(machine())}\n`)
}

/** One line of progress, on the error stream so that a report can be piped. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Thousands with a comma: what people read. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
