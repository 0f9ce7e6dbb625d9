/** The fields of vitest's JSON report that are counted here. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

export interface Count {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const nothing: Count = { passed: 0, failed: 0, skipped: 0 }

/**
 * Counts single tests. A file that failed without a failing test (it would not load, a hook threw) counts as one failure:
 * its tests would otherwise vanish.
 */
export function countTests(report: VitestReport): Count {
  let { passed, failed, skipped } = nothing
  for (const file of report.testResults) {
    const failures = file.assertionResults.filter((test) => test.status === 'failed').length
    passed += file.assertionResults.filter((test) => test.status === 'passed').length
    failed += failures === 0 && file.status === 'failed' ? 1 : failures
    skipped += file.assertionResults.filter((test) => test.status !== 'passed' && test.status !== 'failed').length
  }
  return { passed, failed, skipped }
}

/**
 * The verdict over a whole run: what vitest counted (`null` where it left no report), what it said by its exit code, and the
 * parts. A run without a passed test is a failed run, and so is one whose runner failed although no test did.
 */
export function conclude(tests: Count | null, exitCode: number, parts: Pick<Count, 'failed' | 'skipped'>): Count {
  const { passed, failed, skipped } = tests ?? nothing
  const ranNothing = passed + failed === 0
  const failedElsewhere = exitCode !== 0 && failed === 0
  const hidden = ranNothing || failedElsewhere ? 1 : 0
  return { passed, failed: failed + hidden + parts.failed, skipped: skipped + parts.skipped }
}

/** The last line of `npm test` and `.ci/run`. */
export function lastLine({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
