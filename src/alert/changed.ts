import type { Calendar } from '#src/baseline/blocks.ts'
import type { Watch } from '#src/detection/plan.ts'
import { newPlace } from '#src/detection/rows.ts'
import type { Subject } from '#src/detection/subject.ts'
import { OPENED } from '#src/detection/surprise.ts'
import { round } from '#src/detection/words.ts'

const place = newPlace()

/**
 * What an open alert says where it has lasted so long that it was taken for normal: it resolves without anything having become as it was. Must be
 * called while the watch's views show its entity.
 */
export function changedText({ rows, row }: Subject, { at, slots }: Watch, calendar: Calendar): string | null {
  const opened = rows.numbers[row * rows.width + at + OPENED] as number
  for (const slot of slots) {
    const shift = slot.kind.shift?.(rows.place(row, slot, place), calendar) ?? null
    if (shift === null || shift.tick < opened) continue
    const since = new Date(shift.tick * calendar.tickMs).toISOString().slice(11, 16)
    const { levels } = shift
    const moved = levels === null ? '' : `: ${round(levels.to)} ${slot.name} a minute, ${round(levels.from)} before`
    return `the baseline has changed, what had lasted until ${since} UTC is taken for normal${moved}`
  }
  return null
}
