import { defineConfig } from 'vite'
import { application } from '../vite.shared.mjs'

/** Beside what is shipped, and never in it. */
export default defineConfig((how) => {
  const shared = application('catalogue')(how)
  return { ...shared, build: { ...shared.build, outDir: 'dist' } }
})
