import { describe, expect, it } from 'vitest'
import { quantile, slope, spreadOf } from '../../bench/figures.ts'
import { hasSettled, parseMetrics, sampleValues } from '../../bench/metrics.ts'

function page(watermark: number, collect: number, judge: number): string {
  return [
    '# HELP tidemark_lag_records Records between.',
    '# TYPE tidemark_lag_records gauge',
    `tidemark_lag_records{stage="collect"} ${collect}`,
    `tidemark_lag_records{stage="judge"} ${judge}`,
    `tidemark_watermark_timestamp_seconds ${watermark}`,
    '',
  ].join('\n')
}

describe('metrics', () => {
  it('are read from a page', () => {
    const samples = parseMetrics(page(12.5, 0, 3e4))
    expect(samples).toHaveLength(3)
    expect(sampleValues(samples, 'tidemark_lag_records', 'stage="judge"')).toEqual([30_000])
  })

  it.each([
    ['the watermark has passed and nothing waits', page(100, 0, 0), true],
    ['the watermark is behind', page(99.9, 0, 0), false],
    ['collect is behind', page(100, 1, 0), false],
    ['judge is behind', page(100, 0, 1), false],
    ['nothing is known yet', '', false],
    ['no watermark is known yet', page(0, 0, 0).replace(/^tidemark_watermark.*$/m, ''), false],
  ])('tell whether judge has settled: %s', (_, text, settled) => {
    expect(hasSettled(parseMetrics(text), 100_000)).toBe(settled)
  })
})

describe('figures', () => {
  it('are medians with their range', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 })
    expect(spreadOf([4, 1, 2, 3]).median).toBe(2.5)
    expect(() => spreadOf([])).toThrow('no values')
    expect(quantile([0, 10, 20, 30, 40], 0.99)).toBeCloseTo(39.6)
  })

  it('are slopes', () => {
    expect(
      slope([
        { x: 1, y: 7 },
        { x: 2, y: 9 },
        { x: 4, y: 13 },
      ]),
    ).toBeCloseTo(2)
  })
})
