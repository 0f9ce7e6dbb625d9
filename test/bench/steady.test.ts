import { describe, expect, it } from 'vitest'
import { attacksOver, endpointCount, type SteadyOptions, steadyLine, timeOf } from '../../bench/steady.ts'

const from = Date.UTC(2026, 2, 3, 12)
const options: SteadyOptions = {
  from,
  callsPerSecond: 1_000,
  attacks: 100,
  gapMs: 1_000,
  attacksFrom: from + 20_000,
  seed: 1,
}

function callsIn(fromMs: number, toMs: number, over: Partial<SteadyOptions> = {}) {
  return Array.from({ length: toMs - fromMs }, (_, k) => JSON.parse(steadyLine({ ...options, ...over }, fromMs + k)))
}

describe('the steady workload', () => {
  it('has its calls at even distances', () => {
    expect([0, 1, 1_000].map((i) => timeOf(options, i))).toEqual([from, from + 1, from + 1_000])
    expect(timeOf({ ...options, callsPerSecond: 5_000 }, 7)).toBe(from + 1)
  })

  it('is a function of options and index', () => {
    expect(steadyLine(options, 4_711)).toBe(steadyLine(options, 4_711))
    expect(steadyLine(options, 4_711)).not.toBe(steadyLine(options, 4_712))
  })

  it('is the same before the attacks, whenever they are', () => {
    expect(callsIn(0, 500)).toEqual(callsIn(0, 500, { attacksFrom: Number.POSITIVE_INFINITY }))
  })

  it('makes even endpoints fail and reads odd ones more, turn by turn', () => {
    const quiet = callsIn(0, 20_000)
    const of = (calls: typeof quiet, endpoint: number) =>
      calls.filter((call) => call.route === `/v1/things${endpoint}/{id}`)
    const failed = (calls: typeof quiet) => calls.filter((call) => call.status >= 500).length / calls.length
    expect(failed(quiet)).toBeLessThan(0.005)
    // Attack 4 is active from 24 s to 30 s, attack 5 from 25 s to 31 s.
    const attacked = callsIn(25_000, 30_000)
    expect(failed(of(attacked, 4))).toBeGreaterThan(0.35)
    expect(failed(of(attacked, 24))).toBeLessThan(0.1)
    const usual = (of(quiet, 5).length * 5) / 20
    expect(of(attacked, 5).length / usual).toBeGreaterThan(7)
    expect(of(attacked, 5)[0].method).toBe('GET')
    expect(of(attacked, 4)[0].method).toBe('POST')
  })

  it('is quiet again when the attacks are over', () => {
    expect(attacksOver(options)).toBe(from + 20_000 + 99_000 + 6_000)
    const after = callsIn(attacksOver(options) - from, attacksOver(options) - from + 5_000)
    expect(after.filter((call) => call.status >= 500).length / after.length).toBeLessThan(0.005)
    expect(new Set(after.map((call) => call.route)).size).toBe(endpointCount(options))
  })
})
