import type { Known } from '#src/baseline/kind.ts'
import type { Tally } from '#src/baseline/tally.ts'
import type { ScopePlan, Slot, Watch } from './plan.ts'
import { newPlace } from './rows.ts'
import type { Setting, Subject } from './subject.ts'

/** What is done with all measures of an entity alike. */

const place = newPlace()

/** What a baseline may ask about its entity; filled before it is handed over. */
const around = {
  setting: null as Setting | null,
  subject: null as Subject | null,
  slot: null as Slot | null,
  tick: 0,
  get weight(): number {
    return this.subject?.weight ?? 1
  },
  prior(): number {
    const { setting, subject, slot, tick } = this
    if (setting === null || subject === null || slot === null) throw new Error('a baseline asked about no entity')
    return setting.prior(subject.ref, slot, tick)
  },
  known(name: string): Known | null {
    const { setting, subject, slot } = this
    return setting === null || subject === null || slot === null ? null : setting.known(subject.ref, slot, name)
  },
  weightOf(name: string): number {
    return this.setting?.weightOf(name) ?? 1
  },
}

/** Nothing was heard of anybody for a while: what is silent is so for no reason of its own. */
export function deafen({ slots }: ScopePlan, subject: Subject): void {
  for (const slot of slots) slot.kind.deafen?.(subject.rows.place(subject.row, slot, place))
}

export function freeze({ beside }: ScopePlan, { slots }: Watch, subject: Subject): void {
  for (const slot of slots) slot.kind.freeze(subject.rows.place(subject.row, slot, place))
  for (const slot of beside) slot.kind.freeze(subject.rows.place(subject.row, slot, place))
}

export function roll(setting: Setting, subject: Subject, tick: number): void {
  around.setting = setting
  around.subject = subject
  around.tick = tick
  for (const slot of setting.plan.slots) {
    around.slot = slot
    slot.kind.roll(subject.rows.place(subject.row, slot, place), tick, setting.calendar, around)
  }
}

/** Fills the views of all measures with this tick's numbers and the baseline's. Comes after `roll` of the same tick. */
export function show(plan: ScopePlan, subject: Subject, tick: number, tally: Tally | null): void {
  showSlots(plan.slots, subject, tick, tally)
}

export function showSlots(slots: readonly Slot[], subject: Subject, tick: number, tally: Tally | null): void {
  around.tick = tick
  for (const slot of slots) {
    around.slot = slot
    slot.kind.show(slot.view, subject.rows.place(subject.row, slot, place), tick, tally, slot.cells, around)
  }
}

export function learn(plan: ScopePlan, subject: Subject, tick: number, tally: Tally): void {
  for (const slot of plan.slots)
    slot.kind.learn(slot.view, subject.rows.place(subject.row, slot, place), tick, tally, slot.cells)
}
