import { withoutLargest } from '#src/baseline/volume-learning.ts'
import { logDay, logHour, logWindow } from '#src/baseline/volume-tail.ts'
import type { VolumeView } from './detector.ts'
import type { Evidence } from './surprise.ts'

/**
 * Evidence that more bytes come than normal: three tests, each of the largest of its span. Within an hour its largest five minutes and the
 * hour itself, within a day the largest 24 hours. A test crosses as soon as what has come so far is improbable enough for the whole span: it can
 * only grow until the span ends. Nothing is multiplied over time, as what comes within a mood of hours is one event and not many.
 *
 * A test counts as the ticks of its span, so each kind spends a third of the budget and the three of a day as much as three entities that
 * are tested at every tick.
 */
const HOUR_TESTS = 360
const DAY_TESTS = 8640
const LOG_HOUR = Math.log(HOUR_TESTS)
const LOG_DAY = Math.log(DAY_TESTS)

/** Beside them one bet on the mean of hours, which marks where an episode began (see `Detector.accumulates`). */
export const VOLUME_ALTERNATIVES = 1
const STAKE = 0.7

const TOLD_AGAIN = 2

/** How many times its limit each span has come to at most: what would have kept an alert silent. */
export const SPANS = 3

/** Fills everything but sums, and peaks but for the first `SPANS`. Returns false where there is nothing to test. */
export function volumeEvidence(view: VolumeView, evidence: Evidence): boolean {
  const { window, hour, bytes, bound, hourBound, last, lastBound } = view
  if (!view.armed || bytes === 0) return false
  const settles = hour === 0 && lastBound > 0
  const gain = logBet(hour + bytes, hourBound) - logBet(hour, hourBound)
  evidence.logE[0] = (settles ? Math.min(0, Math.log1p(STAKE * (last / lastBound - 1))) : 0) + gain
  // That it goes on say minutes, as an hour stays large when all is over; and, once, an hour that becomes large.
  const calm = logBet(window, bound) - logBet(window + bytes, bound)
  evidence.calm = hour <= hourBound ? Math.min(calm, -gain) : calm
  evidence.weight = 0
  evidence.singles = (hour === 0 ? 2 * HOUR_TESTS : 0) + (view.top === 0 ? DAY_TESTS : 0)
  test(view, evidence)
  return true
}

/** What so many bytes say against being usual as soon as they are over their bound: 0 until then. */
function logBet(bytes: number, bound: number): number {
  return bytes <= bound ? 0 : Math.log1p(STAKE * (bytes / bound - 1))
}

function test(view: VolumeView, evidence: Evidence): void {
  const { window, hour, largest, rest, top, bytes } = view
  const now = withoutLargest(hour + bytes, Math.max(largest, window + bytes), view.windowLimit)
  evidence.logSingle = lowest(view, window + bytes, now, rest + now)
  evidence.peaks[0] = (window + bytes) / view.windowLimit
  // An hour begins an episode when it is over its bound: what came before that is usual, and would have come anyway.
  evidence.peaks[1] = (now - view.hourBound) / (view.hourLimit - view.hourBound)
  evidence.peaks[2] = (rest + now) / view.dayLimit
  if (evidence.logSingle === 0) return
  const before = Math.max(largest, window)
  evidence.logSingleBefore = lowest(view, before, withoutLargest(hour, before, view.windowLimit), top)
}

/** The most improbable of the three, each by how much it may spend. What was told is told again only if it is twice as much. */
function lowest(view: VolumeView, window: number, hour: number, day: number): number {
  return Math.min(
    share(logWindow(view, window), LOG_HOUR),
    hour > TOLD_AGAIN * view.toldHour ? share(logHour(view, hour), LOG_HOUR) : 0,
    day > TOLD_AGAIN * view.toldDay ? share(logDay(view, day), LOG_DAY) : 0,
  )
}

function share(logP: number, logTests: number): number {
  return logP < 0 ? logP - logTests : 0
}
