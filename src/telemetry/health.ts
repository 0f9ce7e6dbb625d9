import { monitorEventLoopDelay } from 'node:perf_hooks'

/** What `/livez` and `/readyz` answer. */
export interface HealthReport {
  readonly live: boolean
  readonly ready: boolean
  /** One sentence for each condition that does not hold. */
  readonly reasons: readonly string[]
}

export interface Health {
  /**
   * Says that a condition holds (`null`) or why it does not. A condition counts from its first mention, so name all of
   * them at start. At most 64.
   */
  set(condition: string, problem: string | null): void
  report(): HealthReport
  stop(): void
}

export interface HealthOptions {
  /** Milliseconds that the event loop may be late before the process is called dead. */
  readonly liveLagMs: number
}

export const defaultHealthOptions: HealthOptions = Object.freeze({ liveLagMs: 10_000 })

const mostConditions = 64
const windowMs = 15_000

/** Liveness is the event loop alone and never what Tidemark depends on: a restart mends no broker. */
export function createHealth(options: HealthOptions = defaultHealthOptions, watched: LoopDelay = watchLoop()): Health {
  const conditions = new Map<string, string | null>()
  return {
    set: (condition, problem) => {
      if (!conditions.has(condition) && conditions.size >= mostConditions) throw new Error('too many conditions')
      conditions.set(condition, problem)
    },
    report: () => {
      const lag = watched.longestMs()
      const live = lag <= options.liveLagMs
      const reasons = [...conditions].flatMap(([name, problem]) => (problem === null ? [] : [`${name}: ${problem}`]))
      if (!live) reasons.push(`event loop: ${Math.round(lag)} ms late`)
      return { live, ready: reasons.length === 0, reasons }
    },
    stop: () => watched.stop(),
  }
}

/** The longest delay of the event loop in the last 15 to 30 seconds. */
export interface LoopDelay {
  longestMs(): number
  stop(): void
}

function watchLoop(): LoopDelay {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  let before = 0
  const timer = setInterval(() => {
    before = delay.max / 1e6
    delay.reset()
  }, windowMs).unref()
  return {
    // An empty histogram has a maximum of 0.
    longestMs: () => Math.max(before, delay.count > 0 ? delay.max / 1e6 : 0),
    stop: () => {
      clearInterval(timer)
      delay.disable()
    },
  }
}
