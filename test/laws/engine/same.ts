import fc from 'fast-check'
import { expect } from 'vitest'
import native from '#schemas/native/format.ts'
import type { Alert, AlertRecord } from '#src/alert/alert.ts'
import { TIME_BOUNDS } from '#src/call/time.ts'
import { shake } from '#src/command/replay/shake.ts'
import { randomFor } from '#src/demo/random.ts'
import { shakenSchedule } from '#src/stream/memory.ts'
import { detect, failingProbe, LATENESS_MS, LIMITS, type Limits, type Outcome, TICK_MS } from './run.ts'
import { type Phase, WORLD_START } from './world.ts'

const kinds = fc.constantFrom<Phase['kind']>(
  'calm',
  'errors',
  'spike',
  'reader',
  'export',
  'names',
  'denied',
  'guesses',
)
export const gap = fc
  .oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 41, max: 4 * 1440 }))
  .map((minutes): Phase => ({ kind: 'gap', minutes }))
export const busy = fc.record({ kind: kinds, minutes: fc.integer({ min: 1, max: 6 }) })
export const calm = fc.integer({ min: 5, max: 25 }).map((minutes): Phase => ({ kind: 'calm', minutes }))
export const worlds = fc.record({
  seed: fc.integer(),
  rate: fc.integer({ min: 2, max: 6 }),
  phases: fc
    .tuple(fc.integer({ min: 30, max: 45 }), fc.array(fc.oneof(gap, busy, busy, calm), { minLength: 1, maxLength: 6 }))
    .map(([minutes, more]): Phase[] => [{ kind: 'calm', minutes }, ...more]),
})
export const hows = fc.record({
  shuffle: fc.option(fc.nat(1_000_000), { nil: null }),
  crash: fc.option(fc.nat(1_000_000), { nil: null }),
  schedule: fc.nat(1_000_000),
  partitions: fc.integer({ min: 1, max: 8 }),
  batch: fc.constantFrom(8, 60, 400, 5000),
  chunk: fc.constantFrom(50, 400, 1_000_000),
})

export function spread(lines: readonly Uint8Array[], seed: number | null): readonly (readonly Uint8Array[])[] {
  if (seed === null) return [lines]
  return shake(lines, seed, {
    format: native,
    tickMs: TICK_MS,
    latenessMs: LATENESS_MS,
    requestIdsPerTick: LIMITS.requestIds,
    recordBytes: 10_000,
    bounds: TIME_BOUNDS,
    runStart: WORLD_START + 400 * 86_400_000,
  })
}

/** What a receiver knows who folds the notices of each alert. */
function fold(records: readonly AlertRecord[]): Map<string, string[]> {
  const events = new Map<string, string[]>()
  for (const { alert, telling } of records) {
    if (telling === null) continue
    const own = events.get(alert.id) ?? []
    events.set(alert.id, own)
    own.push(telling.event)
    expect(telling.notice, 'notices count from 1 without a gap').toBe(own.length)
  }
  return events
}

export function checkTold({ records, settled, held }: Outcome): void {
  expect(held.find(({ lateAfterIdle, malformed }) => lateAfterIdle + malformed > 0)).toBeUndefined()
  const events = fold(records)
  for (const [id, own] of events) {
    expect(own[0], id).toBe('opened')
    expect(
      own.filter((event) => event === 'opened'),
      id,
    ).toHaveLength(1)
    expect(own.slice(0, -1), `${id}: nothing is told after its end`).not.toContain('resolved')
  }
  for (const alert of settled) {
    const last = events.get(alert.id)?.at(-1)
    if (alert.parent !== null) {
      checkAttached(alert, settled)
      // Told only to those who had been told before it belonged there, and then to the end.
      if (last !== undefined && last !== 'withdrawn' && alert.status === 'resolved')
        expect(last, alert.id).toBe('resolved')
      continue
    }
    if (alert.status === 'resolved') expect(last, alert.id).toBe('resolved')
    else expect(['opened', 'updated', 'reopened'], alert.id).toContain(last)
  }
  const known = new Set(settled.map(({ id }) => id))
  for (const [id, own] of events) if (!known.has(id)) expect(own.at(-1), id).toBe('withdrawn')
}

/** What an alert that belongs to another has in common with it. */
function checkAttached(alert: Alert, settled: readonly Alert[]): void {
  const parent = settled.find(({ id }) => id === alert.parent)
  const { detector, entity, status, resolved_at } = alert
  expect([parent?.detector, parent?.entity.kind, parent?.entity.service]).toEqual([detector, 'service', entity.service])
  expect([parent?.parent, parent?.status, parent?.resolved_at]).toEqual([null, status, resolved_at])
  const before = Date.parse(parent?.detected_at ?? '') - Date.parse(alert.detected_at)
  expect(before).toBeLessThanOrEqual(2 * TICK_MS)
}

/** Runs a world in another way. */
export function runAs(
  lines: readonly Uint8Array[],
  { shuffle, crash, schedule, ...how }: typeof hows extends fc.Arbitrary<infer T> ? T : never,
  limits: Limits = LIMITS,
): Promise<Outcome> {
  const probe = crash === null ? {} : { probe: failingProbe(randomFor(crash), how.batch < 10 ? 100 : 20) }
  return detect(spread(lines, shuffle), { ...how, schedule: shakenSchedule(schedule), ...probe }, limits)
}
