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
        },
      },
      ...layers.map((layer) => ({
        extends: true as const,
        test: { name: layer, include: [`test/${layer}/**/*.test.ts`], ...slow },
      })),
    ],
  },
})
