import { clock, entityName, measured, named, number, severityStyle, shown, span, stateOf } from './words.js'

/** An element with text and children. Text is set as text: nothing here is ever parsed as HTML. */
export function make(tag, { text, attributes = {} } = {}, ...children) {
  const element = document.createElement(tag)
  if (text !== undefined) element.textContent = text
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children.filter(Boolean))
  return element
}

const withClass = (name, text) => ({ attributes: { class: name }, ...(text === undefined ? {} : { text }) })

/** Copies exactly what the API gave; where the browser forbids it (no secure context) the text is selected instead. */
export function copyButton(label, source, getText) {
  const button = make('button', { text: label, attributes: { type: 'button', class: 'copy' } })
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(getText())
      button.textContent = 'Copied'
    } catch {
      globalThis.getSelection()?.selectAllChildren(source)
      button.textContent = 'Selected: press Ctrl+C'
    }
    setTimeout(() => {
      button.textContent = label
    }, 2500)
  })
  return button
}

/** One alert: a line that says what happened, and behind it the evidence. */
export function alertCard(alert, now) {
  const severity = severityStyle(alert.severity)
  const entity = entityName(alert.entity)
  const summary = make(
    'summary',
    {},
    make('span', withClass('badge', shown(alert.severity))),
    make('span', withClass('what', shown(alert.reason))),
    make(
      'span',
      withClass('where'),
      make('bdi', withClass('entity', entity.name)),
      make('span', withClass('of', entity.of)),
      make('span', withClass('detector', shown(alert.detector))),
    ),
    make(
      'span',
      withClass('when'),
      make('span', withClass('state', stateOf(alert))),
      make('time', { attributes: { class: 'age', datetime: String(alert.opened_at) } }),
    ),
  )
  const card = make(
    'details',
    {
      attributes: {
        class: 'alert',
        'data-id': alert.id,
        'data-severity': severity,
        'data-status': shown(alert.status),
      },
    },
    summary,
    evidence(alert, now),
  )
  refreshAge(card, alert, now)
  return card
}

/** The only part of a card that changes while its alert does not. */
export function refreshAge(card, alert, now) {
  const age = card.querySelector('.age')
  const since = clock(alert.opened_at, now)
  const opened = Date.parse(alert.opened_at)
  const text =
    alert.status === 'open'
      ? `since ${since}, for ${span(now - opened)}`
      : `${since}, lasted ${span(Date.parse(alert.resolved_at ?? alert.last_seen_at) - opened)}`
  if (age.textContent !== text) age.textContent = text
}

function evidence(alert, now) {
  const body = make('div', withClass('evidence'))
  const silentIf = block('Silent if', make('p', { text: shown(alert.silent_if) }))
  body.append(comparison(alert), facts(alert, now), measures(alert), contributors(alert), examples(alert))
  body.append(silentIf, query(alert))
  body.append(make('section', withClass('block wide history')))
  return body
}

function block(title, ...children) {
  return make('section', withClass('block'), make('h4', { text: title }), ...children)
}

function comparison(alert) {
  const { observed = {}, expected = {} } = alert
  // Limits are no measures: `low` and `high` are the first one's, `duration_ms_low` that of `duration_ms`.
  const names = [...new Set([...Object.keys(observed), ...Object.keys(expected)])].filter(
    (name) => !/(^|_)(low|high)$/.test(name),
  )
  const rows = names.map((name) =>
    make(
      'tr',
      {},
      make('th', { text: named(name), attributes: { scope: 'row' } }),
      make('td', { text: measured(name, observed[name]) }),
      make('td', { text: measured(name, expected[name]) }),
    ),
  )
  const head = ['', 'observed', 'expected'].map((text) => make('th', { text, attributes: { scope: 'col' } }))
  const table = make('table', {}, make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...rows))
  const first = names.find((name) => name in expected) ?? ''
  const range = names
    .map((name) => {
      const [low, high] = ['low', 'high'].map((end) => expected[name === first ? end : `${name}_${end}`])
      const known = typeof low === 'number' && typeof high === 'number'
      return known ? `${measured(name, low)} to ${measured(name, high)} ${named(name)}` : ''
    })
    .filter(Boolean)
    .join('; ')
  return block('What was seen', table, range && make('p', withClass('quiet', `Usual: ${range}`)))
}

function facts(alert, now) {
  const readiness = shown(alert.baseline?.readiness)
  const rows = [
    ['Baseline', `${number(alert.baseline?.calls)} calls, ${readiness}`],
    ['Surprise', `${number(alert.surprise_bits)} bits`],
    ['Window', span((alert.window_seconds ?? 0) * 1000)],
    ['First seen', clock(alert.opened_at, now)],
    ['Last seen', clock(alert.last_seen_at, now)],
    ['Detected', clock(alert.detected_at, now)],
    ...(alert.resolved_at ? [['Ended', clock(alert.resolved_at, now)]] : []),
    ...(alert.parent ? [['Part of', shown(alert.parent)]] : []),
  ]
  const list = rows.map(([name, value]) => make('div', {}, make('dt', { text: name }), make('dd', { text: value })))
  return block('What it rests on', make('dl', withClass('facts'), ...list))
}

/** A line of a list: whose share it is, a bar, and the share. */
function shareOf(name, share) {
  const percent = Math.round(Math.min(1, Math.max(0, Number(share) || 0)) * 100)
  const bar = make('progress', { attributes: { max: '100', value: String(percent), 'aria-hidden': 'true' } })
  return make('li', {}, make('bdi', { text: name }), bar, make('span', withClass('share', `${percent}%`)))
}

/** How much of the surprise came from which measure; alerts of older versions do not say. */
function measures(alert) {
  const parts = Object.entries(alert.evidence ?? {}).slice(0, 8)
  const rows = parts.map(([name, bits]) => shareOf(`${named(name)}: ${number(bits)} bits`, bits / alert.surprise_bits))
  return rows.length > 0 ? block('Which measure said so', make('ul', withClass('contributors'), ...rows)) : ''
}

function contributors(alert) {
  const rows = (alert.contributors ?? []).slice(0, 8).map(({ name, share }) => shareOf(shown(name), share))
  if (rows.length === 0) return block('Who took part', make('p', withClass('quiet', 'Nobody stands out.')))
  return block('Who took part', make('ul', withClass('contributors'), ...rows))
}

function examples(alert) {
  const ids = (alert.examples ?? []).slice(0, 10).map((id) => make('li', {}, make('code', { text: shown(id) })))
  if (ids.length === 0) return block('Example requests', make('p', withClass('quiet', 'The calls had no request ids.')))
  return block('Example requests', make('ul', withClass('examples'), ...ids))
}

function query(alert) {
  const text = String(alert.query ?? '')
  const pre = make('pre', { text, attributes: { tabindex: '0', 'aria-label': 'SQL that shows the calls' } })
  const section = block(
    'The calls, in SQL',
    make(
      'div',
      withClass('sql'),
      pre,
      copyButton('Copy SQL', pre, () => text),
    ),
  )
  section.classList.add('wide')
  return section
}

/** What became of the alert so far, and the alerts that belong to it; filled when a card is opened. */
export function showHistory(card, alert, events, behind, now) {
  const rows = events.map((event) =>
    make(
      'li',
      {},
      make('time', { text: clock(event.at, now) }),
      make('strong', { text: shown(event.event) }),
      make('span', { text: shown(event.reason) }),
    ),
  )
  const id = make('p', withClass('quiet'), 'Alert ', make('code', { text: shown(alert.id) }))
  const list = rows.length > 0 ? make('ol', withClass('events'), ...rows) : ''
  const parts = [make('h4', { text: 'History' }), list, id]
  if (behind.length > 0) parts.push(make('h4', { text: 'Told with it' }), alertsBehind(behind))
  card.querySelector('.history').replaceChildren(...parts)
}

/** Alerts of a service's endpoints, each in a line. */
function alertsBehind(alerts) {
  const rows = alerts.map(({ entity, reason }) =>
    make('li', {}, make('bdi', { text: entityName(entity).name }), make('span', { text: shown(reason) })),
  )
  return make('ul', withClass('events'), ...rows)
}
