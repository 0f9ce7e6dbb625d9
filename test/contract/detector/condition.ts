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
  String.raw`^(?<column>[a-z_]+) (?:(?<operator>=|!=|>=|<=|>|<|LIKE) (?<literal>${LITERAL})|(?<not>NOT )?IN \((?<list>(?:${LITERAL})(?:, (?:${LITERAL}))*)\))$`,
)

const MATCH = new RegExp(String.raw`^match\((?<column>[a-z_]+), (?<pattern>${LITERAL})\)$`)

/**
 * Reads the SQL of an alert: column, operator and literal (or a list of literals after IN), joined by AND; in place of one of these,
 * some joined by OR in parentheses. That is all a detector may ask for, so that anybody can read it and an analyst can go on
 * from there. Throws where it is anything else.
 */
export function readCondition(sql: string): (row: Row) => boolean {
  const terms = sql.split(' AND ').map((text) => {
    const either = /^\((.* OR .*)\)$/.exec(text)?.[1]
    const some = (either === undefined ? [text] : either.split(' OR ')).map(readTerm)
    return (row: Row): boolean => some.some((term) => term(row))
  })
  return (row) => terms.every((term) => term(row))
}

function readTerm(text: string): (row: Row) => boolean {
  const matching = MATCH.exec(text)?.groups
  if (matching !== undefined) return matchOf(matching as { column: string; pattern: string })
  const groups = TERM.exec(text)?.groups
  if (groups === undefined) throw new Error(`not "column operator literal": ${text}`)
  const { column = '', operator = 'IN', literal, not, list } = groups
  if (!COLUMNS.has(column)) throw new Error(`api_calls has no column ${column}`)
  const values = (literal === undefined ? (list as string).split(', ') : [literal]).map(literalValue)
  return (row) => {
    const value = row[column]
    if (value === null || value === undefined) return false
    return operator === 'IN'
      ? values.includes(value) !== (not !== undefined)
      : holds(operator, value, values[0] as string | number)
  }
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
  if (operator === 'LIKE') return contains(String(value), String(literal))
  if (operator === '=') return value === literal
  if (operator === '!=') return value !== literal
  if (operator === '>=') return value >= literal
  if (operator === '<=') return value <= literal
  return operator === '>' ? value > literal : value < literal
}

/** LIKE of a text that holds another: `%…%`, and no other pattern. */
function contains(value: string, pattern: string): boolean {
  const inner = /^%([^%_]+)%$/.exec(pattern)?.[1]
  if (inner === undefined) throw new Error(`not %text%: ${pattern}`)
  return value.includes(inner)
}
