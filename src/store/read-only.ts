/**
 * The engine's `readonly=1` refuses writes, settings and tables from elsewhere; these it lets through (tried on 26.7):
 * `INTO OUTFILE` writes a file, the functions `file` and `catboostEvaluate` read one (also without parentheses: `* APPLY file`).
 * And the embedded engine runs several statements at once.
 */
const FORBIDDEN = new Set(['outfile', 'infile', 'file', 'catboostevaluate'])
const FIRST_WORDS = new Set(['select', 'with', 'explain'])
/** A query is a page at most; a bound keeps the scan cheap. */
const LONGEST = 64 * 1024

/**
 * Quoted text and names (a quote is doubled or escaped by a backslash), then what begins a comment, then words, then single
 * characters. What is not closed goes to the end, so that the scan never goes back.
 */
const TOKEN =
  /'(?:[^'\\]|\\[\s\S]|'')*(?:'|\\?$)|`(?:[^`\\]|\\[\s\S]|``)*(?:`|\\?$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|\\?$)|--|\/\*|\/\/|[A-Za-z_][A-Za-z0-9_]*|\s+|[\s\S]/g

/**
 * Whatever could hide words from this scan is not let through: the engine nests comments, knows four kinds of them, heredocs
 * ($tag$ … $tag$) and typographic quotes, and a quote inside one of those would turn this scan inside out; a backslash in a
 * quoted name may spell any letter.
 */
const HIDING = new Set(['--', '/*', '//', '#', '$', '\u2018', '\u2019', '\u201c', '\u201d', '\\'])

/** Why this text may not be run as a read-only query; `null` where it may. */
export function whyNotReadOnly(sql: string): string | null {
  if (sql.length > LONGEST) return `longer than ${LONGEST} characters`
  const words = wordsOf(sql)
  const first = words.find((word) => word !== '(')
  if (first === undefined || !FIRST_WORDS.has(first)) return 'only SELECT, WITH and EXPLAIN may be run'
  for (const word of words) {
    if (word === ';') return 'only one statement may be run'
    if (HIDING.has(word)) return `${word} may not be used outside of quotes`
    if (FORBIDDEN.has(word)) return `${word.toUpperCase()} may not be used`
  }
  return null
}

function wordsOf(sql: string): string[] {
  const words: string[] = []
  for (const [token] of sql.matchAll(TOKEN)) {
    const first = token[0] ?? ''
    if (/\s/.test(first) || first === "'") continue
    // a quoted name may name a function too
    if (first === '`' || first === '"') words.push(token.includes('\\') ? '\\' : token.slice(1, -1).toLowerCase())
    else words.push(token.toLowerCase())
  }
  return words
}
