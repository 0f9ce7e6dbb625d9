import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import * as z from 'zod'

/**
 * A case of a detector: a story in event time. `usual` traffic flows from its first minute on; then something happens (`extra` calls
 * come, or calls `change`), and the alerts that it deserves are named, or none. All times are minutes since the story began.
 */
const endpoint = z.string().regex(/^[A-Z]+ \S+ \/\S*$/, 'METHOD service /route')
const minutes = z.number().min(0).max(20_000)
const share = z.number().min(0).max(1)
const size = z.int().min(0).nullable()

const network = z.string().regex(/^[\da-f.:]+\*$/, 'an address with * for its last part')

const span = {
  from: minutes.default(0).describe('First minute'),
  minutes: minutes.optional().describe('How long; to the end of the story unless given'),
}

const token = z.strictObject({
  seconds: z.int().min(1).describe('How long it is good for; then there is a new one'),
  holder: z.string().default('').describe('Which of its tokens, where a caller has several at a time'),
  ranOut: minutes.optional().describe('How many minutes before the flow begins it ran out: the same one all the time'),
})

const traffic = z
  .strictObject({
    endpoint,
    ...span,
    by: z
      .union([z.int().min(1).max(10_000), z.string().min(1)])
      .default(5)
      .describe('How many callers, or the name of the one'),
    perMinute: z.number().min(0).optional().describe('Calls a minute, on average'),
    risesTo: z.number().min(0).optional().describe('Calls a minute at the end, in a straight line from perMinute'),
    calls: z.int().min(1).optional().describe('Exactly so many calls instead, evenly spaced'),
    wobble: share.default(0.1).describe('How far the level strays from minute to minute, as a share'),
    objects: z
      .union([z.int().min(1), z.literal('each')])
      .optional()
      .describe(
        'How many different objects its route names, evenly chosen; each: another one at every call. Without it there is no path',
      ),
    status: z.int().min(100).max(599).default(200),
    failing: share.default(0).describe('Share of the calls that end with failingStatus'),
    failingStatus: z.int().min(100).max(599).default(503),
    requestBytes: size.default(null).describe('Median size; null: not logged'),
    responseBytes: size.default(2000).describe('Median size; null: not logged'),
    spread: z.number().min(0).max(3).default(0.4).describe('Of the sizes: standard deviation of their logarithm'),
    durationMs: z.number().min(0).default(20).describe('Median duration'),
    durationSpread: z.number().min(0).max(3).default(0).describe('Standard deviation of its logarithm'),
    origin: z
      .union([network, z.array(network).min(1)])
      .default('192.0.2.*')
      .describe('Network that the calls come from, or several'),
    token: token.optional().describe('What the calls come with; without it their log says nothing of tokens'),
  })
  .refine((one) => (one.perMinute === undefined) !== (one.calls === undefined), { error: 'either perMinute or calls' })

const change = z.strictObject({
  on: z.string().min(1).describe('An endpoint, or a service: all of its endpoints'),
  ...span,
  failing: share.optional().describe('Share of the calls that end with failingStatus'),
  failingStatus: z.int().min(100).max(599).default(503),
  callsTimes: z.number().min(0).default(1),
  requestBytesTimes: z.number().min(0).default(1),
  responseBytesTimes: z.number().min(0).default(1),
  durationTimes: z.number().min(0).default(1),
})

const range = z.tuple([z.number(), z.number()])
const severity = z.enum(['low', 'medium', 'high', 'critical'])

const expected = z.strictObject({
  entity: z.string().describe('METHOD service /route, or the name of an identity or a service'),
  severity: z.union([severity, z.array(severity).min(1)]),
  opened: range.describe('Minutes between which the anomaly begins'),
  detected: range.describe('Minutes between which the evidence suffices'),
  status: z.enum(['open', 'resolved']).default('resolved'),
  observed: z
    .record(z.string(), z.union([z.number(), range]))
    .refine((fields) => Object.keys(fields).length > 0, { error: 'at least one number' }),
  behind: range.optional().describe('How many alerts of its endpoints belong to that of a service; none unless given'),
  contributor: z.string().optional().describe('Who made most of the calls'),
  says: z.string().optional().describe('What its sentence must hold'),
})

const recipe = z.strictObject({
  story: z.string().min(80).describe('What happens, who would care, and why it is told or not'),
  minutes: minutes.min(1),
  seed: z.int().default(1),
  sensitive: z.array(z.strictObject({ endpoint: z.string(), weight: z.int().min(1) })).default([]),
  usual: z.array(traffic).min(1),
  extra: z.array(traffic).default([]),
  change: z.array(change).default([]),
  expect: z.array(expected),
  others: z.array(z.string()).default([]).describe('Detectors that must tell it instead, in a case that stays silent'),
})

export type Recipe = z.output<typeof recipe>
export type Traffic = z.output<typeof traffic>
export type Change = z.output<typeof change>
export type Expected = z.output<typeof expected>

export interface Case {
  /** The file's name without its ending: `fires-…` or `silent-…`. */
  readonly name: string
  readonly recipe: Recipe
}

/** A story that is made in a test. Throws where it is none. */
export function recipeOf(written: z.input<typeof recipe>): Recipe {
  return recipe.parse(written)
}

/** The cases of one detector, in the order of their names. Throws for a file that is none, saying which field and why. */
export function readCases(folder: URL): readonly Case[] {
  const files = readdirSync(folder).sort()
  return files.map((file) => {
    const found = /^((?:fires|silent)-[a-z0-9-]+)\.yaml$/.exec(file)
    if (found === null) throw new Error(`${file}: a case is called fires-….yaml or silent-….yaml`)
    const name = found[1] as string
    const read = recipe.safeParse(parse(readFileSync(new URL(file, folder), 'utf8')))
    if (!read.success) throw new Error(`${file}:\n${z.prettifyError(read.error)}`)
    if (name.startsWith('fires-') !== read.data.expect.length > 0) {
      throw new Error(`${file}: fires- expects alerts, silent- expects none`)
    }
    return { name, recipe: read.data }
  })
}
