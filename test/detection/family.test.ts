import { expect, test } from 'vitest'
import { serviceRef } from '#src/baseline/entity.ts'
import { isLarge, UNKNOWN_MEMBERS } from '#src/detection/family.ts'
import type { Watch } from '#src/detection/plan.ts'
import { PEAKS, SUMS } from '#src/detection/surprise.ts'

/** Never worth telling by the size of a service, and by that of an endpoint where no caller is behind half of it. */
const watch = {
  params: {},
  detector: {
    floor: (...[, , , , scope, top = null]: Parameters<Watch['detector']['floor']>) =>
      scope === 'endpoint' && top !== null && top < 0.5,
  },
} as unknown as Watch

test('who is behind an episode counts as well where two endpoints that are told make their service large enough', () => {
  const of = (alarmed: number, share: number | null): boolean => {
    const top = share === null ? null : { name: 'a', share }
    const episode = { ref: serviceRef('s'), sums: new Float64Array(SUMS), peaks: new Float64Array(PEAKS), top }
    return isLarge(episode, watch, false, { ...UNKNOWN_MEMBERS, alarmed })
  }
  expect([of(2, 0.4), of(2, 0.5), of(2, null), of(1, 0.4)]).toEqual([true, false, false, false])
})
