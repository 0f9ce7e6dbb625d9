import type { Drain } from '#src/stream/stream.ts'

/** How long a batch waits at most for what goes before it, and how often it looks. Milliseconds. */
const WAIT_MS = 30_000
const LOOK_MS = 100

export interface Others {
  /** No lane opens before it resolves; the stream keeps records for the drain all the same. */
  readonly ready: Promise<void>
  isBehind(): boolean
  readonly signal: AbortSignal
}

/**
 * A drain that lets others go first: while `isBehind`, each batch waits up to half a minute. It goes on all the same, slowly, so
 * that a lasting overload cannot starve it.
 */
export function yielding(drain: Drain, { ready, isBehind, signal }: Others): Drain {
  return {
    ...drain,
    async open(opening) {
      await ready
      const lane = await drain.open(opening)
      return {
        async take(records) {
          for (let waited = 0; waited < WAIT_MS && isBehind() && !signal.aborted; waited += LOOK_MS)
            await pause(LOOK_MS)
          await lane.take(records)
        },
        close: () => lane.close(),
      }
    },
  }
}

function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, ms)
  return promise
}
