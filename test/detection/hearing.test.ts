import { describe, expect, test } from 'vitest'
import { Hearing } from '#src/detection/hearing.ts'

const TICK_MS = 10_000
const DAY = 8640

function heardIn(ticks: readonly number[], before: number, kept = 100): Hearing {
  const hearing = new Hearing(TICK_MS, kept, null)
  for (const tick of ticks) hearing.hear(tick)
  hearing.settle(before)
  return hearing
}

describe('hearing', () => {
  test('knows of each settled tick whether anything was heard, and until when that is so', () => {
    const hearing = heardIn([12, 10, 11, 15, 20, 12], 23)
    const shown = [9, 10, 12, 13, 14, 15, 16, 20, 21, 22, 23].map((tick) => {
      const { from, until, isDeaf } = hearing.at(tick)
      return isDeaf ? [tick, from, until] : [tick, until]
    })
    expect(shown).toEqual([
      [9, 13],
      [10, 13],
      [12, 13],
      [13, 13, 15],
      [14, 13, 15],
      [15, 16],
      [16, 16, 20],
      [20, 21],
      [21, 21, 23],
      [22, 21, 23],
      [23, Number.POSITIVE_INFINITY],
    ])
  })

  test('takes nothing that is not settled for deaf, nor what came before anything was heard', () => {
    expect(heardIn([30], 20).at(15).isDeaf).toBe(false)
    expect(heardIn([10, 30], 20).at(25).isDeaf).toBe(false)
    expect(heardIn([], 20).at(15).isDeaf).toBe(false)
  })

  test('holds deafness for normal after a day, and forgets it', () => {
    const hearing = heardIn([0], 3 * DAY, 4 * DAY)
    expect(hearing.at(DAY)).toMatchObject({ isDeaf: true, until: 1 + DAY })
    expect(hearing.at(1 + DAY).isDeaf).toBe(false)
    expect(heardIn([0, 10], 200).at(5).isDeaf).toBe(false)
    expect(heardIn([0, 10], 105).at(5).isDeaf).toBe(true)
  })

  test('goes on from its state as it was, in bounded room', () => {
    const every = Array.from({ length: 5000 }, (_, i) => 2 * i)
    const hearing = heardIn(every, 10_000)
    const again = new Hearing(TICK_MS, 100, JSON.parse(JSON.stringify(hearing.state)))
    expect(JSON.stringify(hearing.state).length).toBeLessThan(2000)
    for (const one of [hearing, again]) {
      one.hear(10_003)
      one.settle(10_005)
    }
    expect(again.state).toEqual(hearing.state)
    for (let tick = 9900; tick < 10_006; tick += 1) expect({ ...again.at(tick) }).toEqual({ ...hearing.at(tick) })
  })
})
