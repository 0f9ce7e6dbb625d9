import type { Health } from './health.ts'
import type { Metrics } from './metrics.ts'

/** Fits WebEvents of the web room. */
export interface WebCounts {
  answered(route: string, status: number, seconds: number): void
  ingested(accepted: number, skipped: number, rejected: ReadonlyMap<string, number>, bytes: number): void
  waiting(requests: number, bytes: number): void
}

/** Counts what the HTTP server tells. */
export function watchWeb(metrics: Metrics): WebCounts {
  metrics.waitingBytes.set(0)
  metrics.waitingRequests.set(0)
  return {
    answered: (route, status, seconds) => {
      metrics.requests.add({ route, status: String(status) })
      metrics.requestSeconds.observe({ route }, seconds)
    },
    ingested: (accepted, skipped, rejected, bytes) => {
      metrics.ingestRecords.add({ outcome: 'accepted' }, accepted)
      metrics.ingestRecords.add({ outcome: 'skipped' }, skipped)
      metrics.ingestBytes.add(bytes)
      for (const [reason, count] of rejected) {
        metrics.ingestRecords.add({ outcome: 'rejected' }, count)
        metrics.ingestRejected.add({ reason }, count)
      }
    },
    waiting: (requests, bytes) => {
      metrics.waitingRequests.set(requests)
      metrics.waitingBytes.set(bytes)
    },
  }
}

/** Reads liveness and readiness at each scrape. */
export function watchHealth(metrics: Metrics, health: Health): void {
  metrics.beforeScrape(() => {
    const { live, ready } = health.report()
    metrics.live.set(live ? 1 : 0)
    metrics.ready.set(ready ? 1 : 0)
  })
}
