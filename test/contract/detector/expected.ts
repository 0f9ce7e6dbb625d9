import { expect } from 'vitest'
import type { Alert } from '#src/alert/alert.ts'
import type { Expected } from './recipe.ts'
import { STORY_START } from './traffic.ts'

/** What an alert says, in the words of a case: times in minutes since the story began. */
export interface Told {
  readonly entity: string
  readonly opened: number
  readonly detected: number
}

export function toldOf({ entity, opened_at, detected_at }: Alert): Told {
  const minute = (time: string): number => Math.round((Date.parse(time) - STORY_START) / 600) / 100
  const endpoint = `${entity.method} ${entity.service} ${entity.route}`
  return {
    entity: entity.identity ?? (entity.kind === 'service' ? (entity.service as string) : endpoint),
    opened: minute(opened_at),
    detected: minute(detected_at),
  }
}

/** Fails unless one alert is told for each expectation, in any order, and each is as expected. */
export function expectAlerts(alerts: readonly Alert[], expected: readonly Expected[]): void {
  const left = alerts.filter(({ parent }) => parent === null)
  for (const want of expected) {
    const at = left.findIndex((alert) => toldOf(alert).entity === want.entity)
    expect(at, `an alert on ${want.entity}; there were ${JSON.stringify(alerts.map(toldOf))}`).toBeGreaterThanOrEqual(0)
    const alert = left.splice(at, 1)[0] as Alert
    expectAlert(alert, want)
    expectWithin('behind it', alerts.filter(({ parent }) => parent === alert.id).length, want.behind ?? 0)
  }
  expect(left.map(toldOf), 'alerts that nobody expected').toEqual([])
}

function expectAlert(alert: Alert, want: Expected): void {
  const { opened, detected } = toldOf(alert)
  expectWithin('opened', opened, want.opened)
  expectWithin('detected', detected, want.detected)
  expect([want.severity].flat(), 'severity').toContain(alert.severity)
  expect(alert.status).toBe(want.status)
  for (const [name, range] of Object.entries(want.observed)) {
    expect(Object.keys(alert.observed)).toContain(name)
    expectWithin(`observed.${name}`, alert.observed[name] as number, range)
  }
  if (want.says !== undefined) expect(alert.reason).toContain(want.says)
  if (want.contributor !== undefined) expect(alert.contributors[0]?.name).toBe(want.contributor)
}

function expectWithin(what: string, value: number, range: number | readonly [number, number]): void {
  const [least, most] = typeof range === 'number' ? [range, range] : range
  expect(value, what).toBeGreaterThanOrEqual(least)
  expect(value, what).toBeLessThanOrEqual(most)
}
