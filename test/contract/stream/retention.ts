import { expect, test } from 'vitest'
import type { StreamRecord } from '#src/stream/stream.ts'
import { bytes, copy, drainOf, lines, numbered, type Stand, stageOf, text } from './stand.ts'

const limit = 256 * 1024

/** Nothing that a reader still needs is deleted, below the size limit; beyond it a gap is told. */
export function retaining(stand: () => Stand): void {
  test.each([
    ['committed once', 1],
    ['never committed', 0],
  ])('retention never passes the slowest reader: one that %s', async (_name, from) => {
    const stream = await stand().open()
    const seen: Record<string, string[]> = { fast: [], slow: [] }
    const of = (stage: string) =>
      drainOf(stage, ['calls'], (opening) => async (records) => {
        const first = seen[stage]!.length === 0
        seen[stage]!.push(...records.map((record) => text(record.value)))
        if (stage === 'fast') await opening.commit(records.at(-1)!.position + 1, '')
        else if (from > 0 && first) await opening.commit(records[from]!.position, '')
      })
    const wide = (stage: string) => ({ ...of(stage), batch: { records: 2_000, waitMs: 5 } })
    const many = numbered(12_000)
    for (let start = 0; start < many.length; start += 1_000) {
      await stream.append('calls', lines(many.slice(start, start + 1_000)))
    }
    for (const stage of ['slow', 'fast']) {
      const running = await stream.drain(wide(stage))
      await stand().until(stage, () => seen[stage]!.length >= 12_000)
      await running.stop()
    }
    const second = await stand().reopen()
    seen.slow = []
    await second.drain(wide('slow'))
    await stand().until('the slow one', () => seen.slow!.at(-1) === 'r12000')
    expect(seen.slow).toEqual(many.slice(from))
    expect(stand().told.gaps).toEqual([])
  })

  test('beyond the size limit a drain is told what it misses', async () => {
    const stream = await stand().open({ retentionBytes: limit })
    const seen: StreamRecord[] = []
    const drain = drainOf('late', ['calls'], (opening) => async (records) => {
      seen.push(...records.map(copy))
      await opening.commit(records.at(-1)!.position + 1, '')
    })
    await stream.append('calls', lines(['first']))
    const running = await stream.drain(drain)
    await stand().until('the first', () => seen.length === 1)
    await running.stop()
    await stand().harness.overflow(stream, 'calls', large(100))
    await stream.append('calls', lines(['last']))
    await stream.drain(drain)
    await stand().until('the last', () => text(seen.at(-1)!.value) === 'last')
    const [first, second] = seen
    expect(stand().told.gaps).toEqual([
      { stage: 'late', source: first!.source, from: first!.position + 1, to: second!.position },
    ])
    expect(second!.position).toBeGreaterThan(first!.position + 1)
    const rest = seen.slice(1, -1).map((record) => text(record.value.slice(0, 4)))
    expect(rest).toEqual(
      large(100)
        .map(({ value }) => text(value.slice(0, 4)))
        .slice(100 - rest.length),
    )
  })

  test('beyond the size limit a transform is told what it misses', async () => {
    const stream = await stand().open({ retentionBytes: limit })
    const seen: string[] = []
    const stage = stageOf(() => ({
      step(records) {
        seen.push(...records.map((record) => text(record.value.slice(0, 4))))
        return { appends: [], state: [], resume: records.at(-1)!.position + 1, note: '' }
      },
      idle: () => null,
    }))
    await stream.append('calls', lines(['first']))
    const running = await stream.transform(stage)
    await stand().until('the first', () => seen.length === 1)
    await running.stop()
    await stand().harness.overflow(stream, 'calls', large(100))
    await stream.append('calls', lines(['last']))
    await stream.transform(stage)
    await stand().until('the last', () => seen.at(-1) === 'last')
    expect(stand().told.gaps).toHaveLength(1)
    expect(seen.length).toBeLessThan(102)
  })
}

function large(count: number): { key: null; value: Uint8Array; partition: number }[] {
  return Array.from({ length: count }, (_, index) => {
    const value = new Uint8Array(8 * 1024)
    value.set(bytes(String(index + 1_000)))
    return { key: null, value, partition: 0 }
  })
}
