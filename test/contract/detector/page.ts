/** The sections of a detector's page, in this order: what an analyst looks for at three in the morning is in the last one. */
export const SECTIONS = [
  'What it catches',
  'What it misses',
  'How it decides',
  'Settings',
  'An example alert',
  'Runbook',
] as const

/** A page by its second headings. */
export function sectionsOf(page: string): ReadonlyMap<string, string> {
  const parts = page.split(/^## /m).slice(1)
  return new Map(
    parts.map((part) => {
      const end = part.indexOf('\n')
      return [part.slice(0, end).trim(), part.slice(end + 1).trim()]
    }),
  )
}

/** The texts of the blocks of code in a language, such as `sql`. */
export function codeIn(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\S+)[^\n]*\n([\s\S]*?)^```$/gm)].flatMap(([, found, code]) =>
    found === language ? [(code as string).trim()] : [],
  )
}
