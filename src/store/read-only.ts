/**
 * The engine's `readonly=1` refuses writes, settings and tables from elsewhere; these it lets through (tried on 26.7):
 * `INTO OUTFILE` writes a file, the function `file()` reads one. And the embedded engine runs several statements at once.
 */
const FORBIDDEN_WORDS = new Set(['outfile', 'infile'])
const FORBIDDEN_FUNCTIONS = new Set(['file', 'catboostevaluate'])
const FIRST_WORDS = new Set(['select', 'with', 'explain'])
/** A query is a page at most; a bound keeps the scan cheap. */
const LONGEST = 64 * 1024

/** Quoted text and names (a quote is doubled or escaped by a backslash), then comments, then words, then single characters. */
const TOKEN =
  /'(?:[^'\\]|\\[\s\S]|'')*'|`(?:[^`\\]|\\[\s\S]|``)*`|"(?:[^"\\]|\\[\s\S]|"")*"|--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_][A-Za-z0-9_]*|\s+|[\s\S]/g

/** Why this text may not be run as a read-only query; `null` where it may. */
export function whyNotReadOnly(sql: string): string | null {
  if (sql.length > LONGEST) return `longer than ${LONGEST} characters`
  const words = wordsOf(sql)
  const first = words.find((word) => word !== '(')
  if (first === undefined || !FIRST_WORDS.has(first)) return 'only SELECT, WITH and EXPLAIN may be run'
  for (const [index, word] of words.entries()) {
    if (word === ';') return 'only one statement may be run'
    // heredocs ($tag$ … $tag$) would hide words from this scan
    if (word === '$') return '$ may not be used'
    if (FORBIDDEN_WORDS.has(word)) return `${word.toUpperCase()} may not be used`
    if (FORBIDDEN_FUNCTIONS.has(word) && words[index + 1] === '(') return `${word}() may not be called`
  }
  return null
}

function wordsOf(sql: string): string[] {
  const words: string[] = []
  for (const [token] of sql.matchAll(TOKEN)) {
    const first = token[0] ?? ''
    if (/\s/.test(first) || first === "'") continue
    if (token.startsWith('--') || token.startsWith('/*') || (first === '#' && token.length > 1)) continue
    // a quoted name may name a function too
    words.push(token.replace(/^[`"]|[`"]$/g, '').toLowerCase())
  }
  return words
}
