import { expect, it } from 'vitest'
import * as z from 'zod'
import { settingsTable } from '#src/config/table.ts'

const table = (schema: z.ZodType) => settingsTable(z.toJSONSchema(schema, { io: 'input' }) as object)
const header = '| setting | default | meaning |\n|---|---|---|\n'

it('writes groups, lists and limits', () => {
  const schema = z.strictObject({
    a: z.strictObject({ n: z.int().min(1).max(9).default(3).describe('Some number.') }).prefault({}),
    list: z
      .array(z.strictObject({ mode: z.enum(['x', 'y']).describe('How') }))
      .default([])
      .describe('Many | few'),
    none: z.string().optional().describe('Text'),
  })
  expect(table(schema)).toBe(`${header}| \`a.n\` | \`3\` | Some number (1 to 9) |
| \`list\` | \`[]\` | Many \\| few |
| \`list[].mode\` | required | How (one of x, y) |
| \`none\` | none | Text |
`)
})

it('says which settings only one kind has', () => {
  const shared = { days: z.number().default(1).describe('Days') }
  const schema = z.strictObject({
    store: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('near'), ...shared }),
        z.strictObject({ kind: z.literal('far'), ...shared, url: z.string().describe('Where') }),
      ])
      .prefault({ kind: 'near' }),
  })
  expect(table(schema)).toBe(`${header}| \`store.kind\` | \`"near"\` | One of near, far |
| \`store.days\` | \`1\` | Days |
| \`store.url\` | required | Where; far only |
`)
})
