// Whether the types of the APIs are those of the documents in web/api: `npm run build` begins with it. It needs
// nothing installed, for what makes types is there for development only: each file of types says at its top
// which document it was made from and what it holds, by digest. `npm run check` makes the types anew; that the
// documents are what the services say is asked by tests/contracts/test_openapi.py.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const digest = (text) => createHash('sha256').update(text).digest('hex')

/** A file of types with what its top says: the document that it is of, and both digests. */
export function stamped(service, document, types) {
  return `// Made by \`npm run api\` from web/api/${service}.json; never edited by hand.\n// document ${digest(document)}\n// types ${digest(types)}\n\n${types}`
}

const TOP = /^\/\/ Made by [^\n]*\n\/\/ document ([0-9a-f]{64})\n\/\/ types ([0-9a-f]{64})\n\n/

/** What does not fit, in sentences: `web` is the folder of the pages. */
export function drift(web) {
  const named = (folder, end) => readdirSync(folder).filter((name) => name.endsWith(end)).map((name) => name.slice(0, -end.length))
  const [api, made] = [join(web, 'api'), join(web, 'ui', 'src', 'api')]
  const [documents, types] = [named(api, '.json'), named(made, '.d.ts')]
  return [...new Set([...documents, ...types])].sort().flatMap((service) => {
    const [document, file] = [`web/api/${service}.json`, `web/ui/src/api/${service}.d.ts`]
    if (!documents.includes(service)) return [`${file} is made from no document: there is no ${document}`]
    if (!types.includes(service)) return [`${document} has no types: there is no ${file}`]
    const text = readFileSync(join(made, `${service}.d.ts`), 'utf8')
    const [top, from, holds] = TOP.exec(text) ?? []
    if (top === undefined) return [`${file} does not say what it was made from`]
    if (from !== digest(readFileSync(join(api, `${service}.json`), 'utf8'))) return [`${file} was made from another ${document} than the one that is here`]
    return holds === digest(text.slice(top.length)) ? [] : [`${file} was changed by hand`]
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = drift(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)))
  faults.forEach((fault) => console.error(fault))
  if (faults.length) console.error('The pages are not built: their types are not those of the APIs. Run `npm run api` in web/, where all packages are installed (`npm ci`), and mend what no longer fits.')
  process.exitCode = faults.length ? 1 : 0
}
