import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  fairSchedule,
  type MemoryOptions,
  type MemoryStream,
  memoryStream,
  shakenSchedule,
} from '#src/stream/memory.ts'
import type { Gap, Lane, StreamRecord } from '#src/stream/stream.ts'
import { bytes, counted, counter, drainOf, lines, numbered, stageOf, text, trace } from '#test/contract/stream/stand.ts'

const written = (stream: MemoryStream) => stream.records('tallies').map((record) => text(record.value))

/** collect counts, judge counts what collect wrote, a drain reads it all. */
async function chain(options: MemoryOptions) {
  const stream = memoryStream(options)
  const out: string[] = []
  await stream.transform(counter())
  const judge = counter(trace(), { stage: 'judge', input: 'tallies', outputs: ['alerts'], state: 'operations' })
  await stream.transform({ ...judge, open: (opening) => onto(judge.open(opening)) })
  await stream.drain(drainOf('deliver', ['alerts'], () => async (records) => void out.push(...records.map(textOf))))
  return { stream, out }
}

const textOf = (record: StreamRecord) => text(record.value)

/** A counter that writes to alerts. */
function onto(lane: Lane): Lane {
  return {
    step(records) {
      const step = lane.step(records)
      if (step === null) return null
      return { ...step, appends: step.appends.map((append) => ({ ...append, topic: 'alerts' as const })) }
    },
    idle: () => null,
  }
}

test('nothing runs before settle, everything after it', async () => {
  const { stream, out } = await chain({})
  await stream.append('calls', lines(numbered(25)))
  expect(written(stream)).toEqual([])
  expect(stream.lag()).toContainEqual({ stage: 'collect', source: 'calls/0', records: 25 })
  await stream.settle()
  expect(written(stream)).toEqual(counted(numbered(25)))
  expect(out).toEqual(counted(counted(numbered(25))))
  expect(stream.lag().map(({ records }) => records)).toEqual([0, 0, 0])
})

test('any schedule gives what the fair one gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }),
      async (seed, chunks) => {
        const run = async (schedule: MemoryOptions['schedule']) => {
          const { stream } = await chain({ ...(schedule === undefined ? {} : { schedule }) })
          for (const [index, chunk] of chunks.entries()) {
            await stream.append('calls', lines(numbered(chunk, `${index}.`)))
            await stream.settle()
          }
          await stream.finish()
          return [written(stream), stream.records('alerts').map((record) => text(record.value))]
        }
        expect(await run(shakenSchedule(seed))).toEqual(await run(fairSchedule()))
      },
    ),
    { numRuns: 60 },
  )
})

test('a shaken schedule is the same for the same seed, and drops lanes', async () => {
  const run = async (seed: number) => {
    const seen = trace()
    const stream = memoryStream({ schedule: shakenSchedule(seed) })
    await stream.transform(counter(seen))
    await stream.append('calls', lines(numbered(2_000)))
    await stream.settle()
    return { steps: seen.steps.map((step) => step.length), openings: seen.openings.length }
  }
  const first = await run(7)
  expect(await run(7)).toEqual(first)
  expect(await run(8)).not.toEqual(first)
  expect(first.openings).toBeGreaterThan(1)
  expect(new Set(first.steps).size).toBeGreaterThan(3)
})

test('finish tells the readers of calls, and only them, that the input has ended', async () => {
  const stream = memoryStream({ partitions: { calls: 2 } })
  const told: string[] = []
  const ending = (stage: string): Lane => ({
    step: (records) => ({ appends: [], state: [], resume: records.at(-1)!.position + 1, note: '' }),
    idle(at) {
      told.push(`${stage} ${at}`)
      const append = { topic: 'tallies' as const, partition: 0, key: null, value: bytes('end') }
      return { appends: [append], state: [], resume: 0, note: 'ended' }
    },
  })
  await stream.transform(stageOf(() => ending('collect')))
  const judged = trace()
  await stream.transform(
    counter(judged, { stage: 'judge', input: 'tallies', state: null, outputs: [], open: counting(judged) }),
  )
  await stream.append('calls', lines(['a']))
  await stream.finish()
  expect(told).toEqual(['collect Infinity', 'collect Infinity'])
  expect(judged.steps.flat()).toEqual(['end', 'end'])
  expect(judged.idles).toEqual([])
})

function counting(seen: ReturnType<typeof trace>) {
  return (): Lane => ({
    step(records) {
      seen.steps.push(records.map(textOf))
      return { appends: [], state: [], resume: records.at(-1)!.position + 1, note: '' }
    },
    idle(at) {
      seen.idles.push(at)
      return null
    },
  })
}

test('records of a file have the source that was chosen and no append time', async () => {
  const stream = memoryStream({ partitions: { calls: 2 }, source: (topic, partition) => `${topic}:file-${partition}` })
  const seen: StreamRecord[] = []
  await stream.drain(drainOf('archive', ['calls'], () => async (records) => void seen.push(...records)))
  stream.appendRecord('calls', 1, { key: null, value: bytes('line'), appendedAt: null })
  stream.appendRecord('calls', 1, { key: null, value: bytes('next'), appendedAt: 5 })
  await stream.settle()
  expect(seen.map(({ source, position, appendedAt }) => [source, position, appendedAt])).toEqual([
    ['calls:file-1', 0, null],
    ['calls:file-1', 1, 5],
  ])
})

test('what every reader has passed is forgotten, and nothing that one still needs', async () => {
  const gaps: Gap[] = []
  const stream = memoryStream({ slackRecords: 10, discard: ['deliveries'], events: { gap: (gap) => gaps.push(gap) } })
  await stream.transform(counter())
  let resume = 0
  await stream.drain(drainOf('archive', ['calls'], (opening) => () => opening.commit(resume, '')))
  for (let chunk = 0; chunk < 20; chunk += 1) {
    await stream.append('calls', lines(numbered(100)))
    await stream.append('deliveries', lines(numbered(100)))
    await stream.settle()
  }
  expect(stream.records('calls')).toHaveLength(2_000)
  expect(stream.records('deliveries')).toEqual([])
  resume = 1_900
  await stream.append('calls', lines(['more']))
  await stream.settle()
  expect(stream.records('calls').length).toBeLessThan(200)
  expect(stream.records('calls')[0]!.position).toBeLessThanOrEqual(1_890)
  expect(gaps).toEqual([])
})

test('a lane that fails again and again fails the run', async () => {
  const dropped: string[] = []
  const stream = memoryStream({
    events: { dropped: (stage, source, reason) => dropped.push(`${stage} ${source} ${reason}`) },
  })
  await stream.transform(
    stageOf(() => ({
      step() {
        throw new Error('poison')
      },
      idle: () => null,
    })),
  )
  await stream.append('calls', lines(['a']))
  await expect(stream.settle()).rejects.toThrow('poison')
  expect(dropped).toEqual(Array(3).fill('collect calls/0 Error: poison'))
})
