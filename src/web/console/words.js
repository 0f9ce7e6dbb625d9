// Values as people read them. Everything that comes in here came from a log: it is only ever set as text.

/** Control and direction characters could make a text look like another; they are shown as a mark. */
export function shown(text) {
  return String(text ?? '').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\u00b7')
}

export function number(value) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return '–'
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 1 ? 1 : 3
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}

/** `response_bytes` and 5242880: `5.0 MiB`. */
export function measured(name, value) {
  if (!/bytes/.test(name) || typeof value !== 'number' || Math.abs(value) < 1024) return number(value)
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let scaled = value / 1024
  let unit = 0
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024
    unit += 1
  }
  return `${scaled.toFixed(1)} ${units[unit]}`
}

export function named(name) {
  return shown(name).replaceAll('_', ' ')
}

/** Milliseconds as `12 s`, `4 min`, `3 h`, `2 d`. */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 90) return `${seconds} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86400)} d`
}

/** `03:04:10 UTC`, with the day where it is not the day of `now`. */
export function clock(iso, now) {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return '–'
  const text = at.toISOString()
  const time = `${text.slice(11, 19)} UTC`
  return text.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? time : `${text.slice(0, 10)} ${time}`
}

const calibrations = {
  unknown: 'too early to tell whether it is calibrated',
  loose: 'calibrated, with much to spare',
  calibrated: 'calibrated',
  over: 'not calibrated',
}

/** One line: what the alert budget allowed, what it came to, and whether the arithmetic fits this traffic. */
export function budgetLine(budget) {
  const days = (Date.parse(budget.last_day) - Date.parse(budget.first_day)) / 86_400_000 + 1
  const over = days > 1 ? `last ${days} days` : 'today'
  const opened = `${number(budget.spent)} ${budget.spent === 1 ? 'alert' : 'alerts'} opened`
  const wrong = budget.detectors
    .filter((one) => one.calibration === 'over')
    .map((one) => `${shown(one.detector)} × ${number(one.correction)}`)
  const proposed = wrong.length === 0 ? '' : ` (weights that would fit: ${wrong.join(', ')})`
  const said = calibrations[budget.calibration] ?? shown(budget.calibration)
  return `False alarms: ${number(budget.per_day)} a day allowed; ${over} ${number(budget.allowed)} allowed, ${opened}; ${said}${proposed}.`
}

/** The entity in parts: what kind, and its name as one line. */
export function entityName(entity) {
  const { kind, service, method, route, identity } = entity ?? {}
  const endpoint = [method, route].filter(Boolean).map(shown).join(' ')
  if (kind === 'endpoint') return { name: endpoint, of: service ? `on ${shown(service)}` : '' }
  if (kind === 'edge') return { name: `${shown(identity)} → ${endpoint}`, of: service ? `on ${shown(service)}` : '' }
  const name = kind === 'service' ? service : identity
  return { name: shown(name ?? service ?? endpoint), of: shown(kind ?? '') }
}

export function stateOf(alert) {
  const status = shown(alert.status)
  if (alert.status === 'open' && !alert.settled) return 'open · early notice, not settled yet'
  return `${status} · ${alert.settled ? 'settled' : 'not settled'}`
}

const order = ['critical', 'high', 'medium', 'low']
/** 0 is the most severe; what is unknown comes last. */
export function severityRank(severity) {
  const rank = order.indexOf(severity)
  return rank < 0 ? order.length : rank
}

/** One of the known words, for a style; anything else is plain. */
export function severityStyle(severity) {
  return order.includes(severity) ? severity : 'low'
}
