import { describe, expect, test } from 'vitest'
import { whyNotReadOnly } from '#src/store/read-only.ts'

describe('whyNotReadOnly', () => {
  test.each([
    'SELECT 1',
    '  with x as (select 1) select * from x',
    '(SELECT 1) UNION ALL (SELECT 2)',
    'EXPLAIN SELECT 1',
    "SELECT 'a;b -- # $ // /* INTO OUTFILE file(' AS x",
    "SELECT 'it''s' FROM t",
    "SELECT 'a\\'; DROP TABLE t' FROM t",
    'SELECT format FROM dead_letters',
    'SELECT `a;b` FROM t',
  ])('lets %s pass', (sql) => {
    expect(whyNotReadOnly(sql)).toBeNull()
  })

  test.each([
    ['', /only SELECT/],
    ['-- SELECT\nDROP TABLE t', /only SELECT/],
    ["SELECT /* /* */ ' */ file('x') --'", /outside of quotes/],
    ["SELECT 1 //'\n, file('x') //'", /outside of quotes/],
    ["SELECT 1 # '\n, file('x') # '", /outside of quotes/],
    ["SELECT \u2018'\u2019, file('x')", /outside of quotes/],
    ["SELECT \u201c'\u201d, file('x')", /outside of quotes/],
    ['INSERT INTO t SELECT 1', /only SELECT/],
    ['SET readonly = 0', /only SELECT/],
    ['SELECT 1;', /one statement/],
    ["SELECT ''';' ; DROP TABLE t", /one statement/],
    ["SELECT 1 InTo OutFile 'x'", /OUTFILE/],
    ["SELECT file ('x')", /FILE/],
    ['SELECT "file"(\'x\')', /FILE/],
    ["SELECT * APPLY(file) FROM (SELECT 'x')", /FILE/],
    ["SELECT `fi\\x6ce`('x')", /outside of quotes/],
    ["SELECT catboostEvaluate('x', 1)", /CATBOOSTEVALUATE/],
    ['SELECT $a$;$a$', /outside of quotes/],
    [`SELECT ${'1,'.repeat(40_000)}1`, /longer than/],
  ])('stops %s', (sql, why) => {
    expect(whyNotReadOnly(sql)).toMatch(why)
  })

  test.each([
    ["'".repeat(60_001), 'only SELECT, WITH and EXPLAIN may be run'],
    [`SELECT ${'/*'.repeat(30_000)}`, '/* may not be used outside of quotes'],
    [`SELECT ${"\\'".repeat(30_000)}`, '\\ may not be used outside of quotes'],
    [`SELECT '${'\\'.repeat(60_001)}`, null],
  ])('does not go back and forth in what is not closed: %.12s…', (sql, why) => {
    // a scan that did would not end within the time that any test has
    expect(whyNotReadOnly(sql)).toBe(why)
  })
})
