import { describe, expect, test } from 'vitest'
import { alertOf, toldOf } from '#test/fakes/alert.ts'
import { fails, outcomes, Process, type Reaction, takes, World } from './world.ts'

const quiet = { alert: alertOf('quiet'), telling: null }

function three(world: World): void {
  for (const [notice, event] of [
    [1, 'opened'],
    [2, 'updated'],
    [3, 'resolved'],
  ] as const)
    for (const alert of ['a', 'b', 'c']) world.put(toldOf(alert, notice, event), quiet)
}

function told(world: World, alert: string): readonly string[] {
  return world
    .folded()
    .filter((attempt) => attempt.alert === alert)
    .map(({ event }) => event)
}

describe('deliver', () => {
  test('tells each notice once, in order for each alert, and commits the end', async () => {
    const world = new World()
    three(world)
    await new Process(world).feed()
    await world.clock.run()
    expect(world.attempts).toHaveLength(9)
    for (const alert of ['a', 'b', 'c']) expect(told(world, alert)).toEqual(['opened', 'updated', 'resolved'])
    expect(world.committed).toEqual({ resume: world.end, note: '' })
    expect(world.rows).toHaveLength(9)
    expect(world.rows[0]).toEqual({
      at: '2026-11-22T09:30:00.000Z',
      sink: 'siem',
      alert_id: 'a',
      notice: 1,
      event: 'opened',
      attempt: 1,
      outcome: 'delivered',
      status: 204,
      reason: '',
      latency_ms: 0,
    })
  })

  test('a topic of quiet changes only moves the position', async () => {
    const world = new World()
    world.put(quiet, quiet)
    await new Process(world).feed()
    await world.clock.run()
    expect(world.attempts).toEqual([])
    expect(world.committed).toEqual({ resume: world.end, note: '' })
  })

  test('a receiver that is down for 30 minutes is probed, not hammered, and then gets everything in order', async () => {
    const world = new World()
    const from = world.clock.now
    const until = from + 1_800_000
    world.react = (_record, at) => (at < until ? fails : takes)
    three(world)
    const heard: string[] = []
    const events = { down: () => heard.push('down'), up: () => heard.push('up') }
    await new Process(world, { events }).feed()
    expect(await world.clock.run(() => world.folded().length === 9, 1_900_000)).toBe(true)
    const whileDown = world.attempts.filter(({ at }) => at < until)
    expect(whileDown.length).toBeGreaterThan(30)
    expect(whileDown.length).toBeLessThan(150)
    expect(world.clock.now - until).toBeLessThanOrEqual(30_000)
    // The first success ends everybody's wait.
    expect(new Set(world.folded().map(({ at }) => at)).size).toBe(1)
    for (const alert of ['a', 'b', 'c']) expect(told(world, alert)).toEqual(['opened', 'updated', 'resolved'])
    await world.clock.run()
    expect(world.committed).toEqual({ resume: world.end, note: '' })
    expect(world.rows).toHaveLength(world.attempts.length)
    expect(heard).toEqual(['down', 'up'])
  })

  test('when a probe gets through, what waits for its next attempt goes at once', async () => {
    const world = new World()
    const from = world.clock.now
    let calls = 0
    world.react = () => (++calls <= 2 ? fails : takes)
    world.put(toldOf('a'), toldOf('b'))
    await new Process(world, { limits: { firstBackoffMs: 600_000, failuresBeforePause: 2 } }).feed()
    await world.clock.run()
    expect(world.folded()).toHaveLength(2)
    for (const { at } of world.folded()) expect(at - from).toBeLessThanOrEqual(1000)
  })

  test('every third call fails: nothing is lost, and the order holds', async () => {
    const world = new World()
    let calls = 0
    world.react = () => (++calls % 3 === 0 ? fails : takes)
    three(world)
    await new Process(world).feed()
    await world.clock.run()
    for (const alert of ['a', 'b', 'c']) expect(told(world, alert)).toEqual(['opened', 'updated', 'resolved'])
    expect(world.attempts.filter(({ applied }) => applied)).toHaveLength(9)
    expect(world.attempts.length).toBeGreaterThan(9)
  })

  test('one alert that is stuck holds up its own notices and no others', async () => {
    const world = new World()
    world.react = ({ alert }) => (alert.id === 'b' ? { ...takes, afterMs: null } : takes)
    three(world)
    await new Process(world).feed()
    await world.clock.run()
    expect(told(world, 'a')).toEqual(['opened', 'updated', 'resolved'])
    expect(told(world, 'c')).toEqual(['opened', 'updated', 'resolved'])
    expect(world.attempts.filter(({ alert }) => alert === 'b')).toHaveLength(1)
    expect(world.committed?.resume).toBe(world.topic[2]!.position)
  })

  test('after a restart only what was not delivered is sent again, under the same webhook-id', async () => {
    const world = new World()
    world.react = ({ alert }) => (alert.id === 'b' ? fails : takes)
    three(world)
    const first = new Process(world)
    await first.feed()
    await world.clock.run(() => told(world, 'c').length === 3, 60_000)
    await world.clock.run(() => false, 1000)
    first.dead = true
    const before = world.attempts.length
    world.react = () => takes
    await new Process(world).feed()
    await world.clock.run()
    expect(world.attempts.slice(before).map(({ id }) => id)).toEqual(['b_1', 'b_2', 'b_3'])
    expect(world.committed).toEqual({ resume: world.end, note: '' })
  })

  test('at most so many notices at once, and no more undelivered in memory', async () => {
    const world = new World()
    let most = 0
    const open = new Set<string>()
    world.react = ({ alert }) => {
      open.add(alert.id)
      most = Math.max(most, open.size)
      return { ...takes, afterMs: null }
    }
    for (let n = 0; n < 20; n++) world.put(toldOf(`x${n}`))
    let fed = 0
    const process = new Process(world, { limits: { undelivered: 5, concurrency: 2 } })
    const lane = await process.lane
    const feeding = (async () => {
      for (const record of world.topic) {
        await lane.take([record])
        fed++
      }
    })()
    await world.clock.run()
    expect(fed).toBe(5)
    expect(most).toBe(2)
    const closing = lane.close()
    await expect(feeding).rejects.toThrow('closed')
    await world.clock.run()
    await closing
    expect(fed).toBe(5)
  })

  test('room in memory lets the next record in', async () => {
    const world = new World()
    for (let n = 0; n < 20; n++) world.put(toldOf(`x${n}`))
    const fed = new Process(world, { limits: { undelivered: 2, concurrency: 1 } }).feed(20)
    await world.clock.run()
    await fed
    expect(world.folded()).toHaveLength(20)
  })

  test('a refused notice is recorded, and the next one goes', async () => {
    const world = new World()
    const refusal: Reaction = {
      delivery: { kind: 'rejected', status: 413, reason: 'the receiver answered 413' },
      applied: false,
      afterMs: 0,
    }
    world.react = ({ telling }) => (telling.notice === 1 ? refusal : takes)
    world.put(toldOf('a'), toldOf('a', 2, 'updated'))
    await new Process(world).feed()
    await world.clock.run()
    expect(outcomes(world.rows)).toEqual(['a_1 1 rejected', 'a_2 1 delivered'])
    expect(world.committed?.resume).toBe(world.end)
  })

  test('410 switches the sink off: what comes later is recorded and never sent, and the position moves on', async () => {
    const world = new World()
    world.react = () => ({ delivery: { kind: 'disabled', status: 410, reason: 'gone' }, applied: false, afterMs: 0 })
    const off: string[] = []
    world.put(toldOf('a'), toldOf('a', 2, 'updated'))
    const process = new Process(world, { events: { disabled: (sink) => off.push(sink) }, limits: { undelivered: 2 } })
    await process.feed()
    await world.clock.run()
    const lane = await process.lane
    world.put(toldOf('b'), toldOf('c'), toldOf('d'))
    await lane.take(world.topic.slice(2))
    await world.clock.run()
    expect(world.attempts).toHaveLength(1)
    expect(outcomes(world.rows)).toEqual([
      'a_1 1 disabled',
      'a_2 0 disabled',
      'b_1 0 disabled',
      'c_1 0 disabled',
      'd_1 0 disabled',
    ])
    expect(off).toEqual(['siem'])
    expect(world.committed).toEqual({ resume: world.end, note: '' })
  })

  test('Retry-After is honoured by the whole sink, for an hour at most', async () => {
    const world = new World()
    const from = world.clock.now
    let calls = 0
    world.react = () =>
      ++calls === 1
        ? {
            delivery: { kind: 'retry', status: 429, reason: 'the receiver answered 429', afterMs: 7_200_000 },
            applied: false,
            afterMs: 0,
          }
        : takes
    world.put(toldOf('a'), toldOf('b'))
    await new Process(world, { limits: { concurrency: 1 } }).feed()
    await world.clock.run()
    expect(world.attempts.map(({ at, id }) => [at - from, id])).toEqual([
      [0, 'a_1'],
      [3_600_000, 'a_1'],
      [3_600_000, 'b_1'],
    ])
  })

  test('a notice that always fails is given up, but only because others get through', async () => {
    const world = new World()
    world.react = ({ alert }) => (alert.id === 'bad' ? fails : takes)
    world.put(toldOf('bad'), toldOf('bad', 2, 'updated'))
    const process = new Process(world, { limits: { attempts: 8, failuresBeforePause: 3 } })
    await process.feed()
    await world.clock.run(() => world.attempts.length === 50, 7_200_000)
    expect(world.attempts.length).toBe(50)
    expect(world.attempts.every(({ id }) => id === 'bad_1')).toBe(true)
    world.put(toldOf('good'))
    const lane = await process.lane
    await lane.take(world.topic.slice(2))
    expect(await world.clock.run(() => told(world, 'good').length === 1, 60_000)).toBe(true)
    await world.clock.run(() => world.rows.some(({ outcome }) => outcome === 'given-up'), 600_000)
    expect(world.rows.find(({ outcome }) => outcome === 'given-up')).toMatchObject({ alert_id: 'bad', notice: 1 })
  })

  test('a record that cannot be read is told, counted and passed over', async () => {
    const world = new World()
    const bad: string[] = []
    world.put('{"alert":', toldOf('a'), JSON.stringify(toldOf('a.b')), toldOf('b'))
    const events = {
      bad: (sink: string, source: string, position: number, reason: string) =>
        bad.push([sink, source, position, reason].join(' ')),
    }
    await new Process(world, { events }).feed()
    await world.clock.run()
    expect(bad).toEqual(['siem alerts/0 10 not JSON in UTF-8', 'siem alerts/0 14 alert.id: invalid_format'])
    expect(world.folded().map(({ id }) => id)).toEqual(['a_1', 'b_1'])
    expect(world.committed?.resume).toBe(world.end)
  })

  test('a dead receiver delays no other', async () => {
    const [dead, alive] = [new World(), new World()]
    dead.react = () => ({ ...fails, afterMs: null })
    for (const world of [dead, alive]) three(world)
    await Promise.all([new Process(dead, { sink: 'dead' }).feed(), new Process(alive, { sink: 'alive' }).feed()])
    await alive.clock.run()
    await dead.clock.run()
    expect(alive.folded()).toHaveLength(9)
    expect(dead.folded()).toHaveLength(0)
  })
})
