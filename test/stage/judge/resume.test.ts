import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ResumePoint } from '#src/stage/judge/resume.ts'

describe('the resume position', () => {
  test('is where the lane was opened while nothing was read', () => {
    expect(new ResumePoint(17).position).toBe(17)
  })

  test('is the oldest record with a tick that no checkpoint holds, whatever was read and saved', () => {
    const acts = fc.array(
      fc.oneof(
        fc.record({ what: fc.constant('read' as const), tick: fc.option(fc.nat(50), { nil: -Infinity }) }),
        fc.record({ what: fc.constant('saved' as const), tick: fc.nat(60) }),
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(acts, (drawn) => {
        const point = new ResumePoint(0)
        const records: number[] = []
        let saved = -Infinity
        for (const { what, tick } of drawn) {
          if (what === 'read') {
            point.read(records.length, tick)
            records.push(tick)
          } else {
            saved = Math.max(saved, tick)
            point.saved(saved)
          }
          // Never beyond the oldest record that is still needed, and exactly there after a checkpoint.
          const oldest = records.findIndex((one) => one >= saved && one > -Infinity)
          const needed = oldest < 0 ? records.length : oldest
          expect(point.position).toBeLessThanOrEqual(needed)
          if (what === 'saved') expect(point.position).toBe(needed)
          expect(point.next).toBe(records.length)
        }
      }),
    )
  })

  test('holds no more records than are needed, over a long run', () => {
    const point = new ResumePoint(0)
    for (let i = 0; i < 100_000; i += 1) {
      point.read(i, i)
      if (i % 100 === 0) point.saved(i)
    }
    expect(point.position).toBe(99_900)
  })
})
