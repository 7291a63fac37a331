import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [vue()],
  test: {
    environment: 'jsdom',
    include: ['ui/tests/**/*.test.ts', 'console/tests/**/*.test.ts', 'desk/tests/**/*.test.ts', 'catalogue/tests/**/*.test.ts'],
    setupFiles: ['./tests/setup.ts'],
    // Else a machine of two processors uses one.
    maxWorkers: '100%',
    testTimeout: 30_000,
    server: { deps: { inline: ['element-plus'] } },
  },
})
