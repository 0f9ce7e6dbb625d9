import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Alert } from '#src/alert/alert.ts'
import type { Account } from '#src/detection/budget.ts'
import { Ledger } from '#src/detection/ledger.ts'
import { startWeb, type Web } from '#src/web/server.ts'
import { hasPart } from '../parts.ts'
import { anAlert, given } from '../web/given.ts'
import { openTab, type Tab } from './chromium.ts'

const alertText = `[...document.querySelectorAll('#open .alert')].map((card) => card.innerText).join('\\n')`

describe.skipIf(!hasPart('Chromium'))('the page of live alerts, in a real browser', () => {
  let tab: Tab
  let web: Web
  let alerts: Alert[]
  let lastCallAt: number | null
  let storeAway: boolean
  let accounts: Account[]

  beforeAll(async () => {
    tab = await openTab()
  })
  afterAll(() => tab.close())
  beforeEach(async () => {
    alerts = []
    lastCallAt = Date.now()
    storeAway = false
    accounts = []
    const event = {
      at: '2026-11-22T03:04:22.000Z',
      event: 'opened',
      notice: 1,
      version: 0,
      severity: 'high',
      surprise_bits: 20,
      reason: 'first words',
    } as const
    web = await startWeb(
      given({
        alerts: async ({ status }) => {
          if (storeAway) throw new Error('away')
          return alerts.filter((alert) => status === null || alert.status === status)
        },
        alert: async (id) => {
          const alert = alerts.find((one) => one.id === id)
          return alert === undefined ? null : { alert, events: [event] }
        },
        budget: () => {
          const ledger = new Ledger(1)
          ledger.hear([{ shard: 0, detectors: { 'get-spike': accounts } }])
          return ledger.report()
        },
        lastCallAt: () => lastCallAt,
        lag: () => 37,
        health: () => ({ live: true, ready: false, reasons: ['stages: restoring'] }),
      }),
    )
    tab.complaints.length = 0
    await tab.width(1280)
    await tab.go(`${web.address}/`)
    await tab.until(`document.getElementById('as-of')?.textContent.includes('UTC')`)
  })
  afterEach(async () => {
    await tab.go('about:blank')
    await web.close()
  })

  test('an alert that opens appears by itself, with everything that it explains', async () => {
    expect(await tab.evaluate(`document.querySelectorAll('.alert').length`)).toBe(0)
    alerts = [anAlert({ settled: false })]
    await tab.until(`document.querySelector('#open .alert') !== null`)
    const line = String(await tab.evaluate(alertText))
    for (const part of [
      'critical',
      '61 of 90 calls failed',
      'POST /v1/charge',
      'payments',
      'early notice',
      'error-burst',
      '03:04:10 UTC',
    ]) {
      expect(line).toContain(part)
    }
    expect(await tab.evaluate('document.title')).toBe('(1) Tidemark')
    await tab.evaluate(`document.querySelector('.alert').open = true`)
    await tab.until(`document.querySelector('.history').textContent.includes('first words')`)
    const all = String(await tab.evaluate(alertText))
    for (const part of [
      '120,345 calls, ready',
      '0.4',
      'Usual: 0 to 3 errors; 29.6 to 54.5 duration ms',
      'response sizes: 10.3 bits',
      '25%',
      '62%',
      '9f1c2b91',
      'SELECT * FROM',
      'Fewer than 4',
    ]) {
      expect(all).toContain(part)
    }
    expect(tab.complaints).toEqual([])
  })

  test('worst first; what resolves moves to the closed ones and stays opened', async () => {
    alerts = [anAlert({ id: 'l', severity: 'low' }), anAlert({ id: 'c' }), anAlert({ id: 'h', severity: 'high' })]
    await tab.until(`document.querySelectorAll('#open .alert').length === 3`)
    const ids = `[...document.querySelectorAll('#open .alert')].map((card) => card.dataset.id).join()`
    expect(await tab.evaluate(ids)).toBe('c,h,l')
    await tab.evaluate(`document.querySelector('[data-id="c"]').open = true`)
    alerts = alerts.map((alert) =>
      alert.id === 'c' ? { ...alert, status: 'resolved', resolved_at: '2026-11-22T03:10:10.000Z' } : alert,
    )
    await tab.until(`document.querySelector('#closed [data-id="c"]') !== null`)
    expect(await tab.evaluate(`document.querySelector('[data-id="c"]').open`)).toBe(true)
    expect(await tab.evaluate(ids)).toBe('h,l')
  })

  test('what an attacker wrote into a log stays text', async () => {
    const nasty = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>\u202e'
    const entity = { kind: 'identity', service: null, method: null, route: null, identity: nasty } as const
    alerts = [
      anAlert({
        id: nasty,
        reason: nasty,
        entity,
        examples: [nasty],
        query: nasty,
        silent_if: nasty,
        contributors: [{ name: nasty, share: 1 }],
      }),
    ]
    await tab.until(`document.querySelector('#open .alert') !== null`)
    expect(await tab.evaluate(`document.querySelectorAll('.alert img, .alert script').length`)).toBe(0)
    expect(await tab.evaluate(`typeof globalThis.pwned`)).toBe('undefined')
    expect(await tab.evaluate(`document.querySelector('.what').textContent`)).toBe(nasty.replace('\u202e', '·'))
    expect(tab.complaints).toEqual([])
  })

  test('the keyboard is enough: skip, reach the alert, open it, come to the copy button', async () => {
    alerts = [anAlert()]
    await tab.until(`document.querySelector('#open .alert') !== null`)
    const focused = `document.activeElement.className || document.activeElement.tagName`
    await tab.press('Tab')
    expect(await tab.evaluate(focused)).toBe('skip')
    await tab.press('Tab')
    expect(await tab.evaluate(focused)).toBe('SUMMARY')
    await tab.press('Enter')
    await tab.until(`document.querySelector('.alert').open`)
    await tab.press('Tab')
    expect(await tab.evaluate(focused)).toBe('PRE')
    await tab.press('Tab')
    expect(await tab.evaluate(focused)).toBe('copy')
    await tab.press('Enter')
    await tab.until(`document.activeElement.textContent !== 'Copy SQL'`)
  })

  test('before the first call it says what to do, and shows why it is not ready', async () => {
    lastCallAt = null
    await tab.until(`document.getElementById('empty-title').textContent.includes('No call')`)
    const body = String(await tab.evaluate('document.body.innerText'))
    expect(body).toContain(`curl -i ${web.address}/v1/calls`)
    for (const part of ['not ready', 'stages: restoring', '37 records', 'none yet']) expect(body).toContain(part)
  })

  test('an error of the API is shown, what was known stays, and both go when it answers again', async () => {
    alerts = [anAlert()]
    await tab.until(`document.querySelector('#open .alert') !== null`)
    storeAway = true
    await tab.until(`!document.getElementById('error').hidden`)
    const said = String(await tab.evaluate(`document.getElementById('error').textContent`))
    expect(said).toContain('503 store-unavailable')
    expect(await tab.evaluate(`document.querySelectorAll('#open .alert').length`)).toBe(1)
    storeAway = false
    await tab.until(`document.getElementById('error').hidden`)
  })

  test('one line says what the alert budget allows, what it came to, and whether it is calibrated', async () => {
    const line = `document.getElementById('budget')`
    expect(await tab.evaluate(`${line}.hidden`)).toBe(true)
    const day = { tests: 1e6, opened: 1 }
    accounts = [
      { ...day, day: 20_000, allowed: 0.9, crossed: [40, 500] },
      { ...day, day: 20_001, allowed: 1.1, crossed: [60, 400] },
    ]
    await tab.until(`!${line}.hidden`)
    expect(await tab.evaluate(`${line}.textContent`)).toBe(
      'False alarms: 1 a day allowed; last 2 days 2 allowed, 2 alerts opened; calibrated.',
    )
    accounts = [{ ...day, day: 20_001, allowed: 1, crossed: [90, 4000] }]
    await tab.until(`${line}.dataset.state === 'over'`)
    expect(await tab.evaluate(`${line}.textContent`)).toBe(
      'False alarms: 1 a day allowed; today 1 allowed, 1 alert opened; not calibrated (weights that would fit: get-spike × 0.25).',
    )
    accounts = [{ ...day, day: 20_001, allowed: 1e-3, crossed: [0, 1] }]
    await tab.until(`${line}.textContent.includes('too early to tell')`)
    expect(tab.complaints).toEqual([])
  })

  test.each([400, 1280])('nothing is wider than a window of %i pixels', async (pixels) => {
    alerts = [
      anAlert({ reason: 'x'.repeat(300), examples: ['y'.repeat(200)] }),
      anAlert({ id: 'b', status: 'resolved' }),
    ]
    await tab.width(pixels)
    await tab.until(`document.querySelectorAll('.alert').length === 2`)
    await tab.evaluate(`for (const card of document.querySelectorAll('.alert')) card.open = true`)
    await tab.until(`document.querySelectorAll('.history li').length === 2`)
    expect(await tab.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0)
  })
})
