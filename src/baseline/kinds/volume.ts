import { defineKind } from '../kind.ts'
import type { Volume } from '../measure.ts'
import { COUNT_MAX } from '../tally.ts'
import {
  freezeVolume,
  newVolumeNorm,
  normOfVolume,
  observeVolume,
  openVolume,
  risingVolume,
  rollVolume,
  VOLUME_BINS,
  type VolumeNorm,
} from '../volume.ts'
import { VOLUME_WIDTH } from '../volume-row.ts'

/** One tick of a volume, and the window that it belongs to, beside what is normal for windows. */
export interface VolumeView extends VolumeNorm {
  /** Bytes in this tick, and calls that had any number of them. */
  bytes: number
  calls: number
}

/** How many windows of a volume there are in an hour. */
const WINDOWS_PER_HOUR = 12

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
  freeze({ numbers, at }) {
    freezeVolume(numbers, at)
  },
  rising(place, { integers }, { integer }) {
    const bytes = integers[integer] as number
    return place === null || bytes === 0 ? 0 : risingVolume(place.numbers, place.at, bytes)
  },
  readiness: ({ armed, seen }) => (armed ? 'ready' : seen > 0 ? 'warming' : 'cold'),
  seen: ({ seen }) => seen,
  norm({ mean, bound }) {
    const aMinute = WINDOWS_PER_HOUR / 60
    return { level: mean * aMinute, low: 0, high: bound * aMinute, dispersion: mean > 0 ? bound / mean : 0 }
  },
})
