import vue from '@vitejs/plugin-vue'
import { county } from './mock/server.mjs'

/** The configuration of one application. `vite --mode mock` answers /api with an invented county;
 * otherwise a running stack does. */
export const application = (name) => ({ mode }) => ({
  root: new URL(name, import.meta.url).pathname,
  base: `/${name}/`,
  plugins: [vue(), ...(mode === 'mock' ? [county()] : [])],
  server: { proxy: mode === 'mock' ? {} : { '/api': process.env.MUSTER_DOOR ?? 'http://127.0.0.1:8443' } },
  build: {
    outDir: `../dist/${name}`,
    emptyOutDir: true,
    target: 'es2022',
    // Nothing inline: the content security policy allows no inline script, and no font by data URL.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
  define: { __VUE_OPTIONS_API__: 'true', __INTLIFY_PROD_DEVTOOLS__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_I18N_LEGACY_API__: 'false' },
})
