import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { catalogue } from '#src/telemetry/catalogue.ts'
import type { MetricEntry } from '#src/telemetry/entry.ts'
import { problems } from '#src/web/problem.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const entries: readonly MetricEntry[] = Object.values(catalogue)

/** Every series that the catalogue can make; a histogram makes three. */
const series = new Map<string, MetricEntry>(
  entries.flatMap((entry) =>
    (entry.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']).map(
      (end) => [`${entry.name}${end}`, entry] as const,
    ),
  ),
)

interface Target {
  readonly expr: string
  readonly legendFormat: string
}
interface Panel {
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly uid: string }
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly Target[]
}
const dashboard = JSON.parse(read('dashboards/grafana/dashboards/tidemark.json')) as {
  readonly uid: string
  readonly panels: readonly Panel[]
}
const panels = dashboard.panels.filter((panel) => panel.type !== 'row')
const rules = (
  parse(read('dashboards/prometheus/rules.yaml')) as {
    groups: {
      rules: { alert: string; expr: string; labels: Record<string, string>; annotations: Record<string, string> }[]
    }[]
  }
).groups.flatMap((group) => group.rules)

const expressions = [
  ...panels.flatMap((panel) => (panel.targets ?? []).map((target) => [panel.title, target.expr] as const)),
  ...rules.map((rule) => [rule.alert, rule.expr] as const),
]

describe('dashboards and rules', () => {
  test.each(expressions)('%s asks only for series and labels that exist', (_title, expr) => {
    const names = expr.match(/tidemark_\w+/g) ?? []
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => !series.has(name))).toEqual([])
    const allowed = new Set(names.flatMap((name) => [...(series.get(name)?.labels ?? [])]).concat('instance', 'le'))
    const used = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap((match) => (match[1] ?? '').split(/,\s*/))
    const matched = [...expr.matchAll(/(\w+)=~?"/g)].map((match) => match[1] ?? '')
    expect([...used, ...matched].filter((label) => !allowed.has(label))).toEqual([])
  })

  test.each(panels)('panel $title names the provisioned data source and does not overlap', (panel) => {
    const uid = (
      parse(read('dashboards/grafana/provisioning/datasources/tidemark.yaml')) as { datasources: { uid: string }[] }
    ).datasources[0]?.uid
    expect(panel.datasource?.uid).toBe(uid)
    const { x, y, w, h } = panel.gridPos
    const over = panels.filter(
      ({ gridPos: other }) => other.x < x + w && x < other.x + other.w && other.y < y + h && y < other.y + other.h,
    )
    expect(over).toEqual([panel])
    expect(panel.description).toMatch(/\.$/)
  })

  test.each(rules)('$alert says what happened and what to do', ({ labels, annotations }) => {
    expect(['warning', 'critical']).toContain(labels.severity)
    expect(annotations.summary).toBeTruthy()
    expect(annotations.action).toMatch(/\.$/)
  })

  test('no metric is without a place: each is on the dashboard, in a rule, or only there to be looked up', () => {
    const shown = expressions.map(([, expr]) => expr).join(' ')
    const missing = entries.map((entry) => entry.name).filter((name) => !shown.includes(name))
    expect(missing.sort()).toEqual([
      'tidemark_delivery_seconds',
      'tidemark_forgotten_request_ids_total',
      'tidemark_gap_records_total',
      'tidemark_http_request_seconds',
      'tidemark_ingest_bytes_total',
      'tidemark_ingest_rejected_total',
      'tidemark_ingest_waiting_requests',
      'tidemark_live',
      'tidemark_open_tallies',
      'tidemark_start_timestamp_seconds',
    ])
  })
})

/** Documents hold tables whose first column is the name in backquotes. */
function tableNames(document: string, pattern: RegExp): string[] {
  return document
    .split('\n')
    .map((line) => /^\|\s*`([^`]+)`/.exec(line)?.[1] ?? '')
    .filter((name) => pattern.test(name))
}

describe.each(['README.md', 'dashboards/README.md'].filter((path) => existsSync(join(root, path))))('%s', (path) => {
  const document = read(path)

  test('every metric that it names exists', () => {
    const named = document.match(/\btidemark_[a-z_]+_(total|seconds|bytes|records|info)\b/g) ?? []
    expect(named.filter((name) => !entries.some((entry) => entry.name === name))).toEqual([])
  })

  test('its table of metrics, where it has one, is complete', () => {
    const names = tableNames(document, /^tidemark_/)
    if (names.length > 0) expect(names.toSorted()).toEqual(entries.map((entry) => entry.name).toSorted())
    else expect(names).toEqual([])
  })

  test('its table of error codes, where it has one, is complete', () => {
    const codes = Object.keys(problems)
    const names = tableNames(document, /^[a-z]+(-[a-z]+)*$/).filter((name) => codes.includes(name))
    if (names.length > 0) expect(names.toSorted()).toEqual(codes.toSorted())
    else expect(names).toEqual([])
  })
})
