// Builds the pages that ours are measured against, by the same Vite and the same configuration:
// `node build.mjs FOLDER` writes FOLDER/console (an application with a button and an input of Element Plus)
// and FOLDER/desk (an input of our form, alone). A door serves them as it serves ours.
import { fileURLToPath } from 'node:url'
import { build } from '../../../web/node_modules/vite/dist/node/index.js'
import { application } from '../../../web/vite.shared.mjs'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const web = here('../../../web/')
const out = process.argv[2]

for (const [name, folder] of [['console', 'empty'], ['desk', 'alone']]) {
  const { build: how, plugins, base, define } = application(name)({ mode: 'production' })
  await build({
    configFile: false,
    root: here(`./${folder}/`),
    base,
    plugins,
    define,
    logLevel: 'warn',
    // Their packages are those of web/.
    resolve: { alias: [{ find: /^(vue|element-plus)(?=\/|$)/, replacement: `${web}node_modules/$1` }, { find: /^~/, replacement: web }] },
    build: { ...how, outDir: `${out}/${name}` },
  })
}
