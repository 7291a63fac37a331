// Types of each service's API from its OpenAPI document: web/api/<service>.json becomes
// ui/src/api/<service>.d.ts. With --check nothing is written and a difference is an error.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'
import { stamped } from './drift.mjs'

const kept = new URL('../api/', import.meta.url)
const made = new URL('../ui/src/api/', import.meta.url)

const documents = (await readdir(kept)).filter((name) => name.endsWith('.json')).sort()
const wanted = new Map()
for (const name of documents) {
  const document = await readFile(new URL(name, kept), 'utf8')
  const types = await openapiTS(document, { defaultNonNullable: false })
  const service = name.replace('.json', '')
  wanted.set(`${service}.d.ts`, stamped(service, document, astToString(types)))
}

const held = (await readdir(made)).filter((name) => name.endsWith('.d.ts'))
const check = process.argv.includes('--check')
let stale = 0
for (const name of new Set([...held, ...wanted.keys()])) {
  const path = new URL(name, made)
  const found = held.includes(name) ? await readFile(path, 'utf8') : undefined
  if (found === wanted.get(name)) continue
  if (check) {
    stale += 1
    console.error(`out of date, run \`npm run api\`: ${fileURLToPath(path)}`)
  } else if (wanted.has(name)) {
    await writeFile(path, wanted.get(name))
  } else {
    await rm(path)
  }
}
process.exit(stale ? 1 : 0)
