/**
 * The code without its comments and without what is inside texts and patterns: each of their characters becomes a blank, so
 * that lines and columns stay. A `/` starts a pattern where no value can end before it.
 */
export function blank(text: string): string {
  const out: string[] = []
  /** What each open `${` of a template has to count: braces inside of it. */
  const templates: number[] = []
  let at = 0
  const skip = (end: number, shown: number): void => {
    out.push(text.slice(at, at + shown), text.slice(at + shown, end).replace(/[^\n]/g, ' '))
    at = end
  }
  while (at < text.length) {
    const char = text[at] ?? ''
    const depth = templates.length - 1
    if (char === '/' && text[at + 1] === '/') skip(endOf(text, at, /\n|$/g), 0)
    else if (char === '/' && text[at + 1] === '*') skip(text.indexOf('*/', at + 2) + 2, 0)
    else if (char === "'" || char === '"') skip(afterQuote(text, at + 1, char), 1)
    else if (char === '/' && startsPattern(out)) skip(afterPattern(text, at + 1), 1)
    else if (char === '`' || (char === '}' && templates[depth] === 0)) {
      if (char === '}') templates.pop()
      const end = afterTemplate(text, at + 1)
      if (text.slice(end - 2, end) === '${') templates.push(0)
      skip(end, 1)
    } else {
      if (char === '{' && depth >= 0) templates[depth] = (templates[depth] ?? 0) + 1
      if (char === '}' && depth >= 0) templates[depth] = (templates[depth] ?? 0) - 1
      skip(at + 1, 1)
    }
  }
  return out.join('')
}

function endOf(text: string, from: number, pattern: RegExp): number {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? text.length
}

function afterQuote(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote || text[at] === '\n') return at + 1
  }
  return text.length
}

/** After the closing backtick, or after a `${`. */
function afterTemplate(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '`') return at + 1
    else if (text[at] === '$' && text[at + 1] === '{') return at + 2
  }
  return text.length
}

function afterPattern(text: string, from: number): number {
  let inClass = false
  for (let at = from; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '[') inClass = true
    else if (text[at] === ']') inClass = false
    else if (text[at] === '/' && !inClass) return at + 1
  }
  return from
}

function startsPattern(before: readonly string[]): boolean {
  const recent = before.slice(-200).join('').trimEnd()
  return recent === '' || /[=(,:[!&|?{};+<>*%~^-]$|\b(?:return|typeof|case|in|of|await)$/.test(recent)
}
