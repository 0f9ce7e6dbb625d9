/** What a single query may cost; what exceeds it fails and says so. */
export interface QueryLimits {
  /** Seconds; 30 unless given. */
  readonly seconds?: number
  /** Rows of the result; 100,000 unless given. */
  readonly rows?: number
  /** Bytes of the engine's memory; 1 GiB unless given. */
  readonly memoryBytes?: number
  /** Threads of one query; as many as there are processors unless given. */
  readonly threads?: number
}

/** ClickHouse's engine inside this process. One directory a process, one process a directory. */
export interface EmbeddedStore {
  readonly kind: 'embedded'
  /** Absolute or relative to the working directory; made where it is missing. */
  readonly directory: string
  /** `tidemark` unless given: a letter or `_`, then letters, digits or `_`. */
  readonly database?: string
  readonly limits?: QueryLimits
}

/** A ClickHouse server over HTTP(S). */
export interface ServerStore {
  readonly kind: 'server'
  /** `http://host:8123` or `https://host:8443`, without credentials and without a query. */
  readonly url: string
  readonly user?: string
  readonly password?: string
  readonly database?: string
  readonly limits?: QueryLimits
  /** PEM texts. `cert` and `key` go together. Without `ca` the system's roots are believed; there is no way to believe nobody's. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string }
  /** Milliseconds for one request, an insert included; 30,000 unless given. An insert that took longer is sent again under its token. */
  readonly requestTimeoutMs?: number
  /** Sockets; 10 unless given. */
  readonly connections?: number
}

export type StoreOptions = EmbeddedStore | ServerStore

export const DATABASE = 'tidemark'

/** A database's name is pasted into SQL, so it is checked once, here. */
export function databaseOf(options: StoreOptions): string {
  const name = options.database ?? DATABASE
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) {
    throw new Error(
      `store.database: ${JSON.stringify(name)} is not a name; expected letters, digits and _, not starting with a digit`,
    )
  }
  return name
}
