import { lineAt } from './source.ts'

export interface Extent {
  readonly line: number
  readonly lines: number
}

const control = /\b(?:if|for|while|switch|catch|with|for\s+await)\s*$/
/** A group of tests is a list, not a function that somebody has to hold in mind. */
const tests = /\b(?:it|test)(?:\.\w+)*\s*\(/

/** How long each function of blanked code is, from the line of its opening brace to that of its closing one. */
export function functionsOf(code: string): readonly Extent[] {
  const found: Extent[] = []
  const open: (number | null)[] = []
  for (let at = 0; at < code.length; at++) {
    if (code[at] === '{') open.push(opensFunction(code.slice(Math.max(0, at - 2000), at)) ? at : null)
    if (code[at] !== '}') continue
    const start = open.pop() ?? null
    if (start === null || tests.test(code.slice(start, at))) continue
    const line = lineAt(code, start)
    found.push({ line, lines: lineAt(code, at) - line + 1 })
  }
  return found
}

function opensFunction(before: string): boolean {
  const text = before.trimEnd()
  if (text.endsWith('=>')) return true
  // The list of parameters, then perhaps the type of the result.
  const parameters = /\)\s*(?::[^;{}=]*(?:\{[^{}]*\}[^;{}=]*)*)?$/.exec(text)
  if (parameters === null) return false
  const start = openingOf(text, parameters.index)
  return start > 0 && !control.test(text.slice(0, start))
}

function openingOf(text: string, closing: number): number {
  let depth = 0
  for (let at = closing; at >= 0; at--) {
    if (text[at] === ')') depth++
    if (text[at] === '(' && --depth === 0) return at
  }
  return -1
}
