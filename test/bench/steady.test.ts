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

  it('makes even endpoints fail and odd ones answer hugely, turn by turn', () => {
    const of = (calls: ReturnType<typeof callsIn>, endpoint: number) =>
      calls.filter((call) => call.route === `/v1/things${endpoint}/{id}`)
    const failed = (calls: ReturnType<typeof callsIn>) =>
      calls.filter((call) => call.status >= 500).length / calls.length
    const huge = (calls: ReturnType<typeof callsIn>) =>
      calls.filter((call) => call.response_bytes > 1_000_000).length / calls.length
    const quiet = callsIn(0, 20_000)
    expect(failed(quiet)).toBeLessThan(0.005)
    expect(huge(quiet)).toBe(0)
    // Attack 4 is active from 24 s to 30 s, attack 5 from 25 s to 31 s.
    const attacked = callsIn(25_000, 30_000)
    expect(failed(of(attacked, 4))).toBeGreaterThan(0.25)
    expect(huge(of(attacked, 4))).toBe(0)
    expect(huge(of(attacked, 5))).toBeGreaterThan(0.25)
    expect([failed(of(attacked, 24)), huge(of(attacked, 25))]).toEqual([0, 0])
    expect([of(attacked, 4)[0].method, of(attacked, 5)[0].method]).toEqual(['POST', 'GET'])
  })

  it('is quiet again when the attacks are over', () => {
    expect(attacksOver(options)).toBe(from + 20_000 + 99_000 + 6_000)
    const after = callsIn(attacksOver(options) - from, attacksOver(options) - from + 5_000)
    expect(after.filter((call) => call.status >= 500).length / after.length).toBeLessThan(0.005)
    expect(new Set(after.map((call) => call.route)).size).toBe(endpointCount(options))
  })
})
