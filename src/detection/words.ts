/** Bytes for people: `5.2 MB`, powers of 1000. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value >= 99.5 || unit === 0 ? Math.round(value) : Number(value.toPrecision(2))} ${units[unit]}`
}

/** A unit of time, how many milliseconds it has, and from how many on it is used. */
const SPANS = [
  ['days', 86_400_000, 172_800_000],
  ['h', 3_600_000, 3_600_000],
  ['min', 60_000, 119_500],
  ['s', 1000, 999.5],
] as const

/** A duration for people: `0.4 ms`, `480 ms`, `1.2 s`, `3.5 min`, `1.5 h`, `60 days`. */
export function durationText(ms: number): string {
  const [unit, length] = SPANS.find(([, , from]) => ms >= from) ?? ['ms', 1]
  const value = ms / length
  return `${value >= 9.95 ? Math.round(value) : Number(value.toPrecision(2))} ${unit}`
}

/** A number for people and for reports: two decimals below 10, none above 100. */
export function round(value: number): number {
  if (!Number.isFinite(value)) return 0
  const size = Math.abs(value)
  return size >= 100 ? Math.round(value) : size >= 10 ? Math.round(value * 10) / 10 : Math.round(value * 100) / 100
}

/** A share for people: `0.3%`. */
export function percentText(share: number): string {
  const percent = share * 100
  return `${percent >= 10 ? Math.round(percent) : percent >= 1 ? Math.round(percent * 10) / 10 : Number(percent.toPrecision(1))}%`
}

/** A text as SQL has it: names come from logs, and nothing of them is interpreted. */
export function sqlText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** The first five of some names, and how many more there are. */
export function listText(names: readonly string[], all: number): string {
  const shown = names.slice(0, 5)
  return all > shown.length ? `${shown.join(', ')} and ${all - shown.length} more` : shown.join(', ')
}
