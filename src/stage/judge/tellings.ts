import type { Told } from '#src/alert/told.ts'
import { toldWrite } from './checkpoint.ts'

/** How many alerts' tellings a lane remembers before it forgets withdrawn ones. */
const TOLD_MOST = 20_000

type Write = ReturnType<typeof toldWrite>

/** What a lane has told of its alerts, by their ids, and what of it the state does not hold yet. */
export class Tellings {
  readonly told = new Map<string, Told>()
  readonly #changed = new Set<string>()

  remember(id: string, told: Told): void {
    this.told.delete(id)
    this.told.set(id, told)
    this.#changed.add(id)
    if (this.told.size <= TOLD_MOST) return
    // Withdrawn ids are kept only to be told as reopened; the oldest of them go first.
    for (const [oldest, one] of this.told) {
      if (one.event !== 'withdrawn') continue
      this.told.delete(oldest)
      this.#changed.add(oldest)
      return
    }
  }

  /** What has changed since this was asked last, for the state. */
  writes(): Write[] {
    const writes = [...this.#changed].map((id) => toldWrite(id, this.told.get(id) ?? null))
    this.#changed.clear()
    return writes
  }

  /** Early notices whose tick has closed without confirming them; all ticks before `closed` have. */
  unconfirmed(closed: number): (readonly [id: string, told: Told])[] {
    const found: (readonly [string, Told])[] = []
    // No copy of all of them, at every tick, for the few that wait.
    for (const [id, told] of this.told) if (told.waiting !== null && told.tick <= closed) found.push([id, told])
    return found
  }

  /** Forgets the resolved of which the state holds the resolution: reading again begins after it. Withdrawn ids may fire again, and are kept. */
  forgetResolved(closed: number): Write[] {
    const writes: Write[] = []
    for (const [id, { event, tick }] of this.told) {
      if (event !== 'resolved' || tick > closed) continue
      this.told.delete(id)
      writes.push(toldWrite(id, null))
    }
    return writes
  }
}
