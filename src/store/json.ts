/**
 * Reads the engine's JSON lines. Whole numbers beyond 2^53 stay text, digit for digit: a number that silently changed is worse
 * than one that a caller must convert. All others are numbers.
 */
export function parseRows<Row>(text: string): Row[] {
  const parse = /\d{16}/.test(text) ? (line: string) => JSON.parse(line, exact) : (line: string) => JSON.parse(line)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parse(line) as Row)
}

function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && /^-?\d+$/.test(source) ? source : value
}
