import { type Random, randomFor } from '#src/demo/random.ts'
import { anyOrder } from '../calibration/laws.ts'
import { type Clock, clockOf } from './clocks.ts'
import { anyRate, flow, type World } from './stream.ts'

export const people: World = {
  name: 'people',
  says: 'days: a sine of amplitude 0.3 to 0.95 in some zone, weekends 0.2 to 1 times as much, calls in clusters',
  play(seed, endpoint, from, ticks, visit) {
    const random = randomFor(seed, endpoint, 3)
    const rate = anyRate(random)
    const amplitude = 0.3 + 0.65 * random.unit()
    const weekend = 0.2 + 0.8 * random.unit()
    const clock = clockOf(random, from)
    const stream = {
      rate: (minute: number) => {
        const { hour, isWeekend } = clock(minute)
        return rate * (1 + amplitude * Math.sin((2 * Math.PI * (hour - 8)) / 24)) * (isWeekend ? weekend : 1)
      },
      fano: 1 + 4 * random.unit(),
      phi: 0.1,
      memory: 0.9,
    }
    flow(random, ticks, stream, visit)
  },
}

export const nights: World = {
  name: 'nights',
  says: 'deep nights: the logarithm of the rate follows the day, with 10 to 1000 times as many calls by day; weekends 0.05 to 0.5 times as much',
  play(seed, endpoint, from, ticks, visit) {
    const random = randomFor(seed, endpoint, 4)
    const rate = anyOrder(random, 0.02, 20)
    const depth = Math.log(anyOrder(random, 10, 1000)) / 2
    const weekend = anyOrder(random, 0.05, 0.5)
    const clock = clockOf(random, from)
    const stream = {
      rate: (minute: number) => {
        const { hour, isWeekend } = clock(minute)
        return rate * Math.exp(depth * (Math.sin((2 * Math.PI * (hour - 8)) / 24) - 1)) * (isWeekend ? weekend : 1)
      },
      fano: 1 + 3 * random.unit(),
      phi: 0.1,
      memory: 0.9,
    }
    flow(random, ticks, stream, visit)
  },
}

/** A working day: from when to when, in hours; it begins and ends some minutes earlier or later each day. */
function shiftOf(random: Random): (clock: Clock, minute: number) => boolean {
  const [start, end] = [6 + 3 * random.unit(), 16 + 4 * random.unit()]
  const holiday = 7 * random.below(4) + random.below(5)
  const early = new Map<number, readonly [number, number]>()
  return (clock, minute) => {
    const { hour, day, isWeekend } = clock(minute)
    let jitter = early.get(day)
    if (jitter === undefined) {
      jitter = [0.4 * random.normal(), 0.4 * random.normal()]
      early.set(day, jitter)
    }
    return !isWeekend && day !== holiday && hour >= start + jitter[0] && hour < end + jitter[1]
  }
}

export const offices: World = {
  name: 'offices',
  says: 'nobody in the night, at weekends and on a holiday; days begin and end half an hour earlier or later; lunch takes away up to four fifths',
  play(seed, endpoint, from, ticks, visit) {
    const random = randomFor(seed, endpoint, 5)
    const rate = anyOrder(random, 0.01, 10)
    const lunch = 0.2 + 0.8 * random.unit()
    const clock = clockOf(random, from)
    const works = shiftOf(random)
    const stream = {
      rate: (minute: number) => {
        if (!works(clock, minute)) return 0
        const { hour } = clock(minute)
        return rate * (hour >= 12 && hour < 13 ? lunch : 1)
      },
      fano: 1 + 3 * random.unit(),
      phi: 0.1,
      memory: 0.9,
    }
    flow(random, ticks, stream, visit)
  },
}

export const trading: World = {
  name: 'trading',
  says: 'day and night from Monday to Friday, and nothing at weekends',
  play(seed, endpoint, from, ticks, visit) {
    const random = randomFor(seed, endpoint, 6)
    const rate = anyOrder(random, 0.01, 20)
    const clock = clockOf(random, from)
    const stream = { fano: 1 + 3 * random.unit(), phi: 0.1, memory: 0 }
    flow(random, ticks, { ...stream, rate: (minute) => (clock(minute).isWeekend ? 0 : rate) }, visit)
  },
}

export const nightly: World = {
  name: 'nightly',
  says: 'a job of 5 to 60 minutes every night or once a week at 20 to 100 times the usual 0 to 1 calls a tick',
  play(seed, endpoint, from, ticks, visit) {
    const random = randomFor(seed, endpoint, 9)
    const rate = random.unit() < 0.5 ? 0 : anyOrder(random, 0.01, 1)
    const burst = anyOrder(random, 20, 100) * Math.max(rate, 0.1)
    const [start, length] = [300 * random.unit(), 5 + random.below(56)]
    const weekday = random.unit() < 0.3 ? random.below(7) : null
    const clock = clockOf(random, from)
    const stream = { fano: 1 + 2 * random.unit(), phi: 0.1, memory: 0 }
    const runs = (minute: number): boolean => {
      const { hour, day } = clock(minute)
      return 60 * hour >= start && 60 * hour < start + length && (weekday === null || day % 7 === weekday)
    }
    flow(random, ticks, { ...stream, rate: (minute) => (runs(minute) ? burst : rate) }, visit)
  },
}

export const windows: World = {
  name: 'windows',
  says: 'closed for maintenance at the same time of the same day of each week, for half an hour to three hours',
  play(seed, endpoint, from, ticks, visit) {
    const random = randomFor(seed, endpoint, 14)
    const rate = anyOrder(random, 0.01, 20)
    const clock = clockOf(random, from)
    const [weekday, start, length] = [random.below(7), 24 * random.unit() * 0.85, 0.5 + 2.5 * random.unit()]
    const isClosed = (minute: number): boolean => {
      const { hour, day } = clock(minute)
      return day % 7 === weekday && hour >= start && hour < start + length
    }
    const stream = { fano: 1 + 3 * random.unit(), phi: 0.1, memory: 0 }
    flow(random, ticks, { ...stream, rate: (minute) => (isClosed(minute) ? 0 : rate) }, visit)
  },
}
