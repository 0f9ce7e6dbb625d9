import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Metrics } from './metrics.ts'

const resolutionMs = 10
const nanosecondsInSecond = 1e9

/** Tells of the process itself at each scrape: event loop, memory, CPU, version. Returns what ends it. */
export function watchProcess(metrics: Metrics, version: string): () => void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  let cpu = 0
  metrics.build.set({ version, node: process.version }, 1)
  metrics.started.set(Date.now() / 1_000 - process.uptime())
  metrics.beforeScrape(() => {
    // The histogram holds whole intervals between its own timers; what is beyond the resolution is lag.
    const lag = (nanoseconds: number): number => Math.max(0, nanoseconds / nanosecondsInSecond - resolutionMs / 1_000)
    if (delay.count > 0) {
      metrics.eventLoopLag.set({ quantile: '0.5' }, lag(delay.percentile(50)))
      metrics.eventLoopLag.set({ quantile: '0.99' }, lag(delay.percentile(99)))
      metrics.eventLoopLag.set({ quantile: '1' }, lag(delay.max))
    }
    delay.reset()
    const memory = process.memoryUsage()
    metrics.memory.set({ kind: 'resident' }, memory.rss)
    metrics.memory.set({ kind: 'heap' }, memory.heapUsed)
    metrics.memory.set({ kind: 'external' }, memory.external)
    metrics.memory.set({ kind: 'buffers' }, memory.arrayBuffers)
    const used = process.cpuUsage()
    const total = (used.user + used.system) / 1e6
    metrics.cpuSeconds.add(total - cpu)
    cpu = total
  })
  return () => delay.disable()
}
