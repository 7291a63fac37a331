// How large an application is when it is first opened, before a chart is shown: what index.html loads,
// gzipped. Ends with 1 beyond the limit, and for a kind of file that nobody expected.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const LIMIT_KB = 300
const KINDS = /\.(js|css|svg|html)$/
const dist = fileURLToPath(new URL('../dist/console/', import.meta.url))
const size = (path) => gzipSync(readFileSync(join(dist, path)), { level: 9 }).length / 1024

const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
const strange = files.filter((file) => !KINDS.test(file.name)).map((file) => file.name)
const page = readFileSync(join(dist, 'index.html'), 'utf8')
const first = [...page.matchAll(/(?:src|href)="\/console\/([^"]+\.(?:js|css))"/g)].map((match) => match[1])
const inline = /<script(?![^>]*\bsrc=)[^>]*>|<style/.test(page)
const js = first.filter((path) => path.endsWith('.js')).reduce((sum, path) => sum + size(path), 0)
const css = first.filter((path) => path.endsWith('.css')).reduce((sum, path) => sum + size(path), 0)
const all = files.filter((file) => /\.(js|css)$/.test(file.name)).reduce((sum, file) => sum + gzipSync(readFileSync(join(file.parentPath, file.name))).length / 1024, 0)

console.log(`console: ${js.toFixed(0)} kB of script and ${css.toFixed(0)} kB of style at first, ${all.toFixed(0)} kB with every page and the charts (gzipped)`)
const faults = [
  ...strange.map((name) => `an unexpected kind of file: ${name}`),
  ...(js > LIMIT_KB ? [`more than ${LIMIT_KB} kB of script at first`] : []),
  ...(inline ? ['index.html has an inline script or style, which the content security policy forbids'] : []),
  ...(first.length ? [] : ['index.html loads nothing']),
]
faults.forEach((fault) => console.error(fault))
process.exit(faults.length ? 1 : 0)
