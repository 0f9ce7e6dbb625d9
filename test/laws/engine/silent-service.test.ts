import { describe, expect, test } from 'vitest'
import { detect, type Outcome, silencesOf } from './run.ts'
import { checkTold, runAs } from './same.ts'
import { inOrder, MINUTE, stretch, WORLD_START } from './world.ts'

const HOUR = 60 * MINUTE
const T = WORLD_START + 6 * HOUR
const OTHER = { service: 'c', identity: 'n' }
const EVERY = 3000

describe('a service whose endpoints fall silent', () => {
  const half = 30 * MINUTE
  const path = (i: number): string => `/e${i}`

  /** The first has as many calls as the twelve others together; each is silent from T on for so long. Somebody else never rests. */
  const shop = (silentMs: (i: number) => number): Uint8Array[] =>
    inOrder([
      ...Array.from({ length: 13 }, (_, i) => {
        const [every, fields] = [i === 0 ? 2000 : 15_000 + 1700 * (i % 5), { service: 'shop', path: path(i) }]
        const back = stretch(T + silentMs(i), T + half + 10 * MINUTE, every, fields)
        return [...stretch(T - 3 * HOUR, T, every, fields), ...back]
      }).flat(),
      ...stretch(T - 3 * HOUR, T + half + 10 * MINUTE, EVERY, OTHER),
    ])

  /** Who is told of, as opened, in that order. */
  const openedIn = ({ records }: Outcome): (string | null)[] =>
    records
      .filter(({ alert, telling }) => alert.detector === 'silence' && telling?.event === 'opened')
      .map(({ alert: { entity } }) => entity.route ?? entity.service)

  test('is one alert, and those of its endpoints belong to it', async () => {
    const outcome = await detect([shop(() => half)])
    expect(openedIn(outcome)).toEqual(['shop'])
    const [alert, ...more] = silencesOf(outcome).filter(({ parent }) => parent === null)
    expect(more).toEqual([])
    expect(alert).toMatchObject({ status: 'resolved', severity: 'high', observed: { calls: 0 } })
    expect(alert?.reason).toContain('nothing is heard of any endpoint of shop')
    expect(alert?.reason).toContain('behind it 13 of 13 endpoints, most at GET /e0 (')
    expect(Date.parse(alert?.detected_at ?? '') - T).toBeLessThanOrEqual(MINUTE)
    const others = silencesOf(outcome).filter(({ parent }) => parent !== null)
    expect(others.length).toBeGreaterThan(3)
    expect(others.every(({ parent, status }) => parent === alert?.id && status === 'resolved')).toBe(true)
  })

  test('is still one where a few calls are left', async () => {
    expect(openedIn(await detect([shop((i) => (i === 3 ? 0 : half))]))).toEqual(['shop'])
  })

  test('is told of one of them where it alone is silent, however many of the calls it had', async () => {
    expect(openedIn(await detect([shop((i) => (i === 0 ? half : 0))]))).toEqual(['/e0'])
  })

  test('is told of the one that stays silent when the others are back', async () => {
    const lines = inOrder([
      ...[0, 1, 2].flatMap((i) => [
        ...stretch(T - 30 * HOUR, T, 20_000, { service: 'shop', path: path(i) }),
        ...stretch(T + (i === 1 ? 3 : 1) * half, T + 3 * half, 20_000, { service: 'shop', path: path(i) }),
      ]),
      ...stretch(T - 30 * HOUR, T + 3 * half, 20_000, OTHER),
    ])
    expect(openedIn(await detect([lines]))).toEqual(['shop', '/e1'])
  })

  test('is the same for any batches, sources, order within lateness, partitions and crashes', async () => {
    const lines = shop((i) => (i === 3 ? 2 * half : half))
    const plain = await detect([lines])
    for (const seed of [1, 2]) {
      const how = {
        shuffle: seed,
        crash: seed,
        schedule: seed,
        partitions: 3 * seed,
        batch: 5000,
        chunk: 1_000_000,
      } as const
      const other = await runAs(lines, how)
      expect(other.settled).toEqual(plain.settled)
      expect(other.budget).toEqual(plain.budget)
      checkTold(other)
    }
  })
})
