import { expect, test } from 'vitest'
import { checkAnswer, checkPartitions, cut, type Outgoing } from '#src/stream/kafka/outgoing.ts'

const record = (partition: number | null, bytes: number, topic = 't'): Outgoing => ({
  topic,
  partition,
  key: 'k',
  value: new Uint8Array(bytes),
})

const sizes = (records: readonly Outgoing[]) =>
  [...cut(records)].map((send) => send.map(({ topic, messages }) => `${topic} ${messages.length}`))

test('what fits goes in one send', () => {
  expect(sizes([])).toEqual([])
  expect(sizes([record(0, 10), record(1, 10), record(0, 10, 'u')])).toEqual([['t 2', 'u 1']])
})

test('a partition gets at most 2,000 records and 900 KiB a send, in their order', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => ({ ...record(0, 8), key: String(index) }))
  expect(sizes(many)).toEqual([['t 2000'], ['t 2000'], ['t 1000']])
  expect([...cut(many)].flat().flatMap(({ messages }) => messages.map(({ key }) => key))).toEqual(
    many.map(({ key }) => key),
  )
  expect(sizes([record(0, 500_000), record(0, 500_000), record(1, 500_000)])).toEqual([['t 1'], ['t 2']])
})

test('a record that is too large alone goes alone', () => {
  expect(sizes([record(0, 10), record(0, 3_000_000), record(0, 10)])).toEqual([['t 1'], ['t 1'], ['t 1']])
})

test('a partition that does not exist is refused', () => {
  const two = () => 2
  expect(() => checkPartitions([record(1, 1), record(null, 1)], two)).not.toThrow()
  for (const partition of [2, -1, 0.5, Number.NaN]) {
    expect(() => checkPartitions([record(partition, 1)], two)).toThrow(/no partition/)
  }
})

test('a send counts when every partition has answered, without an error', () => {
  const answer = (partition: number, errorCode = 0) => ({ topicName: 't', partition, errorCode })
  const sent = [
    {
      topic: 't',
      messages: [
        { value: 'a', partition: 0 },
        { value: 'b', partition: 1 },
      ],
    },
  ]
  expect(() => checkAnswer(sent, [answer(0), answer(1)])).not.toThrow()
  expect(() => checkAnswer(sent, [answer(0)])).toThrow(/no broker answered for t\/1/)
  expect(() => checkAnswer(sent, [answer(0), answer(1, 7)])).toThrow(/error code 7/)
  expect(() => checkAnswer([{ topic: 'u', messages: [{ value: 'a' }] }], [answer(0)])).toThrow(/no broker answered/)
})
