/** Every colour is legible where it may stand (WCAG 1.4.3, 1.4.11), as computed here anew. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contrast } from '../src'

const css = readFileSync(join(import.meta.dirname, '../src/styles/tokens.css'), 'utf8')
const elements = readFileSync(join(import.meta.dirname, '../src/elements/elements.css'), 'utf8')

function theme(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? ''
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]!]))
}

const TONES = ['primary', 'ok', 'warn', 'danger', 'violet', 'teal'] as const
it('the ratio is the one that WCAG defines', () => {
  expect(contrast('#000000', '#ffffff')).toBe(21)
  expect(contrast('#1b5e9b', '#1b5e9b')).toBe(1)
  expect(contrast('#000', '#fff')).toBe(21)
  // The greys on either side of 4.5 on white.
  expect(contrast('#767676', '#ffffff')).toBeGreaterThan(4.5)
  expect(contrast('#ffffff', '#777777')).toBeLessThan(4.5)
})

/** As docs of the design say: the worst of page, surface, sunken and the own tint. */
const SAID: Record<string, Record<string, number>> = {
  light: { text: 13.3, 'text-2': 6.8, hint: 4.6, 'input-border': 3.1, primary: 5.7, ok: 5.5, warn: 5.5, danger: 5.5, violet: 6.1, teal: 5.6 },
  dark: { text: 11.7, 'text-2': 7.6, hint: 5.5, 'input-border': 3.7, primary: 6.7, ok: 6.9, warn: 7.5, danger: 7.0, violet: 7.0, teal: 7.2 },
}

describe.each([
  ['light', theme(':root')],
  ['dark', theme(":root[data-theme='dark']")],
])('%s', (name, colours) => {
  const grounds = [colours.page!, colours.surface!, colours.sunken!]

  it.each(Object.entries(SAID[name]!))('%s stands out', (token, said) => {
    const own = colours[`${token}-tint`]
    const worst = Math.min(...[...grounds, ...(own ? [own] : [])].map((ground) => contrast(colours[token]!, ground)))
    expect(worst).toBeGreaterThanOrEqual(token === 'input-border' ? 3 : 4.5)
    expect(Math.floor(worst * 10) / 10).toBe(said)
  })

  it('text on every tint and on the main button is legible', () => {
    for (const tone of TONES) expect(contrast(colours.text!, colours[`${tone}-tint`]!)).toBeGreaterThan(4.5)
    expect(contrast(colours['on-primary']!, colours.primary!)).toBeGreaterThan(4.5)
  })

  it('what is drawn in charts stands out from the surface', () => {
    const open = name === 'light' ? 2.9 : 3 // hatched and edged beside it, see waterfall.ts
    for (const series of ['chart-1', 'chart-2', 'chart-3', 'chart-source', 'chart-settled']) {
      expect(contrast(colours[series]!, colours.surface!), series).toBeGreaterThanOrEqual(3)
    }
    for (const series of ['chart-4', 'chart-open']) {
      expect(contrast(colours[series]!, colours.surface!), series).toBeGreaterThanOrEqual(open)
    }
  })
})

describe('Element Plus', () => {
  it('would fail by itself: the guard sees what it must reject', () => {
    for (const colour of ['#409eff', '#67c23a', '#e6a23c', '#f56c6c', '#909399']) expect(contrast(colour, '#ffffff')).toBeLessThan(4.5)
  })

  it('has every colour of its own overridden by a token', () => {
    for (const name of ['primary', 'success', 'warning', 'danger', 'error', 'info']) {
      expect(elements).toMatch(new RegExp(`--el-color-${name}: var\\(--`))
    }
    expect(elements).not.toMatch(/#[0-9a-f]{3,8}\b/i)
  })
})
