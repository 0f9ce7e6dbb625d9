import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { calendarOf } from '#src/baseline/blocks.ts'
import { endpointRef, keyOf } from '#src/baseline/entity.ts'
import { count } from '#src/baseline/measure.ts'
import { emptyTally, type Tally } from '#src/baseline/tally.ts'
import { type Detector, defineDetector } from '#src/detection/detector.ts'
import { planOf } from '#src/detection/plan.ts'
import { Changes, detachOrphans } from '#src/stage/judge/changes.ts'
import { checkpoint, restore } from '#src/stage/judge/checkpoint.ts'
import { alarmedOf, closeTick } from '#src/stage/judge/close.ts'
import { type Entity, Shard } from '#src/stage/judge/shard.ts'

/** 100 calls in a tick are an anomaly, of an endpoint and of a service; of a service it takes one of 110 to be worth telling. */
const puppet = defineDetector({
  name: 'puppet',
  about: { title: '', catches: '', misses: '' },
  scopes: ['endpoint', 'service'],
  share: 1,
  measures: { calls: count('calls', () => true) },
  params: z.strictObject({}),
  sample: { name: 'none', rank: () => null },
  alternatives: { calls: 1 },
  silence: false,
  single: false,
  earlyMargin: 0,
  judge({ calls }, evidence) {
    evidence.logE[0] = calls.k >= 100 ? 60 : -1
    evidence.calm = calls.k >= 100 ? -60 : 3
    evidence.sums[0] = calls.k
    evidence.peaks[0] = calls.k
    return true
  },
  floor: (_sums, peaks, _params, _single, scope) => scope !== 'service' || (peaks[0] as number) >= 110,
  explain: ({ ref, sums }) => ({
    severity: ref.route === '/vault' ? 'critical' : 'low',
    observed: {},
    expected: {},
    reason: `${sums[0]} calls`,
    silentIf: '',
    least: 100,
    condition: '1',
  }),
}) as unknown as Detector
const calendar = calendarOf(10_000)

/** Calls of each endpoint of one service, tick by tick. */
type Ticks = readonly Readonly<Record<string, number>>[]

class World {
  readonly plan = planOf([{ detector: puppet, params: {} }], 1, 1)
  shard = this.#shard()
  /** `entity outcome (its parent's entity)`, by tick. */
  readonly life: string[] = []
  #tick = 0

  #shard(): Shard {
    return new Shard(0, this.plan, calendar, { endpoint: 100, identity: 1 }, () => 1)
  }

  play(ticks: Ticks, order: 'endpoints first' | 'service first' = 'service first'): void {
    for (const calls of ticks) {
      this.#close(calls, order)
      this.#tick += 1
    }
  }

  /** As another process goes on from the checkpoint of this one. */
  restart(): void {
    const dirty = ['endpoint', 'service'].flatMap((scope) => [...this.shard.entities[scope as 'endpoint'].values()])
    const writes = checkpoint(this.plan, new Map([[0, this.shard]]), dirty, this.#tick, null)
    const state = new Map(writes.flatMap(({ key, value }) => (value === null ? [] : [[key, value.slice()] as const])))
    this.shard = this.#shard()
    restore(this.plan, new Map([[0, this.shard]]), 1, new Map(), state)
  }

  /** What is told of the service's open alert, or of the last that was. */
  reasons: string[] = []

  #close(calls: Readonly<Record<string, number>>, order: 'endpoints first' | 'service first'): void {
    const entries = Object.entries(calls).map(([route, k]) => [this.endpoint(route), this.#tally(k)] as const)
    const together = emptyTally(this.plan.service.layout)
    for (const [, tally] of entries) this.plan.together.add(together, tally)
    const service = [this.shard.entity('service', 's'), together] as const
    const tallies = new Map<Entity, Tally>(order === 'service first' ? [service, ...entries] : [...entries, service])
    const changes = new Changes(this.shard, this.plan, calendar, this.#tick)
    closeTick(this.shard, calendar, this.#tick, tallies, alarmedOf(this.shard, this.plan), changes.add)
    changes.join()
    for (const { entity, outcome, alert } of changes.all) {
      const name = entity.ref.scope === 'service' ? 'service' : entity.ref.route
      this.life.push(`${this.#tick}: ${name} ${outcome}${alert.parent === null ? '' : ' with it'}`)
      if (entity.ref.scope === 'service') this.reasons.push(`${alert.severity}: ${alert.reason}`)
    }
  }

  endpoint(route: string): Entity {
    return this.shard.entity('endpoint', keyOf(endpointRef('s', 'GET', route)))
  }

  #tally(k: number): Tally {
    const { layout, slots } = this.plan.endpoint
    const tally = emptyTally(layout)
    tally.integers[0] = k
    for (const { cells } of slots) tally.integers[cells.integer] = k
    return tally
  }
}

function lifeOf(ticks: Ticks): string[] {
  const world = new World()
  world.play(ticks)
  return world.life.sort()
}

const calm = (ticks: number): Ticks => Array.from({ length: ticks }, () => ({ '/a': 1, '/b': 1, '/c': 1 }))

describe('an anomaly of a service', () => {
  test('is that of the endpoint that carries it alone, whatever is judged first', () => {
    for (const order of ['endpoints first', 'service first'] as const) {
      const world = new World()
      world.play([{ '/a': 150, '/b': 9, '/c': 9 }, { '/a': 150, '/b': 9, '/c': 9 }, ...calm(8)], order)
      expect(world.life, order).toEqual(['0: /a opened', '7: /a resolved'])
    }
  })

  test('is told of the service where it would be odd without that endpoint', () => {
    expect(lifeOf([{ '/a': 150, '/b': 60, '/c': 60 }])).toEqual(['0: /a opened with it', '0: service opened'])
  })

  test('is told of the service although no endpoint is odd by itself', () => {
    const world = new World()
    world.play([{ '/a': 50, '/b': 50, '/c': 50 }])
    expect([world.life, world.reasons]).toEqual([['0: service opened'], ['low: 150 calls']])
  })

  test('that is not worth telling by its size is told where two of its endpoints are', () => {
    expect(
      lifeOf([
        { '/a': 51, '/b': 51, '/c': 1 },
        { '/a': 51, '/b': 51, '/c': 1 },
      ]),
    ).toEqual([])
    expect(
      lifeOf([
        { '/a': 100, '/b': 1, '/c': 1 },
        { '/a': 1, '/b': 100, '/c': 1 },
      ]),
    ).toEqual(['0: /a opened', '1: /a changed with it', '1: /b opened with it', '1: service opened'])
  })

  test('that one endpoint explained does not come back when that is over', () => {
    const some = Array.from({ length: 20 }, () => ({ '/a': 1000, '/b': 1, '/c': 1 }))
    expect(lifeOf([...some, ...calm(60)]).filter((one) => one.includes('service'))).toEqual([])
  })

  test('is as severe as the worst of its endpoints, and says which they are', () => {
    const world = new World()
    world.play([
      { '/a': 150, '/b': 150, '/vault': 1 },
      { '/a': 1000, '/b': 150, '/vault': 100 },
      { '/a': 100, '/b': 100, '/vault': 100 },
    ])
    expect(world.reasons).toEqual([
      'low: 301 calls; behind it 2 of 3 endpoints, most at GET /a (50%), GET /b (50%)',
      'critical: 1551 calls; behind it 3 of 3 endpoints, most at GET /a (74%), GET /b (19%)',
    ])
  })
})

describe('the alert of an endpoint', () => {
  const both = { '/a': 150, '/b': 150, '/c': 1 }

  test.for([
    [0, 'with it'],
    [1, 'with it'],
    [2, 'with it'],
    [3, null],
  ] as const)('that opened %i ticks before its service belongs to it: %s', ([ticks, belongs]) => {
    const first = Array.from({ length: ticks }, () => ({ '/a': 100, '/b': 1, '/c': 1 }))
    const life = lifeOf([...first, both])
    expect(life).toContain(`${ticks}: service opened`)
    expect(life).toContain(`${ticks}: /b opened with it`)
    const changed = `${ticks}: /a ${ticks === 0 ? 'opened' : 'changed'} with it`
    expect(life.includes(changed)).toBe(belongs !== null)
  })

  test('that opens while its service is alarmed belongs to it, and ends with it', () => {
    expect(lifeOf([both, { ...both, '/c': 150 }, ...calm(10)])).toEqual([
      '0: /a opened with it',
      '0: /b opened with it',
      '0: service opened',
      '1: /c opened with it',
      '7: /a resolved with it',
      '7: /b resolved with it',
      '7: /c resolved with it',
      '7: service resolved',
    ])
  })

  test('does not end before its service, and is told anew if it goes on after it', () => {
    const late = Array.from({ length: 12 }, () => ({ '/a': 60, '/b': 60, '/c': 1 }))
    const life = lifeOf([both, ...late, ...calm(10)])
    expect(life.filter((one) => one.includes('resolved'))).toEqual([
      '18: /a resolved with it',
      '18: /b resolved with it',
      '18: service resolved',
    ])
    expect(lifeOf([both, ...calm(6), { '/a': 150, '/b': 1, '/c': 1 }, ...calm(2)]).slice(-2)).toEqual([
      '6: service resolved',
      '7: /a opened',
    ])
  })

  test('belongs to it after a restart as before', () => {
    const [whole, cut] = [new World(), new World()]
    const ticks = [both, { '/a': 1, '/b': 150, '/c': 150 }, ...calm(10)]
    whole.play(ticks)
    ticks.forEach((tick) => {
      cut.play([tick])
      cut.restart()
    })
    expect(cut.life.sort()).toEqual(whole.life.sort())
    expect(cut.life).toContain('7: /c resolved with it')
  })

  test('whose service is judged no longer stands by itself again', () => {
    const world = new World()
    world.play([both])
    const alone = planOf([{ detector: { ...puppet, scopes: ['endpoint'] }, params: {} }], 1, 1)
    detachOrphans(world.shard, alone)
    world.play(calm(7))
    expect(world.life.filter((one) => one.includes('/a'))).toEqual(['0: /a opened with it', '6: /a resolved'])
  })
})

test('who judges services judges their endpoints', () => {
  expect(() => planOf([{ detector: { ...puppet, scopes: ['service'] }, params: {} }], 1, 1)).toThrow(/endpoint/)
})
