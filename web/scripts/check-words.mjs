// The catalogues: both languages have the same keys with the same placeholders; every key is used and
// every key that is used is there; no sentence stands outside them. Ends with 1 and says what is wrong.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const HAN = /[\u3001-\u303f\u3400-\u9fff\uff01-\uff5e]/
const APPLICATIONS = ['console', 'desk', 'catalogue']
/** Units that belong to a way of writing numbers and dates, and are tested with it. */
const FORMATS = ['ui/src/format/dates.ts', 'ui/src/format/numbers.ts']

export function flatten(tree, above = '') {
  return Object.entries(tree).flatMap(([name, value]) => {
    const key = above ? `${above}.${name}` : name
    return typeof value === 'string' ? [[key, value]] : flatten(value, key)
  })
}

const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort().join()

/** What is wrong between two languages of one catalogue. */
export function compare(zh, en, name) {
  const [first, second] = [new Map(flatten(zh)), new Map(flatten(en))]
  const faults = []
  for (const key of new Set([...first.keys(), ...second.keys()])) {
    const [a, b] = [first.get(key), second.get(key)]
    if (a === undefined || b === undefined) faults.push(`${name}: ${key} is missing in ${a === undefined ? 'zh' : 'en'}`)
    else if (!a.trim() || !b.trim()) faults.push(`${name}: ${key} is empty`)
    else if (placeholders(a) !== placeholders(b)) faults.push(`${name}: ${key} has other placeholders in en`)
    else if (HAN.test(b) && !/otherLanguage$/.test(key)) faults.push(`${name}: ${key} is Chinese in en`)
  }
  return faults
}

const withoutComments = (text) => text.replace(/<!--[\s\S]*?-->/g, '').replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:])\/\/.*$/gm, '$1')

/** Keys that a source names, prefixes that it completes, and Chinese that it holds. */
export function read(text) {
  const source = withoutComments(text)
  const literals = [...source.matchAll(/(['`])([a-zA-Z][\w-]*(?:\.[\w-]+)+)\1/g)].map((match) => match[2])
  const prefixes = [...source.matchAll(/`([a-zA-Z][\w-]*\.(?:[\w-]+\.)*)\$\{/g)].map((match) => match[1])
  return { literals, prefixes, han: source.split('\n').find((line) => HAN.test(line)) }
}

/** What is wrong between catalogues and the sources that speak by them; says which keys are used. */
export function usage(keys, sources) {
  const groups = new Set([...keys].map((key) => key.split('.')[0]))
  const faults = []
  const used = new Set()
  for (const [path, text] of sources) {
    const { literals, prefixes, han } = read(text)
    for (const literal of literals) {
      if (keys.has(literal)) used.add(literal)
      else if (groups.has(literal.split('.')[0])) faults.push(`${path}: there is no word ${literal}`)
    }
    for (const prefix of prefixes) {
      const found = [...keys].filter((key) => key.startsWith(prefix))
      found.forEach((key) => used.add(key))
      if (!found.length && groups.has(prefix.split('.')[0])) faults.push(`${path}: there are no words ${prefix}*`)
    }
    if (han && !FORMATS.includes(path)) faults.push(`${path}: words outside the catalogues: ${han.trim()}`)
  }
  return { faults, used }
}

// Asked for when it runs: a test imports this from an address that is no file.
const here = () => fileURLToPath(new URL('..', import.meta.url))

function catalogue(part) {
  const [zh, en] = ['zh', 'en'].map((language) => JSON.parse(readFileSync(join(here(), `${part}/src/words/${language}.json`), 'utf8')))
  return { keys: flatten(zh).map(([key]) => key), faults: compare(zh, en, part) }
}

function sourcesOf(part) {
  return readdirSync(join(here(), part, 'src'), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && /\.(vue|ts)$/.test(file.name) && !file.name.endsWith('.d.ts'))
    .map((file) => join(file.parentPath, file.name))
    .map((path) => [relative(here(), path), readFileSync(path, 'utf8')])
}

/** `ui` speaks by its own words; an application by its own and those of `ui`. */
function main() {
  const shared = catalogue('ui')
  const faults = [...shared.faults]
  const all = new Set(shared.keys)
  const own = new Set(shared.keys)
  const inUi = usage(own, sourcesOf('ui'))
  faults.push(...inUi.faults)
  const used = new Set(inUi.used)
  for (const part of APPLICATIONS) {
    const { keys, faults: found } = catalogue(part)
    faults.push(...found, ...keys.filter((key) => own.has(key)).map((key) => `${key} is in the catalogues of both ui and ${part}`))
    const said = usage(new Set([...shared.keys, ...keys]), sourcesOf(part))
    faults.push(...said.faults, ...keys.filter((key) => !said.used.has(key)).map((key) => `${part}: nobody says ${key}`))
    said.used.forEach((key) => used.add(key))
    keys.forEach((key) => all.add(`${part}:${key}`))
  }
  faults.push(...shared.keys.filter((key) => !used.has(key)).map((key) => `ui: nobody says ${key}`))
  faults.forEach((fault) => console.error(fault))
  if (!faults.length) console.log(`${all.size} words, in both languages`)
  process.exit(faults.length ? 1 : 0)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main()
