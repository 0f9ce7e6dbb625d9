import type { Alert, AlertRecord } from './alert.ts'

type Event = NonNullable<AlertRecord['telling']>['event']

/**
 * What has been told of one alert. Written with every commit, so that reading again after a crash tells nothing again.
 */
export interface Told {
  /** Number of the last notice; 0: none yet. */
  readonly notice: number
  readonly event: Event | null
  /** The last settled version that the alerts topic holds. */
  readonly version: number
  /** The tick (its end) at which what was last told was detected, or at which the alert resolved. */
  readonly tick: number
  /** The early notice that waits for its tick to close; `null` once it is settled, withdrawn or resolved. */
  readonly waiting: Alert | null
}

const NOTHING: Told = { notice: 0, event: null, version: 0, tick: 0, waiting: null }

/** What is to be appended, and what is then told. */
export interface Telling {
  readonly record: AlertRecord
  readonly told: Told
}

/** A settled change. `null`: told already, in a life before a restart. */
export function tellSettled(
  told: Told | undefined,
  outcome: 'opened' | 'changed' | 'resolved',
  alert: Alert,
  tick: number,
): Telling | null {
  const known = told ?? NOTHING
  if (known.version >= alert.version) return null
  const event = alert.parent === null ? settledEvent(known, outcome) : attachedEvent(known, outcome)
  const notice = event === null ? known.notice : known.notice + 1
  return {
    record: { alert, telling: event === null ? null : { notice, event } },
    // An alert that resolved untold need not be remembered any longer than one that was told.
    told: {
      notice,
      event: outcome === 'resolved' ? outcome : (event ?? known.event),
      version: alert.version,
      tick,
      waiting: null,
    },
  }
}

function settledEvent(known: Told, outcome: 'opened' | 'changed' | 'resolved'): Event | null {
  if (outcome === 'resolved') return 'resolved'
  if (outcome === 'changed') return 'updated'
  if (known.event === null) return 'opened'
  // The early notice has said it already.
  return known.event === 'withdrawn' ? 'reopened' : null
}

/** Of an alert that belongs to another only its end is told, and to those who had been told of it before it belonged there. */
function attachedEvent({ event }: Told, outcome: 'opened' | 'changed' | 'resolved'): Event | null {
  return outcome === 'resolved' && event !== null && event !== 'withdrawn' ? 'resolved' : null
}

/** An early notice. `null`: there is nothing new to tell. */
export function tellEarly(told: Told | undefined, alert: Alert, tick: number): Telling | null {
  const known = told ?? NOTHING
  if (known.event !== null && known.event !== 'withdrawn') return null
  if (known.event === 'withdrawn' && tick <= known.tick) return null
  const event = known.event === null ? 'opened' : 'reopened'
  const notice = known.notice + 1
  return { record: { alert, telling: { notice, event } }, told: { ...known, notice, event, tick, waiting: alert } }
}

/** The tick of an early notice has closed, and the settled judgment did not confirm it. */
export function withdraw(told: Told): Telling | null {
  if (told.waiting === null) return null
  const notice = told.notice + 1
  const alert: Alert = {
    ...told.waiting,
    status: 'withdrawn',
    reason: `Withdrawn: once all calls of the window had arrived, it was not odd enough any more. Told before: ${told.waiting.reason}`,
  }
  return {
    record: { alert, telling: { notice, event: 'withdrawn' } },
    told: { ...told, notice, event: 'withdrawn', waiting: null },
  }
}
