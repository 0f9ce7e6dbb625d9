import type { Admin } from 'kafkajs'
import { expect, test } from 'vitest'
import { committed } from '#src/stream/kafka/claim.ts'
import { settle } from '#src/stream/kafka/options.ts'

const settings = settle({ brokers: ['broker:9092'] })
const seat = { stage: 'collect', topic: 'calls', partition: 1 } as const

type Answer = Awaited<ReturnType<Admin['fetchOffsets']>>

function positionIn(answer: Answer) {
  const admin = { fetchOffsets: async () => answer } as unknown as Admin
  return committed({ settings, admin }, seat)
}

test('a committed position, with its note', async () => {
  const partitions = [
    { partition: 0, offset: '3', metadata: 'a' },
    { partition: 1, offset: '7', metadata: 'b' },
  ]
  expect(await positionIn([{ topic: 'api-calls', partitions }])).toEqual({ resume: 7, note: 'b' })
})

test('nothing was committed: the brokers say so', async () => {
  const partitions = [{ partition: 1, offset: '-1', metadata: null }]
  expect(await positionIn([{ topic: 'api-calls', partitions }])).toEqual({ resume: null, note: '' })
})

test.each([
  ['no topic', []],
  ['no partitions', [{ topic: 'api-calls', partitions: [] }]],
  ['another partition', [{ topic: 'api-calls', partitions: [{ partition: 0, offset: '3', metadata: null }] }]],
  ['no number', [{ topic: 'api-calls', partitions: [{ partition: 1, offset: 'x', metadata: null }] }]],
])('an answer with %s is not "nothing was committed"', async (_, answer) => {
  await expect(positionIn(answer)).rejects.toThrow(/position/)
})
