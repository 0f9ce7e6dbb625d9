/** The tables that the archive fills. */
export type Table = 'api_calls' | 'alerts' | 'alert_events' | 'baselines' | 'dead_letters' | 'deliveries' | 'gaps'

/** One insert. The same token always carries the same rows, so a repeat changes nothing. */
export interface Insert {
  readonly table: Table
  /** The columns that each row names, in the order of its values. */
  readonly columns: readonly string[]
  /** JSON lines, one array a row (JSONCompactEachRow: a third cheaper than objects), all in one partition of the table. */
  readonly rows: string
  readonly count: number
  /** Names the content exactly: table, source, first and last position, schema version, partition. Other rows under a used token are lost. */
  readonly token: string
}

/**
 * Why an insert did not happen. `retry`: the engine is away or overloaded, the same insert will work later.
 * `permanent`: the engine refuses these rows, however often they are sent.
 */
export type InsertOutcome =
  | { readonly kind: 'stored' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'permanent'; readonly reason: string }

/** ClickHouse, embedded or a server. Answers in values; throws only for broken invariants. */
export interface Store {
  insert(insert: Insert): Promise<InsertOutcome>
  /** Read-only. `params` are bound, never pasted: `{name:Type}` in the SQL. */
  query<Row>(sql: string, params?: Readonly<Record<string, unknown>>): Promise<readonly Row[]>
  /** Whether the engine answers just now. */
  ping(): Promise<boolean>
  close(): Promise<void>
}
