import { describe, expect, test } from 'vitest'
import { calendarOf } from '#src/baseline/blocks.ts'
import type { Known, Place, Surroundings } from '#src/baseline/kind.ts'
import tokens from '#src/baseline/kinds/tokens.ts'
import { layoutOf, tokens as tokensMeasure } from '#src/baseline/measure.ts'
import { NOVELTY_PRIOR } from '#src/baseline/novelty.ts'
import { addCall, emptyTally, type Tally } from '#src/baseline/tally.ts'
import type { TokensView } from '#src/baseline/token-uses.ts'
import { TOKENS_BINS, TOKENS_WIDTH } from '#src/baseline/tokens.ts'
import type { ApiCall } from '#src/call/call.ts'
import { callOf } from '#test/fakes/call.ts'

const calendar = calendarOf(10_000)
const measure = tokensMeasure('tokens', () => true)
const layout = layoutOf('identity', [measure], [])
const cells = layout.parts[0]?.cells ?? { integer: 1, pairs: 0, names: 0 }
const START = Date.UTC(2026, 10, 1) / 10_000
const HOUR = 360
/** From here on networks are judged: twelve hours and 200 calls. */
const WARM = START + 13 * HOUR

interface Use {
  readonly token?: string | null
  readonly network?: number | null
  readonly lifetime?: number
  readonly calls?: number
}

/** One identity, tick by tick. */
class Someone {
  readonly view: TokensView = tokens.view(measure)
  readonly known = new Map<string, Known>()
  readonly #place: Place = {
    numbers: new Float64Array(TOKENS_WIDTH),
    at: 0,
    bins: new Uint16Array(TOKENS_BINS),
    binsAt: 0,
  }
  readonly #around: Surroundings = {
    weight: 1,
    prior: () => NOVELTY_PRIOR,
    known: (name) => this.known.get(name) ?? null,
    weightOf: () => 1,
  }

  constructor() {
    tokens.open(this.#place, START, calendar)
  }

  /** What the view shows of a tick with these uses. */
  take(tick: number, ...uses: readonly Use[]): TokensView {
    const tally = tallyOf(tick, uses)
    tokens.roll(this.#place, tick, calendar, this.#around)
    tokens.show(this.view, this.#place, tick, tally, cells, this.#around)
    const shown = { ...this.view }
    tokens.learn(this.view, this.#place, tick, tally, cells)
    return shown
  }

  rising(tick: number, ...uses: readonly Use[]): number {
    return tokens.rising(this.#place, tallyOf(tick, uses), cells)
  }

  /** A day of one token after the other, each an hour long and at home in one network. */
  live(until = WARM): this {
    for (let tick = START; tick < until; tick += 12) this.take(tick, { token: `t-${Math.floor(tick / HOUR)}` })
    return this
  }
}

function tallyOf(tick: number, uses: readonly Use[]): Tally {
  const tally = emptyTally(layout)
  for (const { token = 't', network = 1, lifetime = 3600, calls = 1 } of uses) {
    const issued = Math.floor(tick / HOUR) * 3600
    const call: ApiCall = callOf({
      ts: tick * 10_000,
      tokenId: token,
      tokenIssuedAt: issued,
      tokenExpiresAt: issued + lifetime,
      clientIp: network === null ? null : `198.51.${network}.7`,
    })
    for (let i = 0; i < calls; i += 1) addCall(layout, tally, call, `r-${tick}-${i}`, i, 'GET a /')
  }
  return tally
}

describe('networks of a token', () => {
  test('a token at home in one network is nothing new, whatever the token and the network', () => {
    const someone = new Someone().live()
    const views = [2, 3, 4, 5].map((network) => someone.take(WARM + network, { token: `n-${network}`, network }))
    expect(views.map(({ armed, fresh }) => [armed, fresh])).toEqual(Array(4).fill([true, 0]))
  })

  test('each further network of one token counts once, in one tick or in several, with a call to show', () => {
    const someone = new Someone().live()
    const first = someone.take(WARM, { token: 'x', network: 1, calls: 9 }, { token: 'x', network: 2, calls: 4 })
    expect(first).toMatchObject({ calls: 13, fresh: 1, networks: 2 })
    expect(first.named.map(({ name }) => name)).toEqual(['x'])
    expect(someone.take(WARM + 1, { token: 'x', network: 2 })).toMatchObject({ fresh: 0 })
    const more = someone.take(
      WARM + 2,
      { token: 'x', network: 3 },
      { token: 'x', network: 4 },
      { token: 'x', network: 3 },
    )
    expect(more).toMatchObject({ fresh: 2, networks: 4 })
  })

  test('what one token has had is no record for another', () => {
    const someone = new Someone().live()
    someone.take(WARM, ...[1, 2, 3].map((network) => ({ token: 'x', network })))
    const same = someone.take(WARM + 1, ...[1, 2, 3].map((network) => ({ token: 'y', network })))
    expect(same).toMatchObject({ fresh: 0, networks: 3 })
    expect(someone.take(WARM + 2, { token: 'y', network: 4 })).toMatchObject({ fresh: 1, networks: 4 })
  })

  test('a token whose end moves, and calls from nowhere, are no further network', () => {
    const someone = new Someone().live()
    someone.take(WARM, { token: 'x' })
    const moved = someone.take(WARM + 1, { token: 'x', lifetime: 3700 }, { token: 'x', lifetime: 3800 })
    const nowhere = someone.take(WARM + 2, { token: 'x', network: null })
    const both = someone.take(WARM + 2, { token: 'z', lifetime: 3600 }, { token: 'z', lifetime: 3700 })
    expect([moved.fresh, nowhere.fresh, both.fresh, both.networks]).toEqual([0, 0, 0, 1])
    expect(someone.take(WARM + 3, { token: 'x', network: 2 })).toMatchObject({ fresh: 1, networks: 2 })
    someone.take(WARM + 4, { token: 'y' }, { token: 'y', network: 2 }, { token: 'y', network: 2, lifetime: 3700 })
    expect(someone.take(WARM + 5, { token: 'y', network: 3 })).toMatchObject({ fresh: 1, networks: 3 })
  })

  test('where three others broke their record it is a way out that is shared; peers are told of each', () => {
    const someone = new Someone().live()
    someone.known.set('198.51.2.0/24', { oldFrom: 0, met: 3 }).set('198.51.3.0/24', { oldFrom: 0, met: 2 })
    const view = someone.take(WARM, ...[1, 2, 3].map((network) => ({ token: 'x', network })))
    expect(view.fresh).toBe(1)
    expect(view.met).toHaveLength(2)
  })

  test('before it is warm records are kept and nothing is said', () => {
    const someone = new Someone()
    const early = someone.take(START + 5, ...[1, 2, 3].map((network) => ({ token: 'x', network })))
    expect(early).toMatchObject({ armed: false, fresh: 0, networks: 3 })
    someone.live()
    expect(someone.take(WARM, ...[1, 2, 3].map((network) => ({ token: 'y', network })))).toMatchObject({ fresh: 0 })
  })

  test('the uses seen last are remembered, older ones forgotten: then there are fewer networks, never more', () => {
    const someone = new Someone().live()
    someone.take(WARM, { token: 'x', network: 1 })
    for (let i = 0; i < 24; i += 1) someone.take(WARM + 1 + i, { token: `other-${i}` })
    expect(someone.take(WARM + 30, { token: 'x', network: 2 })).toMatchObject({ fresh: 0, networks: 1 })
  })
})

describe('calls after the end of a token', () => {
  const late = (calls: number): Use => ({ token: 'old', lifetime: -3600, calls })

  test('are counted among all with a token, and named', () => {
    const view = new Someone().live(START + 2 * HOUR).take(START + 2 * HOUR, { calls: 7 }, late(3))
    expect(view.expired).toMatchObject({ part: 3, whole: 10 })
    expect(view.expired.bound).toBeLessThan(0.001)
    expect(view.named.map(({ name }) => name)).toEqual(['old'])
  })

  test('are expected once they are a habit', () => {
    const someone = new Someone()
    for (let tick = START; tick < START + 2 * HOUR; tick += 1) someone.take(tick, { calls: 7 }, late(3))
    expect(someone.view.expired.bound).toBeGreaterThan(0.3)
  })

  test('may be told before the tick closes', () => {
    expect(new Someone().live(START + 2 * HOUR).rising(START + 2 * HOUR, { calls: 7 }, late(3))).toBe(3)
  })
})

describe('lives of tokens', () => {
  const MINUTES = 6

  test('one that is longer than any before is up for judgement once', () => {
    const someone = new Someone().live(START + 2 * HOUR)
    const tick = START + 2 * HOUR
    expect(someone.take(tick, { token: 'x', lifetime: 86_400 })).toMatchObject({ life: 86_400, lifeBefore: 3600 })
    expect(someone.take(tick + 1, { token: 'x', lifetime: 86_400 })).toMatchObject({ life: 0, lifeBefore: 86_400 })
    expect(someone.take(tick + 2, { token: 'y', lifetime: 86_400 })).toMatchObject({ life: 0 })
  })

  test('what it began with is judged after twenty minutes and thirty calls, and is usual if others have it', () => {
    expect(new Someone().take(START, { lifetime: 86_400 }).met).toHaveLength(1)
    const told = [
      { at: 20 * MINUTES - 1, known: null },
      { at: 20 * MINUTES, known: null },
      { at: 20 * MINUTES, known: { oldFrom: 9e9, met: 1 } },
      { at: 20 * MINUTES, known: { oldFrom: 9e9, met: 2 } },
      { at: 20 * MINUTES, known: { oldFrom: 0, met: 1 } },
    ].map(({ at, known }) => {
      const someone = new Someone()
      someone.take(START, { lifetime: 86_400, calls: 30 })
      const [name] = someone.view.met.map((one) => one.name)
      if (known !== null) someone.known.set(name as string, known)
      return someone.take(START + at, { lifetime: 86_400 }).life
    })
    expect(told).toEqual([0, 86_400, 86_400, 0, 0])
    const few = new Someone()
    few.take(START, { lifetime: 86_400, calls: 29 })
    expect(few.take(START + 30 * MINUTES, { lifetime: 86_400 }).life).toBe(0)
    expect(few.take(START + 31 * MINUTES, { lifetime: 86_400 }).life).toBe(86_400)
  })

  test('three others that got it on the same day say that settings were changed; on another day they do not', () => {
    const life = (met: number, days: number): number => {
      const someone = new Someone().live(START + 2 * HOUR)
      const tick = START + 3 * HOUR
      const name = new Someone().live(START + 2 * HOUR).take(tick - days * 24 * HOUR, { lifetime: 86_400 }).met[1]?.name
      someone.known.set(name as string, { oldFrom: 0, met })
      return someone.take(tick, { lifetime: 86_400 }).life
    }
    expect([life(2, 0), life(3, 0), life(3, -1)]).toEqual([86_400, 0, 86_400])
  })

  test('what may be told before the tick closes is seen at once, and what is usual is not', () => {
    const someone = new Someone().live()
    const usual: Use = { token: `t-${Math.floor((WARM - 1) / HOUR)}` }
    expect(someone.rising(WARM, usual, { token: 'x' })).toBe(0)
    expect(someone.rising(WARM, usual, { token: 'x', lifetime: 86_400 })).toBe(1)
    expect(someone.rising(WARM, ...[1, 2, 3].map((network) => ({ token: 'x', network })))).toBe(2)
    expect(tokens.rising(null, tallyOf(WARM, [{ lifetime: 86_400 }]), cells)).toBe(0)
  })
})
