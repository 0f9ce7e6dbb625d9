import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Catalogue, catalogue } from './catalogue.ts'
import type { MetricEntry } from './entry.ts'

type Labels<E extends MetricEntry> = Readonly<Record<E['labels'][number], string>>
/** Labels come first and may be left out where the metric has none. */
type Call<E extends MetricEntry, More extends unknown[]> = E['labels'] extends readonly []
  ? (...more: More) => void
  : (labels: Labels<E>, ...more: More) => void

/** The handle of one metric, as its entry in the catalogue demands. */
export type Handle<E extends MetricEntry> = E['type'] extends 'counter'
  ? { readonly add: Call<E, [amount?: number]> }
  : E['type'] extends 'gauge'
    ? { readonly set: Call<E, [value: number]> }
    : { readonly observe: Call<E, [value: number]> }

export type MetricHandles = { readonly [K in keyof Catalogue]: Handle<Catalogue[K]> }

export interface Metrics extends MetricHandles {
  /** The Prometheus text; `beforeScrape` functions have run. */
  text(): Promise<string>
  /** Called at each scrape, for gauges that are read and not told. Must not throw. */
  beforeScrape(read: () => void): void
}

/** A label may take this many values; further ones are counted as `other`. Guards against a label fed from data. */
const defaultLabelValues = 64

/** All metrics of the catalogue in a registry of their own. */
export function createMetrics(labelValues: number = defaultLabelValues): Metrics {
  const registry = new Registry()
  const readers: (() => void)[] = []
  const handles = Object.fromEntries(
    Object.entries<MetricEntry>(catalogue).map(([key, entry]) => [key, makeHandle(registry, entry, labelValues)]),
  ) as unknown as MetricHandles
  return {
    ...handles,
    beforeScrape: (read) => {
      readers.push(read)
    },
    text: () => {
      for (const read of readers) read()
      return registry.metrics()
    },
  }
}

/** Splits `(labels, value)` and `(value)`, and caps the labels. */
type Taken = { readonly labels: Record<string, string>; readonly value: number }

function makeHandle(registry: Registry, entry: MetricEntry, labelValues: number): object {
  const bounded = new BoundedLabels(entry.labels, labelValues)
  const take = (args: readonly unknown[], missing: number): Taken => {
    const labelled = entry.labels.length > 0
    const value = args[labelled ? 1 : 0]
    const labels = labelled ? bounded.cap(args[0] as Readonly<Record<string, string>>) : {}
    return { labels, value: typeof value === 'number' ? value : missing }
  }
  const shared = { name: entry.name, help: entry.help, labelNames: [...entry.labels], registers: [registry] }
  if (entry.type === 'counter') {
    const counter = new Counter(shared)
    return { add: (...args: unknown[]) => increase(counter, take(args, 1)) }
  }
  if (entry.type === 'gauge') {
    const gauge = new Gauge(shared)
    return { set: (...args: unknown[]) => setGauge(gauge, take(args, 0)) }
  }
  const histogram = new Histogram({ ...shared, buckets: [...(entry.buckets ?? [])] })
  return { observe: (...args: unknown[]) => observe(histogram, take(args, 0)) }
}

// Telemetry must never take the process along: a value that is no number is left out.
function increase(counter: Counter, { labels, value }: Taken): void {
  if (Number.isFinite(value) && value >= 0) counter.inc(labels, value)
}

function setGauge(gauge: Gauge, { labels, value }: Taken): void {
  if (Number.isFinite(value)) gauge.set(labels, value)
}

function observe(histogram: Histogram, { labels, value }: Taken): void {
  if (Number.isFinite(value)) histogram.observe(labels, value)
}

/** Remembers the values of each label and answers `other` once there are too many. */
class BoundedLabels {
  readonly #known: ReadonlyMap<string, Set<string>>
  readonly #most: number

  constructor(labels: readonly string[], most: number) {
    this.#known = new Map(labels.map((label) => [label, new Set<string>()]))
    this.#most = most
  }

  cap(given: Readonly<Record<string, string>>): Record<string, string> {
    const capped: Record<string, string> = {}
    for (const [label, known] of this.#known) {
      const value = String(given[label] ?? 'unknown').slice(0, 100)
      if (!known.has(value) && known.size >= this.#most) {
        capped[label] = 'other'
        continue
      }
      known.add(value)
      capped[label] = value
    }
    return capped
  }
}
