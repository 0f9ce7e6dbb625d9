import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { type KafkaOptions, kafkaStream } from '#src/stream/kafka/kafka.ts'
import type { Opening, Stream } from '#src/stream/stream.ts'
import { counted, counter, lines, numbered, Stand, Told, trace } from '#test/contract/stream/stand.ts'
import { kafkaForTests } from '#test/parts/kafka.ts'
import { hurried } from './kafka.harness.ts'
import type { Said, Task } from './kafka.worker.ts'

const part = inject('kafka')
const ends: (() => Promise<void> | void)[] = []
let options: KafkaOptions

beforeEach(() => {
  const run = randomUUID().slice(0, 8)
  options = {
    brokers: 'brokers' in part ? part.brokers : [],
    topics: { calls: `${run}-calls`, prefix: `${run}.` },
    groupPrefix: run,
    create: { callsPartitions: 1, internalPartitions: 1, replicationFactor: 1 },
    limits: hurried,
  }
})

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

describe.skipIf('skipped' in part)('the stream on a real broker', () => {
  test('a process that was paused in the middle of a commit, and wakes up, is refused', async () => {
    const stream = await open({ instance: 'here' })
    const tap = await watch(stream)
    await stream.append('calls', lines(numbered(5)))
    const limits = { ...hurried, sessionMs: 1_500, heartbeatMs: 100 }
    const zombie = work({ options: { ...options, instance: 'zombie', limits }, commitMs: 300 })
    await zombie.until('committing')
    zombie.process.kill('SIGSTOP')
    const running = await stream.transform(counter())
    await until('the new owner', () => tap.texts().length >= 5)
    zombie.process.kill('SIGCONT')
    const dropped = await zombie.until('dropped')
    expect(dropped).toMatchObject({ reason: expect.stringMatching(/epoch|fenced|transaction|another member/i) })
    await stream.append('calls', lines(numbered(10).slice(5)))
    await until('all', () => tap.texts().length >= 10)
    await running.stop()
    await stream.append('calls', lines(['last']))
    await until('the last, by the one that is left', () => tap.texts().includes('last#11'))
    expect(tap.texts()).toEqual(counted([...numbered(10), 'last']))
  })

  test('a process that was killed is followed at once, not when its session ends', async () => {
    const stream = await open({ instance: 'here' })
    const tap = await watch(stream)
    const limits = { ...hurried, sessionMs: 300_000 }
    const task = { options: { ...options, instance: 'worker', limits }, commitMs: 0 }
    const first = work(task)
    await first.until('opened')
    await stream.append('calls', lines(numbered(3)))
    await until('the first three', () => tap.texts().length >= 3)
    first.process.kill('SIGKILL')
    const second = work(task)
    await stream.append('calls', lines(['r4']))
    await second.until('stepped')
    await until('the fourth', () => tap.texts().length >= 4)
    expect(tap.texts()).toEqual(counted(numbered(4)))
  })

  test('two processes share the partitions, and what one leaves the other takes over', async () => {
    options = { ...options, create: { callsPartitions: 4, internalPartitions: 4, replicationFactor: 1 } }
    const stream = await open({ instance: 'here' })
    const tap = await watch(stream)
    const [one, two] = [trace(), trace()]
    await stream.transform(counter(one))
    await until('all lanes', () => one.openings.length === 4)
    const other = await open({ instance: 'there' })
    const running = await other.transform(counter(two))
    await until('half of the lanes', () => two.openings.length === 2)
    const partitions = [0, 1, 2, 3]
    for (const partition of partitions) await stream.append('calls', lines(numbered(5, `p${partition}.`), partition))
    await until('the first', () => tap.texts().length >= 20)
    await running.stop()
    for (const partition of partitions) {
      await stream.append('calls', lines(numbered(9, `p${partition}.`).slice(5), partition))
    }
    await until('the rest', () => tap.texts().length >= 36)
    for (const partition of partitions) {
      const of = tap.texts().filter((value) => value.startsWith(`p${partition}.`))
      expect(of).toEqual(counted(numbered(9, `p${partition}.`)))
    }
    // Lanes that stayed were not opened again.
    expect(one.openings.length).toBe(6)
  })

  test('what is under way in a lane that another member gets is told as lost there, not as a failure', async () => {
    options = { ...options, create: { callsPartitions: 2, internalPartitions: 2, replicationFactor: 1 } }
    const told = new Told()
    const gate = Promise.withResolvers<void>()
    const held = new Set<string>()
    const before = async (_stage: string, source: string) => {
      held.add(source)
      await gate.promise
    }
    const stream = await open({ instance: 'here', events: told, probe: { before } })
    const tap = await watch(stream)
    await stream.transform(counter())
    await until('both lanes', () => told.opens.length === 2)
    for (const partition of [0, 1]) await stream.append('calls', lines(['r'], partition))
    await until('both commits', () => held.size === 2)
    const moved = trace()
    await (await open({ instance: 'there' })).transform(counter(moved))
    await until('the lane that moved', () => moved.openings.length === 1)
    gate.resolve()
    await until('both records', () => tap.texts().length >= 2)
    await until('the loss', () => told.losses.length === 1)
    expect(tap.texts()).toEqual(['r#1', 'r#1'])
    expect(told.drops).toEqual([])
  })

  test('a state of 50,000 keys is written in one step and restored', async () => {
    const stream = await open({})
    const openings: Opening[] = []
    const keys = numbered(50_000, 'entity ')
    const value = (key: string) => Buffer.from(`${key} ${'x'.repeat(180)}`)
    const stage = {
      ...counter(),
      open(opening: Opening) {
        openings.push(opening)
        return {
          step: () => ({
            appends: [],
            state: keys.map((key) => ({ key, value: value(key) })),
            resume: 1,
            note: 'written',
          }),
          idle: () => null,
        }
      },
    }
    await stream.append('calls', lines(['go']))
    let steps = 0
    stepped = () => steps++
    const running = await stream.transform(stage)
    await until('the step', () => steps === 1)
    await running.stop()
    await stream.transform(stage)
    await until('the second opening', () => openings.length === 2)
    const { state, note } = openings[1]!
    expect(note).toBe('written')
    expect(state.size).toBe(50_000)
    for (const key of keys) expect(Buffer.compare(state.get(key)!, value(key))).toBe(0)
  })
})

describe.skipIf('skipped' in part || process.env.KAFKA_BROKERS)('a broker that dies', () => {
  test('and comes back on the same data: every record once', async () => {
    const own = await kafkaForTests()
    if ('skipped' in own) throw new Error(own.skipped)
    ends.push(own.stop)
    options = { ...options, brokers: own.brokers }
    const stream = await open({})
    const tap = await watch(stream)
    await stream.transform(counter())
    await stream.append('calls', lines(numbered(50)))
    await until('the first fifty', () => tap.texts().length >= 50)
    const more = stream.append('calls', lines(numbered(60).slice(50)))
    await Promise.all([own.restart!('SIGKILL'), more.catch(() => {})])
    await until('reading again', () =>
      stream.append('calls', lines(['again'])).then(
        () => true,
        () => false,
      ),
    )
    await until('the last', () => tap.texts().some((value) => value.startsWith('again#')))
    const found = tap.texts()
    expect(found.slice(0, 50)).toEqual(counted(numbered(50)))
    // Counted without a hole, and each at most once, whatever became of the append that met the dying broker.
    expect(found.map((value) => Number(value.split('#')[1]))).toEqual(found.map((_, index) => index + 1))
    const once = found.map((value) => value.split('#')[0]!).filter((value) => value !== 'again')
    expect(new Set(once).size).toBe(once.length)
  }, 60_000)
})

let stepped: () => void = () => {}

async function open(changes: Partial<KafkaOptions>): Promise<Stream> {
  stepped = () => {}
  const stream = kafkaStream({ ...options, events: { stepped: () => stepped() }, ...changes })
  ends.push(() => stream.close())
  await stream.prepare()
  return stream
}

const watch = (stream: Stream) => new Stand(nothing).tap(stream, 'tallies')

const nothing = {
  patienceMs: 40_000,
  open: () => Promise.reject(new Error('unused')),
  reopen: () => Promise.reject(new Error('unused')),
  overflow: async () => {},
  dispose: async () => {},
}

async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + nothing.patienceMs
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited ${nothing.patienceMs} ms for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

interface Worker {
  readonly process: ChildProcess
  until(said: Said['said']): Promise<Said>
}

function work(task: Task): Worker {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kafka.worker.ts')], {
    env: { ...process.env, TASK: JSON.stringify(task) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  ends.push(() => {
    child.kill('SIGKILL')
  })
  const heard: Said[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => heard.push(JSON.parse(line) as Said))
  return {
    process: child,
    async until(said) {
      await until(`a worker that says ${said}`, () => heard.some((one) => one.said === said))
      return heard.find((one) => one.said === said)!
    },
  }
}
