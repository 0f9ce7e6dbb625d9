import { hashText } from '#src/call/hash.ts'
import { type Random, randomFor } from '#src/demo/random.ts'
import type { Change, Recipe, Traffic } from './recipe.ts'

/** When every story begins: a Monday morning, at the start of a tick and of a block. */
export const STORY_START = Date.parse('2026-11-02T08:00:00Z')
const MINUTE = 60_000

/** One call as the native format has it; the names of its fields are the columns of `api_calls`. */
export interface StoryCall {
  ts: number
  service: string
  method: string
  route: string
  path?: string
  status: number
  request_bytes: number | null
  response_bytes: number | null
  duration_ms: number
  client_ip: string
  identity: string
  request_id: string
  token_id?: string
  token_issued_at?: number | null
  token_expires_at?: number | null
}

/** All calls of a story in the order of time. The same recipe gives the same calls. */
export function callsOf(recipe: Recipe): StoryCall[] {
  const calls = [...recipe.usual, ...recipe.extra].flatMap((traffic, index) =>
    withTokens(recipe, traffic, withObjects(recipe, traffic, index, flow(recipe, traffic, index))),
  )
  calls.sort((a, b) => a.ts - b.ts)
  return calls.map((call, index) => ({ ...call, request_id: `r-${index}` }))
}

function flow(recipe: Recipe, traffic: Traffic, index: number): StoryCall[] {
  const isUsual = index < recipe.usual.length
  const end = traffic.minutes === undefined ? recipe.minutes : traffic.from + traffic.minutes
  const changes = isUsual ? recipe.change.filter(({ on }) => on === traffic.endpoint || on === serviceOf(traffic)) : []
  if (traffic.calls !== undefined) {
    const gap = (end - traffic.from) / traffic.calls
    const random = randomFor(recipe.seed, index)
    return Array.from({ length: traffic.calls }, (_, i) =>
      call(traffic, traffic.from + (i + 0.5) * gap, changes, random),
    )
  }
  const calls: StoryCall[] = []
  for (let minute = Math.floor(traffic.from); minute < end; minute += 1) {
    const random = randomFor(recipe.seed, index, minute)
    const whole = { from: Math.max(minute, traffic.from), to: Math.min(minute + 1, end) }
    const mean = (whole.to - whole.from) * rateAt(traffic, minute, end) * wobbled(traffic, random)
    const some = momentsOf(random, mean, whole.from, whole.to)
    for (const at of some) {
      const times = changes.filter((change) => isUnder(change, at, recipe.minutes))
      const factor = times.reduce((product, change) => product * change.callsTimes, 1)
      // A factor of 1.5 makes one call of two out of one: every call comes once or twice, by its own coin.
      const copies = Math.floor(factor) + (random.unit() < factor % 1 ? 1 : 0)
      for (let copy = 0; copy < copies; copy += 1) calls.push(call(traffic, at, times, random))
    }
  }
  return calls
}

/** Gives calls paths that name objects; those of two flows are not the same unless both choose among so many. */
function withObjects({ seed }: Recipe, { objects }: Traffic, index: number, calls: StoryCall[]): StoryCall[] {
  if (objects === undefined) return calls
  const random = randomFor(seed, index, OBJECTS_SEED)
  return calls.map((call, i) => {
    const id = objects === 'each' ? (index + 1) * 1_000_000 + i : 1 + random.below(objects)
    return { ...call, path: call.route.replace(/\{[^}]*\}/, String(id)) }
  })
}

/** Gives calls the tokens that their callers have then; in a story without tokens there are no such columns. Draws nothing. */
function withTokens({ usual, extra }: Recipe, { token, from }: Traffic, calls: StoryCall[]): StoryCall[] {
  if (![...usual, ...extra].some((one) => one.token !== undefined)) return calls
  if (token === undefined)
    return calls.map((call) => ({ ...call, token_id: '', token_issued_at: null, token_expires_at: null }))
  return calls.map((call) => {
    const name = `${call.identity}${token.holder}`
    const phase = hashText(name) % token.seconds
    const now = Math.floor(call.ts / 1000)
    const issued =
      token.ranOut === undefined
        ? now - ((now - phase) % token.seconds)
        : Math.floor(STORY_START / 1000 + 60 * (from - token.ranOut)) - token.seconds
    return { ...call, token_id: `${name}-${issued}`, token_issued_at: issued, token_expires_at: issued + token.seconds }
  })
}

/** No minute of a story. */
const OBJECTS_SEED = 1_000_003

function momentsOf(random: Random, mean: number, from: number, to: number): number[] {
  return Array.from({ length: random.poisson(mean) }, () => from + random.unit() * (to - from))
}

function rateAt(traffic: Traffic, minute: number, end: number): number {
  const rate = traffic.perMinute ?? 0
  const through = (minute - traffic.from) / Math.max(1, end - traffic.from)
  return rate + ((traffic.risesTo ?? rate) - rate) * through
}

/** Log-normal with a mean of 1. */
function wobbled({ wobble }: Traffic, random: Random): number {
  return Math.exp(wobble * random.normal() - (wobble * wobble) / 2)
}

function isUnder(change: Change, minute: number, storyMinutes: number): boolean {
  const end = change.minutes === undefined ? storyMinutes : change.from + change.minutes
  return minute >= change.from && minute < end
}

function call(traffic: Traffic, minute: number, changes: readonly Change[], random: Random): StoryCall {
  const [method, service, route] = traffic.endpoint.split(' ') as [string, string, string]
  const [failing, failingStatus] = changes.reduce<readonly [number, number]>(
    (found, change) => (change.failing === undefined ? found : [change.failing, change.failingStatus]),
    [traffic.failing, traffic.failingStatus],
  )
  const times = (of: (change: Change) => number): number => changes.reduce((product, one) => product * of(one), 1)
  const fails = random.unit() < failing
  const sized = (median: number | null, factor: number): number | null =>
    median === null ? null : Math.round(median * factor * Math.exp(traffic.spread * random.normal()))
  return {
    ts: Math.floor(STORY_START + minute * MINUTE),
    service,
    method,
    route,
    status: fails ? failingStatus : traffic.status,
    request_bytes: sized(
      traffic.requestBytes,
      times((one) => one.requestBytesTimes),
    ),
    response_bytes: fails
      ? 120
      : sized(
          traffic.responseBytes,
          times((one) => one.responseBytesTimes),
        ),
    duration_ms: durationOf(traffic, random) * times((one) => one.durationTimes),
    client_ip: addressOf(traffic.origin, minute),
    identity: typeof traffic.by === 'string' ? traffic.by : `${service}-client-${1 + random.below(traffic.by)}`,
    request_id: '',
  }
}

/** Draws nothing where all take the same. */
function durationOf({ durationMs, durationSpread }: Traffic, random: Random): number {
  if (durationSpread === 0) return durationMs
  return Math.round(10 * durationMs * Math.exp(durationSpread * random.normal())) / 10
}

/** One of a network's addresses; of several networks, each call takes one. Draws nothing: the other fields stay what they are. */
function addressOf(origin: string | readonly string[], minute: number): string {
  const at = Math.floor(minute * MINUTE)
  const network = typeof origin === 'string' ? origin : (origin[at % origin.length] as string)
  return network.replace('*', String(1 + (at % 250)))
}

function serviceOf({ endpoint }: Traffic): string {
  return endpoint.split(' ')[1] as string
}
