import { describe, expect, test } from 'vitest'
import { Fenced } from '#src/stream/stream.ts'
import { alertOf, toldOf } from '#test/fakes/alert.ts'
import { outcomes, Process, takes, World } from './world.ts'

const quiet = { alert: alertOf('quiet'), telling: null }

describe('what is durable', () => {
  test('a failed commit ends everything that the lane does outside, and the next take says so', async () => {
    const world = new World()
    for (const failure of [new Fenced('newer owner'), new Error('fate unknown')]) {
      const process = new Process(world, { failCommit: () => failure, limits: { concurrency: 1 } })
      const lane = await process.lane
      world.react = () => ({ ...takes, afterMs: 1000 })
      world.put(toldOf('a'), toldOf('b'), toldOf('c'))
      await lane.take(world.topic)
      await world.clock.run()
      const sent = world.attempts.length
      expect(sent).toBeLessThanOrEqual(1)
      await expect(lane.take(world.topic)).rejects.toBe(failure)
      await world.clock.run()
      expect(world.attempts).toHaveLength(sent)
      const closing = lane.close()
      await world.clock.run()
      await closing
      expect(world.commits).toBe(0)
      world.attempts.length = 0
    }
  })

  test('rows of the delivery log are kept until the stream takes them; nothing is committed before', async () => {
    const world = new World()
    let failures = 5
    const held: string[] = []
    world.put(toldOf('a'), toldOf('b'))
    const process = new Process(world, {
      failAppend: () => (failures-- > 0 ? new Error('no broker') : null),
      events: { held: (_sink, _source, what, reason) => held.push(`${what} ${reason}`) },
    })
    await process.feed()
    await world.clock.settle()
    world.put(quiet)
    const lane = await process.lane
    await lane.take(world.topic.slice(2))
    await world.clock.run(() => failures === 2)
    expect(world.commits).toBe(2)
    expect(world.committed?.resume).toBe(10)
    await world.clock.run()
    expect(held).toEqual(Array(5).fill('rows no broker'))
    expect(outcomes(world.rows)).toEqual(['a_1 1 delivered', 'b_1 1 delivered'])
    expect(world.attempts).toHaveLength(2)
    expect(world.committed?.resume).toBe(world.end)
  })
})

describe('the lanes of one sink', () => {
  test('take turns', async () => {
    const world = new World()
    const process = new Process(world, { limits: { concurrency: 1 } })
    const other = await process.openOther()
    world.put(toldOf('a'), toldOf('b'), toldOf('c'), toldOf('d'))
    const lane = await process.lane
    await lane.take(world.topic.slice(0, 3))
    await other.take(world.topic.slice(3))
    await world.clock.run()
    expect(world.attempts.map(({ alert }) => alert)).toEqual(['a', 'd', 'b', 'c'])
  })

  test('share what is known of the receiver', async () => {
    const world = new World()
    world.react = () => ({ delivery: { kind: 'disabled', status: 410, reason: 'gone' }, applied: false, afterMs: 0 })
    const process = new Process(world)
    const other = await process.openOther()
    world.put(toldOf('a'), toldOf('b'))
    const lane = await process.lane
    await lane.take(world.topic.slice(0, 1))
    await world.clock.run()
    await other.take(world.topic.slice(1))
    await world.clock.run()
    expect(outcomes(world.rows)).toEqual(['a_1 1 disabled', 'b_1 0 disabled'])
  })

  test('a lane that is opened again does not take its own aborted attempts for failures of the receiver', async () => {
    const world = new World()
    world.react = () => ({ ...takes, applied: false, afterMs: null })
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) world.put(toldOf(id))
    const process = new Process(world, { limits: { concurrency: 6 } })
    const lane = await process.lane
    await lane.take(world.topic)
    await world.clock.settle()
    const closing = lane.close()
    await world.clock.run()
    await closing
    world.react = () => takes
    const from = world.clock.now
    const again = await process.open()
    await again.take(world.topic)
    await world.clock.settle()
    expect(world.folded().map(({ at }) => at)).toEqual(Array(6).fill(from))
  })
})

describe('closing', () => {
  test('starts nothing more, waits for what is under way, and commits it', async () => {
    const world = new World()
    world.react = () => ({ ...takes, afterMs: 9000 })
    world.put(toldOf('a'), toldOf('b'))
    const process = new Process(world, { limits: { concurrency: 1 } })
    await process.feed()
    await world.clock.settle()
    const lane = await process.lane
    const closing = lane.close()
    await world.clock.run()
    await closing
    expect(world.attempts.map(({ id }) => id)).toEqual(['a_1'])
    expect(outcomes(world.rows)).toEqual(['a_1 1 delivered'])
    expect(world.committed?.resume).toBe(world.topic[1]!.position)
  })

  test('aborts what hangs after ten seconds, and leaves it to the next owner', async () => {
    const world = new World()
    const from = world.clock.now
    world.react = () => ({ ...takes, applied: false, afterMs: null })
    world.put(toldOf('a'))
    const process = new Process(world)
    await process.feed()
    await world.clock.settle()
    const lane = await process.lane
    const closing = lane.close()
    await world.clock.run()
    await closing
    expect(world.clock.now - from).toBe(10_000)
    expect(outcomes(world.rows)).toEqual(['a_1 1 retry'])
    expect(world.committed).toEqual({ resume: 10, note: '' })
  })
})
