import { expect, test } from 'vitest'
import type { Lane } from '#src/stream/stream.ts'
import { bytes, counter, lines, numbered, type Stand, text, trace } from './stand.ts'

const quietMs = 60

/** A quiet source is told so, and only a quiet source. */
export function idling(stand: () => Stand): void {
  test('idle comes when the source was read to its end and stayed quiet, and again while the silence lasts', async () => {
    const stream = await stand().open()
    const seen: (number | string)[] = []
    const inner = counter()
    await stream.append('calls', lines(numbered(25)))
    const started = Date.now()
    const open = (): Lane => ({
      step(records) {
        seen.push(text(records.at(-1)!.value))
        return { appends: [], state: [], resume: records.at(-1)!.position + 1, note: '' }
      },
      idle(at) {
        seen.push(at)
        return null
      },
    })
    await stream.transform({ ...inner, idleAfterMs: quietMs, open })
    const idles = () => seen.filter((one) => typeof one === 'number')
    await stand().until('idle twice', () => idles().length >= 2)
    expect(seen.findIndex((one) => typeof one === 'number')).toBe(seen.indexOf('r25') + 1)
    const [one, two] = idles()
    expect(one).toBeGreaterThanOrEqual(started + quietMs - 5)
    expect(two! - one!).toBeGreaterThanOrEqual(quietMs - 5)
    await stream.append('calls', lines(['later']))
    await stand().until('the record', () => seen.includes('later'))
    await stand().until('idle again', () => typeof seen.at(-1) === 'number')
  })

  test('what idle returns is committed like a step', async () => {
    const stream = await stand().open()
    const seen = trace()
    const tap = await stand().tap(stream, 'tallies')
    let told = false
    const inner = counter(seen)
    const open: typeof inner.open = (opening) => ({
      ...inner.open(opening),
      idle() {
        if (told) return null
        told = true
        const append = { topic: 'tallies' as const, partition: 0, key: null, value: bytes('quiet') }
        return { appends: [append], state: [{ key: 'idle', value: bytes('yes') }], resume: 0, note: 'idle' }
      },
    })
    const running = await stream.transform({ ...inner, idleAfterMs: quietMs, open })
    expect(await stand().read(tap, 1)).toEqual(['quiet'])
    await running.stop()
    await stream.transform(inner)
    await stand().until('an opening', () => seen.openings.length === 2)
    expect(seen.openings[1]!.note).toBe('idle')
    expect([...seen.openings[1]!.state.keys()]).toEqual(['idle'])
  })

  test('a lane whose idle fails is opened again', async () => {
    const stream = await stand().open()
    const seen = trace()
    const inner = counter(seen)
    let fuse = 1
    const open: typeof inner.open = (opening) => ({
      ...inner.open(opening),
      idle(at) {
        seen.idles.push(at)
        if (fuse-- > 0) throw new Error('no peace')
        return null
      },
    })
    await stream.transform({ ...inner, idleAfterMs: quietMs, open })
    await stand().until('idle again', () => seen.idles.length >= 2)
    expect(seen.openings).toHaveLength(2)
    expect(stand().told.drops[0]!.reason).toContain('no peace')
  })
}
