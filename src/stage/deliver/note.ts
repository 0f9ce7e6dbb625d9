import type { Position } from '#src/stream/stream.ts'

/** What a lane had read beyond its resume position, and what of it was not yet delivered. */
export interface Progress {
  readonly resume: Position
  readonly note: string
}

/** Whether a record was delivered before the lane was opened. */
export type DeliveredBefore = (position: Position) => boolean

const MARK = '1'

/**
 * What to commit: the oldest undelivered position, and a note of those that are undelivered up to `end` (all others there are
 * delivered). A note that grows beyond `limit` bytes ends earlier: what it leaves out is sent once more, under the same webhook-id.
 * @param undelivered in ascending order
 * @param end the first position that was not read
 */
export function progressOf(undelivered: readonly Position[], end: Position, limit: number): Progress {
  const resume = undelivered[0]
  if (resume === undefined) return { resume: end, note: '' }
  const steps: string[] = []
  let told = end
  let length = MARK.length + 2 + (end - resume).toString(36).length
  let previous = resume
  for (const position of undelivered.slice(1)) {
    const step = (position - previous).toString(36)
    length += step.length + 1
    if (length > limit) {
      told = position
      break
    }
    steps.push(step)
    previous = position
  }
  if (told === resume + 1) return { resume, note: '' }
  return { resume, note: `${MARK} ${(told - resume).toString(36)} ${steps.join('.')}` }
}

/** Reads a note. One that cannot be read says nothing: then all is sent again, under the same webhook-ids. */
export function deliveredBefore(resume: Position | null, note: string): DeliveredBefore {
  const [mark, span, steps] = note.split(' ')
  if (resume === null || mark !== MARK || span === undefined || steps === undefined) return () => false
  const end = resume + Number.parseInt(span, 36)
  const undelivered = new Set<Position>([resume])
  let position = resume
  for (const step of steps === '' ? [] : steps.split('.')) {
    position += Number.parseInt(step, 36)
    undelivered.add(position)
  }
  if (Number.isNaN(end) || Number.isNaN(position)) return () => false
  return (asked) => asked >= resume && asked < end && !undelivered.has(asked)
}
