import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Alert } from '#src/alert/alert.ts'
import { isContext } from '#src/detection/context.ts'
import { migrate } from '#src/store/migrate.ts'
import { type OpenStore, openStore } from '#src/store/open.ts'
import { callsShown } from '#test/contract/detector/condition.ts'
import { codeIn, sectionsOf } from '#test/contract/detector/page.ts'
import { play, shipped } from '#test/contract/detector/play.ts'
import { readCases } from '#test/contract/detector/recipe.ts'
import { callsOf, type StoryCall } from '#test/contract/detector/traffic.ts'
import { hasPart } from '#test/parts.ts'

const root = new URL('../../detectors/', import.meta.url)
const stage = await shipped()

/** The case that a detector's page takes its example from, and what the page tells an analyst to ask. */
function pageOf(detector: string) {
  const folder = new URL(`${detector}/`, root)
  const sections = sectionsOf(readFileSync(new URL('README.md', folder), 'utf8'))
  const named = /\(cases\/([\w-]+)\.yaml\)/.exec(sections.get('An example alert') ?? '')?.[1]
  const found = readCases(new URL('cases/', folder)).find(({ name }) => name === named)
  if (found === undefined) throw new Error(`the page of ${detector} takes its example from no case of its own`)
  return { recipe: found.recipe, queries: codeIn(sections.get('Runbook') ?? '', 'sql') }
}

/** Rows of `api_calls` as SQL. */
function insertOf(database: string, calls: readonly StoryCall[]): string {
  const literal = (value: string | number | null): string =>
    typeof value === 'string' ? `'${value}'` : value === null ? 'NULL' : String(value)
  const moment = (ts: number): string => new Date(ts).toISOString().slice(0, -1).replace('T', ' ')
  const rows = calls.map(({ ts, ...call }, position) => [...Object.values(call), moment(ts), position].map(literal))
  const columns = [...Object.keys(calls[0] ?? {}).filter((name) => name !== 'ts'), 'ts', 'position'].join(', ')
  return `INSERT INTO ${database}.api_calls (${columns}) VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`
}

describe.skipIf(!hasPart('ClickHouse engine'))('what an analyst asks, on the real engine', () => {
  describe.each([...stage.detectors])('%s', (detector, plugin) => {
    const { recipe, queries } = pageOf(detector)
    const calls = callsOf(recipe)
    const directory = mkdtempSync(join(tmpdir(), 'tidemark-runbooks-'))
    let store: OpenStore
    let alerts: readonly Alert[] = []

    beforeAll(async () => {
      alerts = (await play(stage, recipe, calls)).filter((alert) => isContext(plugin) || alert.detector === detector)
      store = await openStore({ kind: 'embedded', directory })
      await migrate(store)
      await store.command(insertOf(store.database, calls))
    })
    afterAll(async () => {
      await store.close()
      rmSync(directory, { recursive: true, force: true })
    })

    test('the query of each alert shows the calls that it is about', async () => {
      expect(alerts).not.toEqual([])
      for (const { query } of alerts) {
        const rows = await store.query<{ request_id: string }>(query, {})
        const shown = callsShown(query, calls).map((call) => call.request_id)
        expect(rows.map((row) => row.request_id)).toEqual(shown.slice(0, 100))
      }
    })

    test('every question of the runbook has an answer', async () => {
      expect(queries).not.toEqual([])
      for (const sql of queries) expect((await store.query(sql, {})).length, sql).toBeGreaterThan(0)
    })
  })
})
