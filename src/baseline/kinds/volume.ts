import { defineKind } from '../kind.ts'
import type { Volume } from '../measure.ts'
import { COUNT_MAX } from '../tally.ts'
import {
  newVolumeNorm,
  normOfVolume,
  observeVolume,
  openVolume,
  risingVolume,
  rollVolume,
  tellVolume,
  VOLUME_BINS,
  type VolumeNorm,
} from '../volume.ts'
import { VOLUME_WIDTH } from '../volume-row.ts'

/** One tick of a volume, and the five minutes, the hour and the 24 hours that it belongs to, beside what is normal for them. */
export interface VolumeView extends VolumeNorm {
  /** Bytes in this tick, and calls that had any number of them. */
  bytes: number
  calls: number
}

export default defineKind<Volume, VolumeView>({
  kind: 'volume',
  integers: 2,
  pairs: null,
  hasNames: false,
  peers: null,
  width: VOLUME_WIDTH,
  binsWidth: VOLUME_BINS,
  view: () => ({ bytes: 0, calls: 0, ...newVolumeNorm() }),
  add({ of }, call, _key, { integers }, { integer }) {
    const bytes = of(call)
    if (bytes === null) return
    integers[integer] = Math.min(COUNT_MAX, (integers[integer] as number) + bytes)
    integers[integer + 1] = (integers[integer + 1] as number) + 1
  },
  open({ numbers, at, bins, binsAt }, tick, calendar) {
    openVolume(numbers, at, bins, binsAt, tick, calendar)
  },
  roll({ numbers, at, bins, binsAt }, tick, calendar, { weight }) {
    rollVolume(numbers, at, bins, binsAt, tick, calendar, weight > 1)
  },
  show(view, { numbers, at, bins, binsAt }, _tick, tally, { integer }) {
    normOfVolume(numbers, at, bins, binsAt, view)
    view.bytes = tally === null ? 0 : (tally.integers[integer] as number)
    view.calls = tally === null ? 0 : (tally.integers[integer + 1] as number)
  },
  learn({ bytes, calls }, { numbers, at }) {
    observeVolume(numbers, at, bytes, calls)
  },
  // Nothing is kept out: what is learned waits an hour or a day, counts as one jump or one day, and cannot draw the level far.
  freeze({ numbers, at }) {
    tellVolume(numbers, at)
  },
  rising(place, { integers }, { integer }) {
    const bytes = integers[integer] as number
    return place === null || bytes === 0 ? 0 : risingVolume(place.numbers, place.at, bytes)
  },
  readiness: ({ armed, seen }) => (armed ? 'ready' : seen > 0 ? 'warming' : 'cold'),
  seen: ({ seen }) => seen,
  norm({ level, hourLimit, armed }) {
    const high = armed ? hourLimit / 60 : 0
    return { level: level / 60, low: 0, high, dispersion: armed ? hourLimit / level : 0 }
  },
})
