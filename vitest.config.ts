import { defineConfig } from 'vitest/config'

const slow = { testTimeout: 120_000, hookTimeout: 120_000 }
const pure = ['laws', 'contract']
const layers = [...pure, 'integration', 'browser']

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
      // Laws and cases side by side. A broker, an engine and a browser fill two cores alone: those layers come after them, one file at a time.
      ...layers.map((layer, index) => ({
        extends: true as const,
        test: {
          name: layer,
          include: [`test/${layer}/**/*.test.ts`],
          ...slow,
          globalSetup: layer === 'integration' ? ['test/parts/kafka.setup.ts'] : [],
          maxWorkers: pure.includes(layer) ? 2 : 1,
          sequence: { groupOrder: pure.includes(layer) ? 1 : index + 1 },
        },
      })),
    ],
  },
})
