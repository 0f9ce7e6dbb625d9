import { expect, test, vi } from 'vitest'
import {
  type Broker,
  connectOnce,
  hideAborted,
  metadataOf,
  remember,
  repair,
  scheduleCheckPendingRequests,
} from '#src/stream/kafka/repairs.ts'

test('the library is the version that was read', () => {
  expect(repair).not.toThrow()
})

const abort = Buffer.from([0, 0, 0, 0])
const commit = Buffer.from([0, 0, 0, 1])

/** `1a` is a record of producer 1, `1!` its abort marker, `1.` its commit marker, `-a` a record outside transactions. */
function visible(log: readonly string[], aborted: readonly (readonly [producer: string, from: number])[]): string[] {
  const messages = log.map((entry, offset) => {
    const marker = entry[1] === '!' || entry[1] === '.'
    return {
      offset,
      timestamp: 0,
      key: marker ? (entry[1] === '!' ? abort : commit) : abort,
      value: Buffer.from(entry),
      headers: undefined,
      isControlRecord: marker,
      batchContext: { producerId: entry[0]!, inTransaction: entry[0] !== '-' },
    }
  })
  const abortedTransactions = aborted.map(([producerId, from]) => ({ producerId, firstOffset: String(from) }))
  const partition = { partition: 0, highWatermark: '0', messages, abortedTransactions }
  hideAborted(partition)
  expect(partition.abortedTransactions).toEqual([])
  return messages.filter(({ isControlRecord }) => !isControlRecord).map(({ value }) => value.toString())
}

test.each([
  { name: 'nothing aborted', log: ['1a', '1.', '-b'], aborted: [], seen: ['1a', '-b'] },
  { name: 'one aborted', log: ['1a', '1b', '1!', '1c', '1.'], aborted: [['1', 0]], seen: ['1c'] },
  {
    name: 'two side by side, seen from their middle',
    log: ['2a', '1a', '2b', '1!', '2c', '2!', '3a', '3.'],
    aborted: [
      ['1', 0],
      ['2', 0],
    ],
    seen: ['3a'],
  },
  {
    name: 'one aborted, one committed, side by side',
    log: ['1a', '2a', '1b', '2b', '2.', '1c', '1!', '-d'],
    aborted: [['1', 0]],
    seen: ['2a', '2b', '-d'],
  },
  {
    name: 'the same producer again',
    log: ['1a', '1!', '1b', '1.', '1c', '1!'],
    aborted: [
      ['1', 0],
      ['1', 4],
    ],
    seen: ['1b'],
  },
] as const)('aborted records are hidden: $name', ({ log, aborted, seen }) => {
  expect(visible(log, aborted)).toEqual(seen)
})

test('a queue arms a timer only while something waits, never with a negative delay', () => {
  vi.useFakeTimers()
  try {
    const checkPendingRequests = vi.fn()
    const queue = {
      pending: [] as unknown[],
      throttledUntil: -1,
      throttleCheckTimeoutId: null,
      checkPendingRequests,
      scheduleCheckPendingRequests,
    }
    queue.scheduleCheckPendingRequests()
    expect(vi.getTimerCount()).toBe(0)
    queue.pending.push('a request')
    queue.scheduleCheckPendingRequests()
    queue.scheduleCheckPendingRequests()
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(9)
    expect(checkPendingRequests).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(checkPendingRequests).toHaveBeenCalledTimes(1)
    queue.throttledUntil = Date.now() + 500
    queue.scheduleCheckPendingRequests()
    vi.advanceTimersByTime(499)
    expect(checkPendingRequests).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1)
    expect(checkPendingRequests).toHaveBeenCalledTimes(2)
  } finally {
    vi.useRealTimers()
  }
})

test('a coordinator is asked for again when its connection is gone', async () => {
  let connected = true
  const broker = { isConnected: () => connected } as Broker
  const find = vi.fn(async () => broker)
  const remembered = remember(find)
  await remembered({ groupId: 'a' })
  await remembered({ groupId: 'a' })
  expect(find).toHaveBeenCalledTimes(1)
  await remembered({ groupId: 'a', coordinatorType: 1 })
  await remembered({ groupId: 'b' })
  expect(find).toHaveBeenCalledTimes(3)
  connected = false
  await remembered({ groupId: 'a' })
  expect(find).toHaveBeenCalledTimes(4)
})

test('asking about some topics keeps what is known of the others', async () => {
  const asked: (readonly string[])[] = []
  const refreshed = vi.fn(async () => {})
  const broker = {
    metadata: (topics: readonly string[]) => {
      asked.push(topics)
      return 'answer'
    },
  }
  const cluster = {
    retrier: (attempt: (bail: (error: Error) => void) => Promise<unknown>) =>
      attempt((error) => {
        throw error
      }),
    brokerPool: { withBroker: async (ask: (which: { broker: typeof broker }) => unknown) => ask({ broker }) },
    refreshMetadataIfNecessary: refreshed,
  }
  expect(await metadataOf.call(cluster, { topics: ['one'] })).toBe('answer')
  expect(asked).toEqual([['one']])
  // Without arguments: of all topics that the client uses.
  expect(refreshed).toHaveBeenCalledExactlyOnceWith()
})

test('a connection is opened once for all that wait for it, and again after a failure', async () => {
  const attempts: PromiseWithResolvers<unknown>[] = []
  const connection = {
    isConnected: () => false,
    connect: () => {
      attempts.push(Promise.withResolvers())
      return attempts.at(-1)!.promise
    },
  }
  const pool = { pool: [connection] }
  const both = [connectOnce.call(pool), connectOnce.call(pool)]
  expect(attempts).toHaveLength(1)
  attempts[0]!.reject(new Error('refused'))
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  const third = connectOnce.call(pool)
  expect(attempts).toHaveLength(2)
  attempts[1]!.resolve(true)
  expect(await third).toBe(connection)
})
