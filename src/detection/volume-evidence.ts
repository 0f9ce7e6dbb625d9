import { logExceedance } from '#src/baseline/volume-tail.ts'
import { logEvidenceOfSize } from './calibrator.ts'
import type { VolumeView } from './detector.ts'
import type { Evidence } from './surprise.ts'

/**
 * Evidence that more bytes come than normal, window by window.
 *
 * Two alternatives are bets on the mean: 1 - s + s x / mu is an e-value for every law of x whose mean, given the past, is at most mu,
 * however heavy its tail and however windows hang together (Waudby-Smith and Ramdas 2024, Estimating means of bounded random
 * variables by betting; Shafer 2021). One window says ln(x / mu) at most, so a download that the mean allows for is never told alone; many say as
 * much as they are, so a trickle is told after hours and a flood after minutes. The third is the tail of the windows learned, turned into
 * an e-value: it knows better what a single window may come to.
 *
 * A window's evidence is e(x) once, although it is judged in every tick. Its sum only grows: what it says against the baseline is taken at
 * once, as what this tick adds to it, and what it says for the baseline when the next window begins. To be told early is to stop before
 * the last bet is settled, which no bet may forbid.
 */
const STAKES = [0.3, 0.7] as const
const TAIL = STAKES.length
export const VOLUME_ALTERNATIVES = STAKES.length + 1

/** Fills everything but sums and peaks. Returns false where there is nothing to test. */
export function volumeEvidence(view: VolumeView, evidence: Evidence): boolean {
  const { before, bytes, bound, last, lastBound } = view
  if (!view.armed || bytes === 0) return false
  const now = before + bytes
  const wasOver = before > bound
  const isOver = now > bound
  const opens = before === 0
  const settles = opens && lastBound > 0
  for (const [m, stake] of STAKES.entries()) {
    const late = settles ? Math.min(0, logBet(last / lastBound, stake)) : 0
    const gain = isOver ? logBet(now / bound, stake) - (wasOver ? logBet(before / bound, stake) : 0) : 0
    evidence.logE[m] = late + gain
  }
  const logP = isOver ? logExceedance(view, now) : 0
  const logBefore = wasOver ? logExceedance(view, before) : 0
  const gain =
    Math.max(0, logEvidenceOfSize(logP, view.learned)) - Math.max(0, logEvidenceOfSize(logBefore, view.learned))
  evidence.logE[TAIL] = (settles ? lateOfTail(view) : 0) + gain
  evidence.logSingle = logP
  evidence.singleOf = TAIL
  evidence.logSingleBefore = logBefore
  evidence.weight = opens ? 1 : 0
  evidence.singles = opens ? 1 : 0
  evidence.calm = -(evidence.logE[1] as number)
  return true
}

function logBet(times: number, stake: number): number {
  return Math.log1p(stake * (times - 1))
}

/** What the tail says for the baseline of the window that has ended. Up to its bound a window is ordinary, whatever the tail says. */
function lateOfTail(view: VolumeView): number {
  const logP = view.last > view.lastBound ? logExceedance(view, view.last) : 0
  return Math.min(0, logEvidenceOfSize(logP, view.learned))
}
