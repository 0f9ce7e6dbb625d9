import type { Insert, InsertOutcome, Store, Table } from '#src/store/store.ts'

export type Fields = Readonly<Record<string, unknown>>

/**
 * A store in memory: one block an insert, a log of tokens for each table, a row with the text `refuse me` refused for good with
 * all that came with it. Of SQL it understands the archive's question for positions only.
 */
export class FakeStore implements Store {
  readonly #rows = new Map<Table, Fields[]>()
  readonly #tokens = new Map<string, string>()
  /** Every insert that was asked for, also those that changed nothing. */
  readonly asked: Insert[] = []
  closed = false

  rows(table: Table): readonly Fields[] {
    return this.#rows.get(table) ?? []
  }

  async insert(insert: Insert): Promise<InsertOutcome> {
    return this.take(insert)
  }

  /** The insert itself, at once. Throws where a token comes back with other rows: the engine would lose them. */
  take(insert: Insert): InsertOutcome {
    this.asked.push(insert)
    const lines = insert.rows.split('\n').filter((line) => line !== '')
    if (lines.length !== insert.count) throw new Error(`${lines.length} rows in an insert of ${insert.count}`)
    const rows = lines.map((line) => fieldsOf(insert.columns, JSON.parse(line) as unknown[]))
    if (insert.rows.includes('refuse me')) return { kind: 'permanent', reason: '117: refused' }
    const id = `${insert.table} ${insert.token}`
    const known = this.#tokens.get(id)
    if (known !== undefined && known !== insert.rows) throw new Error(`token ${id} came back with other rows`)
    if (known === undefined) {
      this.#tokens.set(id, insert.rows)
      this.#rows.set(insert.table, [...this.rows(insert.table), ...rows])
    }
    return { kind: 'stored' }
  }

  async query<Row>(sql: string, params: Readonly<Record<string, unknown>> = {}): Promise<readonly Row[]> {
    const [, column, table, sourceColumn] =
      /groupUniqArray\((\w+)\) AS positions FROM (\w+)\s+WHERE (\w+) =/.exec(sql) ?? []
    if (column === undefined || table === undefined || sourceColumn === undefined) {
      throw new Error(`this store does not understand ${sql}`)
    }
    const { source, first, last } = params as { source: string; first: number; last: number }
    const positions = this.rows(table as Table)
      .filter((row) => row[sourceColumn] === source)
      .map((row) => row[column] as number)
      .filter((position) => position >= first && position <= last)
    return [{ positions: [...new Set(positions)] } as Row]
  }

  async ping(): Promise<boolean> {
    return !this.closed
  }

  async close(): Promise<void> {
    this.closed = true
  }
}

function fieldsOf(columns: readonly string[], values: readonly unknown[]): Fields {
  if (values.length !== columns.length) throw new Error(`${values.length} values for ${columns.length} columns`)
  return Object.fromEntries(columns.map((column, index) => [column, values[index]]))
}
