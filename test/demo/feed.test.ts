import { describe, expect, it } from 'vitest'
import { type FeedClock, startFeed } from '#src/demo/feed.ts'
import { attacksMs, type DemoScript, demoScript } from '#src/demo/script.ts'
import { callsBetween } from '#src/demo/traffic.ts'

const startedAt = Date.UTC(2026, 2, 3, 12)

/** A shorter past than the demo's: the same mechanism in less time. */
function shortScript(): DemoScript {
  return { ...demoScript(7, startedAt), pastFrom: startedAt - 180_000 }
}

/** Time passes only while somebody sleeps or appends. */
function steppedClock(end: number, stop: () => void): FeedClock & { pass(ms: number): void } {
  let now = startedAt
  const pass = (ms: number) => {
    now += ms
    if (now >= end) stop()
  }
  return {
    now: () => now,
    pass,
    async sleep(ms) {
      pass(ms)
    },
  }
}

describe('the feed', () => {
  it('tells the past, then the present with the attacks, every line once and in order', async () => {
    const script = shortScript()
    const control = new AbortController()
    const clock = steppedClock(startedAt + attacksMs + 30_000, () => control.abort())
    const lines: string[] = []
    const attacks: string[] = []
    const feed = startFeed({
      script,
      clock,
      signal: control.signal,
      liveEveryMs: 500,
      append: async (batch) => {
        // The past takes time to tell, and meanwhile it grows.
        clock.pass(40)
        for (const line of batch) lines.push(Buffer.from(line).toString())
      },
      events: { attack: (attack) => attacks.push(attack.id) },
    })
    const { liveFrom, overAt, expected } = await feed.live
    await feed.done
    expect(liveFrom).toBeGreaterThan(startedAt)
    expect(overAt).toBe(liveFrom + attacksMs)
    expect(attacks).toEqual(expected.map((one) => one.attack))
    const disturbances = [...script.trouble, ...script.attacks(liveFrom)]
    const whole = Array.from(callsBetween(script.world, script.pastFrom, clock.now(), disturbances), (one) => one.line)
    expect(lines.length).toBeGreaterThan(2_000)
    expect(lines).toEqual(whole.slice(0, lines.length))
    // What is missing at the end was not due when the feed last looked.
    expect(whole.length - lines.length).toBeLessThan(100)
  })

  it('fails when an append fails', async () => {
    const control = new AbortController()
    const feed = startFeed({
      script: shortScript(),
      clock: steppedClock(Number.POSITIVE_INFINITY, () => undefined),
      signal: control.signal,
      append: () => Promise.reject(new Error('the disk is full')),
    })
    await expect(feed.live).rejects.toThrow('the disk is full')
    await expect(feed.done).rejects.toThrow('the disk is full')
  })

  it('ends when it is stopped in the middle of the past', async () => {
    const control = new AbortController()
    let appends = 0
    const feed = startFeed({
      script: shortScript(),
      clock: steppedClock(Number.POSITIVE_INFINITY, () => undefined),
      signal: control.signal,
      append: async () => {
        appends++
        control.abort()
      },
    })
    await feed.done
    expect(appends).toBe(1)
    await expect(feed.live).rejects.toThrow('stopped before its live part')
  })
})
