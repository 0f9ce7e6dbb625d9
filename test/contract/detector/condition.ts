import { readFileSync } from 'node:fs'
import type { StoryCall } from './traffic.ts'

type Row = Readonly<Record<string, string | number | null>>

/** The columns of `api_calls`, from the migration that makes the table. */
export const COLUMNS: ReadonlySet<string> = (() => {
  const sql = readFileSync(new URL('../../../src/store/migrations/0001_calls.sql', import.meta.url), 'utf8')
  const table = sql.slice(sql.indexOf('.api_calls'), sql.indexOf('ENGINE'))
  return new Set([...table.matchAll(/^ {4}([a-z_]+) [A-Z]/gm)].map((match) => match[1] as string))
})()

const LITERAL = String.raw`'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?`
const TIME = /parseDateTime64BestEffort\('([^']+)', 3, 'UTC'\)/g
const TERM = new RegExp(
  String.raw`^(?<column>[a-z_]+) (?:(?<operator>=|!=|>=|<=|>|<) (?<literal>${LITERAL})|(?<not>NOT )?IN \((?<list>(?:${LITERAL})(?:, (?:${LITERAL}))*)\))$`,
)

const MATCH = new RegExp(String.raw`^match\((?<column>[a-z_]+), (?<pattern>${LITERAL})\)$`)

/**
 * Reads the SQL of an alert: column, operator and literal (or a list of literals after IN), or a column that matches a regular
 * expression, joined by AND. That is all a detector may ask for, so that anybody can read it and an analyst can go on from there. Throws where it is anything else.
 */
export function readCondition(sql: string): (row: Row) => boolean {
  const terms = sql.split(' AND ').map((text) => {
    const matching = MATCH.exec(text)?.groups
    if (matching !== undefined) return matchOf(matching as { column: string; pattern: string })
    const groups = TERM.exec(text)?.groups
    if (groups === undefined) throw new Error(`not "column operator literal": ${text}`)
    const { column = '', operator = 'IN', literal, not, list } = groups
    if (!COLUMNS.has(column)) throw new Error(`api_calls has no column ${column}`)
    const values = (literal === undefined ? (list as string).split(', ') : [literal]).map(literalValue)
    return (row: Row): boolean => {
      const value = row[column]
      if (value === null || value === undefined) return false
      return operator === 'IN'
        ? values.includes(value) !== (not !== undefined)
        : holds(operator, value, values[0] as string | number)
    }
  })
  return (row) => terms.every((term) => term(row))
}

function matchOf({ column, pattern }: { column: string; pattern: string }): (row: Row) => boolean {
  if (!COLUMNS.has(column)) throw new Error(`api_calls has no column ${column}`)
  const expression = new RegExp(String(literalValue(pattern)))
  return (row) => typeof row[column] === 'string' && expression.test(row[column])
}

/** The calls that an alert's query shows, of all there are. */
export function callsShown(query: string, calls: readonly StoryCall[]): readonly StoryCall[] {
  const where = /^SELECT \* FROM tidemark\.api_calls WHERE (.*) ORDER BY ts LIMIT 100$/.exec(query)?.[1]
  if (where === undefined) throw new Error(`not the query of an alert: ${query}`)
  const matches = readCondition(where.replace(TIME, (_, time: string) => String(Date.parse(time))))
  return calls.filter((call) => matches({ ...call }))
}

function literalValue(literal: string): string | number {
  return literal.startsWith("'") ? literal.slice(1, -1).replace(/\\(.)/g, '$1') : Number(literal)
}

function holds(operator: string, value: string | number, literal: string | number): boolean {
  if (typeof value !== typeof literal) throw new Error(`${value} is compared with ${literal}`)
  if (operator === '=') return value === literal
  if (operator === '!=') return value !== literal
  if (operator === '>=') return value >= literal
  if (operator === '<=') return value <= literal
  return operator === '>' ? value > literal : value < literal
}
