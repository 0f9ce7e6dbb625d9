import { alertCard, copyButton, refreshAge, showHistory } from './card.js'
import { budgetLine, clock, number, severityRank, shown, span } from './words.js'

const pollMs = 2000
const answerMs = 10000
const $ = (id) => document.getElementById(id)

/** Cards by the alert's id, with the text of the alert that they show. */
const cards = new Map()
const known = new Set()
let lastGood = null
let token = sessionStorage.getItem('token')

class ApiError extends Error {
  constructor(status, text) {
    super(text)
    this.status = status
  }
}

async function ask(path) {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(path, { headers, signal: AbortSignal.timeout(answerMs) })
  const body = await answer.json().catch(() => null)
  if (answer.ok && body !== null) return body
  const said = body === null ? '' : ` ${body.code ?? ''}: ${body.detail ?? body.title ?? ''}`
  throw new ApiError(answer.status, `The API answered ${answer.status}${said}`)
}

async function poll() {
  const status = await ask('/v1/status')
  showStatus(status)
  showBudget(await ask('/v1/budget'))
  const [open, lately] = await Promise.all([
    ask('/v1/alerts?status=open&parent=none&limit=200'),
    ask('/v1/alerts?parent=none&limit=60'),
  ])
  const alerts = new Map([...lately.alerts, ...open.alerts].map((alert) => [alert.id, alert]))
  const linked = decodeURIComponent(location.hash.slice(1))
  if (linked !== '' && linked !== 'alerts' && !alerts.has(linked)) await addLinked(alerts, linked)
  const now = Date.parse(status.now)
  showAlerts([...alerts.values()], now, open.next !== null)
  showEmpty(alerts.size, open.alerts.length, status, now)
  lastGood = now
  $('as-of').textContent = clock(status.now, now)
}

/** An alert that somebody was sent a link to may be older than what the page lists. */
async function addLinked(alerts, id) {
  try {
    const { alert } = await ask(`/v1/alerts/${encodeURIComponent(id)}`)
    alerts.set(id, alert)
  } catch (error) {
    if (error.status !== 404) throw error
  }
}

function showStatus(status) {
  const ready = $('ready')
  const state = !status.live ? 'bad' : status.ready ? 'good' : 'wait'
  ready.dataset.state = state
  ready.textContent = { good: 'ready', wait: 'not ready', bad: 'stuck' }[state]
  $('lag').textContent = `${number(status.lag_records)} records`
  const last = status.last_call_at
  $('last-call').textContent = last === null ? 'none yet' : `${span(Date.parse(status.now) - Date.parse(last))} ago`
  $('reasons').hidden = status.reasons.length === 0
  const items = status.reasons.map((reason) => {
    const item = document.createElement('li')
    item.textContent = shown(reason)
    return item
  })
  $('reasons')
    .querySelector('ul')
    .replaceChildren(...items)
}

function showBudget(budget) {
  const line = $('budget')
  line.hidden = budget.first_day === null
  line.dataset.state = budget.calibration
  if (!line.hidden) line.textContent = budgetLine(budget)
}

const newest = (a, b) => Date.parse(b.last_seen_at) - Date.parse(a.last_seen_at)
const mostSevere = (a, b) => severityRank(a.severity) - severityRank(b.severity) || newest(a, b)

function showAlerts(alerts, now, more) {
  const open = alerts.filter((alert) => alert.status === 'open').sort(mostSevere)
  const closed = alerts.filter((alert) => alert.status !== 'open').sort(newest)
  announce(open)
  place($('open'), open, now)
  place($('closed'), closed, now)
  for (const id of cards.keys()) if (!alerts.some((alert) => alert.id === id)) cards.delete(id)
  $('open-count').textContent = open.length === 0 ? '' : `${open.length}${more ? '+' : ''}`
  $('closed-count').textContent = String(closed.length)
  $('closed-section').hidden = closed.length === 0
  document.title = open.length === 0 ? 'Tidemark' : `(${open.length}${more ? '+' : ''}) Tidemark`
}

/** Moves and replaces only what changed, so that focus, selection and opened cards stay. */
function place(parent, alerts, now) {
  const wanted = alerts.map((alert) => cardFor(alert, now))
  for (const child of [...parent.children]) if (!wanted.includes(child)) child.remove()
  wanted.forEach((card, index) => {
    if (parent.children[index] !== card) parent.insertBefore(card, parent.children[index] ?? null)
  })
}

function cardFor(alert, now) {
  const text = JSON.stringify(alert)
  const had = cards.get(alert.id)
  if (had?.text === text) {
    refreshAge(had.card, alert, now)
    return had.card
  }
  const card = alertCard(alert, now)
  card.addEventListener('toggle', () => card.open && history(card, alert, now))
  card.open = had ? had.card.open : location.hash.slice(1) === encodeURIComponent(alert.id)
  const focused = had?.card.contains(document.activeElement)
  if (had?.card.isConnected) had.card.replaceWith(card)
  if (focused) card.querySelector('summary').focus()
  cards.set(alert.id, { text, card })
  return card
}

async function history(card, alert, now) {
  try {
    const id = encodeURIComponent(alert.id)
    const { events } = await ask(`/v1/alerts/${id}`)
    const behind = alert.entity?.kind === 'service' ? (await ask(`/v1/alerts?parent=${id}&limit=100`)).alerts : []
    showHistory(card, alert, events, behind, now)
  } catch (error) {
    showError(error)
  }
}

function announce(open) {
  const fresh = open.filter((alert) => !known.has(alert.id))
  for (const alert of fresh) known.add(alert.id)
  if (known.size > 10000) known.clear()
  if (lastGood === null || fresh.length === 0) return
  $('said').textContent = fresh.map((alert) => `New ${shown(alert.severity)} alert: ${shown(alert.reason)}`).join('. ')
}

function showEmpty(all, open, status, now) {
  $('empty').hidden = open > 0
  const waiting = status.last_call_at === null
  $('empty-how').hidden = !waiting
  if (waiting) {
    $('empty-title').textContent = 'No call has arrived yet'
    $('empty-text').textContent =
      'Send calls as JSON, one object or an array or one a line, and they are watched from the first minute. Try one:'
    const call = {
      ts: new Date(now).toISOString(),
      service: 'payments',
      method: 'GET',
      path: '/v1/accounts/42',
      status: 200,
    }
    // Written once: a command that changes under the hand cannot be selected.
    if ($('curl').textContent === '') {
      $('curl').textContent =
        `curl -i ${location.origin}/v1/calls \\\n  -H 'content-type: application/json' \\\n${token === null ? '' : "  -H 'authorization: Bearer TOKEN' \\\n"}  -d '${JSON.stringify(call)}'`
    }
    return
  }
  $('empty-title').textContent = 'Nothing has left its baseline'
  const lately = all > 0 ? ' What closed lately is below.' : ''
  $('empty-text').textContent = `Calls are being read, and no alert is open.${lately}`
}

function showError(error) {
  const since = lastGood === null ? '' : ` The page shows what was known at ${clock(lastGood, Date.now())}.`
  const said = error instanceof ApiError ? error.message : `Tidemark does not answer (${shown(error.message)}).`
  $('error').textContent = `${shown(said)}${since}`
  $('error').hidden = false
  $('token-form').hidden = error.status !== 401
}

async function run() {
  try {
    await poll()
    $('error').hidden = true
    $('token-form').hidden = true
  } catch (error) {
    showError(error)
  }
  setTimeout(run, document.hidden ? pollMs * 5 : pollMs)
}

$('copy-curl').replaceWith(copyButton('Copy', $('curl'), () => $('curl').textContent))
$('token-form').addEventListener('submit', (event) => {
  event.preventDefault()
  token = $('token').value
  $('token').value = ''
  // For this tab only; gone when it closes.
  sessionStorage.setItem('token', token)
})
run().catch(showError)
