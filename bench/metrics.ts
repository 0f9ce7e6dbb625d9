/** One sample of a Prometheus text page. */
export interface Sample {
  readonly name: string
  readonly labels: string
  readonly value: number
}

/** Reads a page of metrics; what is not a sample is left out. */
export function parseMetrics(page: string): Sample[] {
  return page.split('\n').flatMap((line) => {
    const match = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)/.exec(line)
    if (match === null || Number.isNaN(Number(match[3]))) return []
    return [{ name: match[1]!, labels: match[2] ?? '', value: Number(match[3]) }]
  })
}

export function sampleValues(samples: readonly Sample[], name: string, label = ''): number[] {
  return samples.filter((one) => one.name === name && one.labels.includes(label)).map((one) => one.value)
}

/** Fetches a process's metrics; `null` while it does not answer. */
export async function fetchMetrics(url: string): Promise<Sample[] | null> {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) })
    return response.ok ? parseMetrics(await response.text()) : null
  } catch (error) {
    // Not listening yet, or too busy to answer: ask again.
    if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError')) return null
    throw error
  }
}

/** Whether judge has settled all ticks up to this event time: the watermark has passed it and no block waits to be judged. */
export function hasSettled(samples: readonly Sample[], eventTime: number): boolean {
  const watermarks = sampleValues(samples, 'tidemark_watermark_timestamp_seconds')
  const lags = ['collect', 'judge'].flatMap((stage) =>
    sampleValues(samples, 'tidemark_lag_records', `stage="${stage}"`),
  )
  const passed = watermarks.length > 0 && Math.min(...watermarks) * 1000 >= eventTime
  return passed && lags.length >= 2 && lags.every((lag) => lag === 0)
}
