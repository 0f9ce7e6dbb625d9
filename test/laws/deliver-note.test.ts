import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deliveredBefore, progressOf } from '#src/stage/deliver/note.ts'

const positions = fc
  .uniqueArray(fc.integer({ min: 0, max: 3000 }), { maxLength: 300 })
  .map((found) => found.sort((a, b) => a - b))

test('a note never calls anything delivered that is not, and within its limit forgets nothing that is', () => {
  fc.assert(
    fc.property(positions, fc.integer({ min: 20, max: 4000 }), fc.integer({ min: 0, max: 10 }), (open, limit, more) => {
      const end = (open.at(-1) ?? 0) + 1 + more
      const { resume, note } = progressOf(open, end, limit)
      const isDelivered = deliveredBefore(resume, note)
      expect(note.length).toBeLessThanOrEqual(limit)
      expect(open.filter((position) => position < resume || isDelivered(position))).toEqual([])
      if (limit < 3500) return
      for (let position = resume; position < end; position++)
        expect(isDelivered(position)).toBe(!open.includes(position))
    }),
    { numRuns: 100 },
  )
})
