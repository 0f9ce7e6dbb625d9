import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StreamRecord } from '#src/stream/stream.ts'
import { type Fate, recordAt, type Setup, World } from '#test/fakes/archive-world.ts'

const DAY = 86_400_000
const START = 1_795_336_200_000

const records = fc
  .array(
    fc.record({
      gap: fc.nat(3),
      kind: fc.constantFrom('call', 'call', 'call', 'skip', 'bad', 'late', 'future'),
      day: fc.nat(2),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((drafts) => {
    const made: { record: StreamRecord; kind: string }[] = []
    let position = 0
    for (const { gap, kind, day } of drafts) {
      position += gap
      made.push({ kind, record: recordAt(position, textOf(kind, START - day * DAY, position), START + position) })
      position++
    }
    return made
  })

function textOf(kind: string, ts: number, position: number): string {
  if (kind === 'skip') return 'skip'
  if (kind === 'bad') return 'no-number /x'
  if (kind === 'future') return `${START + 10 * DAY} /future/${position}`
  if (kind === 'late') return `1000 /old/${position}`
  return `${ts} /call/${position}`
}

const limits = fc.record({ records: fc.integer({ min: 1, max: 12 }), characters: fc.integer({ min: 1, max: 4000 }) })
const setups = fc.array(fc.record({ limits, batch: fc.integer({ min: 1, max: 15 }) }), { minLength: 1, maxLength: 4 })
const fates = fc.array(fc.constantFrom<Fate>('well', 'well', 'away', 'lost', 'die', 'die-after', 'sleep'), {
  maxLength: 40,
})

function positionsOf(world: World): number[] {
  return world.store.rows('api_calls').map((row) => row.position as number)
}

describe('archive', () => {
  test('stores each call exactly once, wherever its processes die, sleep or lose an answer', async () => {
    await fc.assert(
      fc.asyncProperty(records, setups, fates, async (made, lives, script) => {
        const world = new World(
          'calls',
          made.map(({ record }) => record),
          script,
        )
        await world.run(lives as [Setup, ...Setup[]])
        const calls = made.filter(({ kind }) => kind !== 'skip' && kind !== 'bad').map(({ record }) => record.position)
        expect(positionsOf(world).sort((a, b) => a - b)).toEqual(calls)
        expect(world.committed).toEqual({ resume: world.end, note: '' })
      }),
      { numRuns: 400 },
    )
  })

  test('stores each call exactly once when each process is configured differently', async () => {
    // a sleeper would wake with the old configuration and its tokens: the one case that tokens cannot tell
    const deaths = fates.map((script) => script.filter((fate) => fate !== 'sleep'))
    await fc.assert(
      fc.asyncProperty(records, setups, deaths, async (made, lives, script) => {
        const world = new World(
          'calls',
          made.map(({ record }) => record),
          script,
        )
        const configured = lives.map((setup, index) => ({ ...setup, configuration: String(index) }))
        await world.run(configured as [Setup, ...Setup[]])
        const calls = made.filter(({ kind }) => kind !== 'skip' && kind !== 'bad').map(({ record }) => record.position)
        expect(positionsOf(world).sort((a, b) => a - b)).toEqual(calls)
      }),
      { numRuns: 200 },
    )
  })

  test('stores what the engine takes and tells each row that it refuses', async () => {
    const mixed = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(mixed, setups, fates, async (refusals, lives, script) => {
        const made = refusals.map((refuse, position) =>
          recordAt(position, JSON.stringify(letterOf(position, refuse ? 'refuse me' : 'fine')), START),
        )
        const world = new World('dead-letters', made, script)
        await world.run(lives as [Setup, ...Setup[]])
        const stored = world.store.rows('dead_letters').map((row) => row.letter_position as number)
        const told = new Set(world.refused.map(({ position }) => position))
        expect(stored.sort((a, b) => a - b)).toEqual(refusals.flatMap((refuse, position) => (refuse ? [] : [position])))
        expect([...told].sort((a, b) => a - b)).toEqual(
          refusals.flatMap((refuse, position) => (refuse ? [position] : [])),
        )
      }),
      { numRuns: 200 },
    )
  })
})

function letterOf(position: number, sample: string) {
  return { source: 'calls/3', position, appended_at: START, reason: 'not-json', detail: '', format: 'line', sample }
}
