import { defineConfig } from 'vitest/config'

const slow = { testTimeout: 120_000, hookTimeout: 120_000 }
const layers = ['laws', 'contract', 'simulation', 'integration', 'browser']

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: layers.map((layer) => `test/${layer}/**`),
          // Not a measure of speed: two busy cores make a test of a second take ten.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      // One layer after the other and one file at a time: a broker, an engine and a browser fill two cores alone.
      ...layers.map((layer, index) => ({
        extends: true as const,
        test: {
          name: layer,
          include: [`test/${layer}/**/*.test.ts`],
          ...slow,
          globalSetup: layer === 'integration' ? ['test/parts/kafka.setup.ts'] : [],
          maxWorkers: 1,
          sequence: { groupOrder: index + 1 },
        },
      })),
    ],
  },
})
