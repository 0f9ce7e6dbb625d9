import { expect, test } from 'vitest'
import { bytes, lines, numbered, type Stand, text } from './stand.ts'

/** Records from outside: order, bytes, partitions, durability. */
export function appending(stand: () => Stand): void {
  test('records come back as they were appended, in order', async () => {
    const stream = await stand().open()
    const before = Date.now()
    await stream.append('calls', [
      { key: 'k', value: bytes('with a key'), partition: 0 },
      { key: null, value: bytes('without'), partition: 0 },
      { key: 'empty', value: new Uint8Array(0), partition: 0 },
      { key: '', value: bytes('empty key'), partition: 0 },
      { key: 'ключ 🔑\u0000end', value: Uint8Array.from([0, 255, 254, 128, 10]), partition: 0 },
    ])
    await stream.append('calls', lines(['second append']))
    const tap = await stand().tap(stream, 'calls')
    await stand().read(tap, 6)
    expect(tap.records.map((record) => record.key)).toEqual(['k', null, 'empty', '', 'ключ 🔑\u0000end', null])
    expect(tap.records.map((record) => [...record.value])).toEqual(
      [
        bytes('with a key'),
        bytes('without'),
        bytes(''),
        bytes('empty key'),
        [0, 255, 254, 128, 10],
        bytes('second append'),
      ].map((value) => [...value]),
    )
    expect(tap.records.map((record) => record.headers)).toEqual(Array(6).fill(null))
    const positions = tap.records.map((record) => record.position)
    expect(positions).toEqual([...new Set(positions)].sort((one, other) => one - other))
    expect(new Set(tap.records.map((record) => record.source)).size).toBe(1)
    for (const record of tap.records) expect(record.appendedAt).toBeGreaterThanOrEqual(before - 1_000)
  })

  test('a value of 1 MB', async () => {
    const stream = await stand().open()
    const value = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * 31) % 251)
    await stream.append('calls', [{ key: null, value, partition: 0 }])
    const tap = await stand().tap(stream, 'calls')
    await stand().read(tap, 1)
    expect(Buffer.compare(tap.records[0]!.value, value)).toBe(0)
  })

  test('appending nothing', async () => {
    const stream = await stand().open()
    await stream.append('calls', [])
    await stream.append('calls', lines(['one']))
    const tap = await stand().tap(stream, 'calls')
    expect(await stand().read(tap, 1)).toEqual(['one'])
  })

  test('a key always meets the same partition; a partition that is named is used', async () => {
    const stream = await stand().open({ partitions: 4 })
    const keyed = numbered(40, 'key').flatMap((key) => [key, key].map((one) => ({ key: one, value: bytes(one) })))
    await stream.append('calls', keyed)
    await stream.append(
      'alerts',
      [3, 1, 0, 2].map((partition) => ({ key: 'x', value: bytes(`p${partition}`), partition })),
    )
    const tap = await stand().tap(stream, 'calls')
    await stand().read(tap, 80)
    const sources = new Map<string, Set<string>>()
    for (const record of tap.records) {
      sources.set(record.key!, (sources.get(record.key!) ?? new Set()).add(record.source))
    }
    expect(sources.size).toBe(40)
    expect([...sources.values()].every((of) => of.size === 1)).toBe(true)
    expect(new Set(tap.records.map((record) => record.source)).size).toBeGreaterThan(1)
    const seen = new Map<string, number>()
    await stream.drain({
      stage: 'where',
      inputs: ['alerts'],
      batch: { records: 10, waitMs: 5 },
      open: async ({ topic, partition }) => ({
        take: async (records) => {
          for (const record of records) seen.set(`${topic} ${text(record.value)}`, partition)
        },
        close: async () => {},
      }),
    })
    await stand().until('4 records', () => seen.size === 4)
    expect(Object.fromEntries(seen)).toEqual({ 'alerts p0': 0, 'alerts p1': 1, 'alerts p2': 2, 'alerts p3': 3 })
  })

  test('what was appended outlives the process', async () => {
    const first = await stand().open()
    const many = numbered(300)
    await Promise.all(many.map((value) => first.append('calls', lines([value]))))
    const second = await stand().reopen()
    const tap = await stand().tap(second, 'calls')
    expect((await stand().read(tap, 300)).sort()).toEqual([...many].sort())
  })

  test('a partition that does not exist is refused, and nothing of that append is kept', async () => {
    const stream = await stand().open()
    await expect(stream.append('calls', [...lines(['good']), ...lines(['nowhere'], 7)])).rejects.toThrow()
    await stream.append('calls', lines(['after']))
    const tap = await stand().tap(stream, 'calls')
    expect(await stand().read(tap, 1)).toEqual(['after'])
  })
}
