import { setTimeout as pause } from 'node:timers/promises'

/**
 * Asks again and again until there is an answer. `null` is none.
 * @throws after `ms` milliseconds, naming what was waited for and what `seen` has to say
 */
export async function until<T>(
  what: string,
  ms: number,
  ask: () => Promise<T | null> | T | null,
  seen: () => string = () => '',
): Promise<T> {
  const deadline = performance.now() + ms
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain until ${what}\n${seen()}`)
    await pause(20)
  }
}
