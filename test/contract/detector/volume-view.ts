import fc from 'fast-check'
import { newVolumeNorm, VOLUME_BINS } from '#src/baseline/volume.ts'
import { findJumpTail, JUMP_BINS, newJumpTail } from '#src/baseline/volume-jumps.ts'
import { DAY_ODD, HOUR_ODD, WINDOW_ODD } from '#src/baseline/volume-tail.ts'
import type { VolumeView } from '#src/detection/detector.ts'
import { positive, whole } from './numbers.ts'

/** A volume with any jumps and days behind it, and an hour of any size under way; the hour before tested or not. */
export const volumeView = fc
  .record({
    jumps: fc.array(fc.tuple(fc.nat(JUMP_BINS - 1), fc.nat(JUMP_BINS - 1), fc.integer({ min: 1, max: 200 })), {
      minLength: 1,
      maxLength: 6,
    }),
    bytes: whole(1e13),
    window: fc.oneof(fc.constant(0), whole(1e13)),
    others: fc.oneof(fc.constant(0), whole(1e13)),
    largestPart: fc.double({ min: 0, max: 1, noNaN: true }),
    rest: whole(1e14),
    level: positive(1, 1e12),
    isToday: fc.boolean(),
    days: fc.record({
      beyond: fc.integer({ min: 2, max: 17 }),
      squares: fc.double({ min: 0, max: 50, noNaN: true }),
      times: positive(1, 100),
    }),
    wasTested: fc.boolean(),
    armed: fc.boolean(),
    seen: whole(1e12),
  })
  .map(({ jumps: learned, others, largestPart, isToday, days, wasTested, ...view }): VolumeView => {
    const bins = new Uint16Array(VOLUME_BINS)
    let hours = 0
    for (const [window, hour, count] of learned) {
      bins[window] = (bins[window] as number) + count
      bins[JUMP_BINS + hour] = (bins[JUMP_BINS + hour] as number) + count
      hours += count
    }
    const [windows, entire] = [newJumpTail(), newJumpTail()]
    findJumpTail(bins, 0, hours, windows)
    findJumpTail(bins, JUMP_BINS, hours, entire)
    const hour = view.window + others
    const [mean, bound] = [view.level / 1.5, Math.max(1, view.level / 3)]
    return {
      ...newVolumeNorm(),
      ...view,
      calls: Math.ceil(view.bytes / 1e6),
      hour,
      largest: Math.floor(largestPart * others),
      top: isToday ? view.rest + hour : 0,
      mean,
      bound,
      hourBound: Math.max(1, view.level),
      last: mean,
      lastBound: wasTested ? Math.max(1, view.level) : 0,
      windowLimit: (view.level / 12) * Math.exp(windows.edge + WINDOW_ODD),
      windowsBeyond: windows.beyond,
      windowExcess: windows.excess,
      hourLimit: view.level * Math.exp(entire.edge + HOUR_ODD),
      hoursBeyond: entire.beyond,
      hourSquares: entire.squares,
      dayLimit: 24 * view.level * days.times * Math.exp(DAY_ODD),
      daysBeyond: days.beyond,
      daySquares: days.squares,
      dayMiddle: Math.log(24 * view.level),
      hours,
      jumps: bins,
    }
  })
