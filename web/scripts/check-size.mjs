// How large each application is when it is first opened, before a chart is shown: what index.html
// loads, gzipped. Ends with 1 beyond the limit, and for a kind of file that nobody expected.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const LIMIT_KB = 300
const KINDS = /\.(js|css|svg|html)$/

function look(name) {
  const dist = fileURLToPath(new URL(`../dist/${name}/`, import.meta.url))
  const size = (path) => gzipSync(readFileSync(path), { level: 9 }).length / 1024
  const sum = (paths) => paths.reduce((all, path) => all + size(path), 0)

  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  const strange = files.filter((file) => !KINDS.test(file.name)).map((file) => file.name)
  const page = readFileSync(join(dist, 'index.html'), 'utf8')
  const first = [...page.matchAll(new RegExp(`(?:src|href)="/${name}/([^"]+\\.(?:js|css))"`, 'g'))].map((match) => join(dist, match[1]))
  const inline = /<script(?![^>]*\bsrc=)[^>]*>|<style/.test(page)
  const js = sum(first.filter((path) => path.endsWith('.js')))
  const css = sum(first.filter((path) => path.endsWith('.css')))
  const all = sum(files.filter((file) => /\.(js|css)$/.test(file.name)).map((file) => join(file.parentPath, file.name)))

  console.log(`${name}: ${js.toFixed(0)} kB of script and ${css.toFixed(0)} kB of style at first, ${all.toFixed(0)} kB with every page (gzipped)`)
  return [
    ...strange.map((file) => `${name}: an unexpected kind of file: ${file}`),
    ...(js > LIMIT_KB ? [`${name}: more than ${LIMIT_KB} kB of script at first`] : []),
    ...(inline ? [`${name}: index.html has an inline script or style, which the content security policy forbids`] : []),
    ...(first.length ? [] : [`${name}: index.html loads nothing`]),
  ]
}

const faults = ['console', 'desk'].flatMap(look)
faults.forEach((fault) => console.error(fault))
process.exit(faults.length ? 1 : 0)
