/** The pages of the design system: every one in both languages, whole, and clean for axe; what they say
 * of colours and states is what the tokens and the states are. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory } from 'vue-router'
import { createWords, forgetCampaign, startTheme, chooseTheme, STATES } from '@muster/ui'
import { faults } from '../../tests/axe'
import App from '../src/App.vue'
import { createPages, pages } from '../src/router'
import { GROUPS } from '../src/states'
import en from '../src/words/en.json'
import zh from '../src/words/zh.json'

enableAutoUnmount(afterEach)

const tokens = readFileSync(join(import.meta.dirname, '../../ui/src/styles/tokens.css'), 'utf8')

/** Tables have a width, though jsdom lays nothing out; charts, which would be drawn on a canvas, have none. */
class Wide {
  constructor(private readonly tell: (entries: { contentRect: { width: number } }[]) => void) {}
  observe(element: Element) {
    if (!element.classList.contains('chart')) this.tell([{ contentRect: { width: 900 } }])
  }
  unobserve() {}
  disconnect() {}
}

// What a large table fetches when it is needed is there before: nothing here waits for the machine.
beforeAll(() => import('../../ui/src/elements/VirtualTable.vue'), 120_000)
beforeEach(() => {
  vi.stubGlobal('ResizeObserver', Wide)
  const style = document.createElement('style')
  style.textContent = tokens
  document.head.append(style)
  startTheme()
})
afterEach(() => {
  document.body.replaceChildren()
  document.head.replaceChildren()
  forgetCampaign()
  vi.unstubAllGlobals()
})

async function visit(name: string, language: 'zh' | 'en' = 'zh') {
  const router = createPages(createMemoryHistory('/catalogue/'))
  await router.push({ name })
  mount(App, { attachTo: document.body, global: { plugins: [createWords({ zh, en }, language), router] } })
  await flushPromises()
  return router
}

const row = (token: string) => [...document.querySelectorAll('tbody tr')].find((one) => one.querySelector('th')?.textContent === token)!

describe.each(pages.map((page) => String(page.name)))('%s', (name) => {
  it.each(['zh', 'en'] as const)('opens in %s, and is clean for axe', async (language) => {
    await visit(name, language)
    if (name === 'tables') await vi.waitFor(() => expect(document.querySelector('[role="table"] [role="cell"]')).not.toBeNull(), 20_000)
    const words = { zh, en }[language].page
    expect(document.querySelector('h1')?.textContent).toBe(words[name as keyof typeof words])
    expect(await faults(document.body)).toEqual([])
  }, 120_000)
})

it('every page of the folder is in the list', () => {
  const files = readdirSync(join(import.meta.dirname, '../src/pages')).map((file) => file.replace('.vue', ''))
  const routed = pages.map((page) => /(\w+Page)\.vue/.exec(String((page as { component?: unknown }).component))?.[1])
  expect([...routed].sort()).toEqual([...files].sort())
})

it('every state stands on its page once', () => {
  expect(Object.values(GROUPS).flat().sort()).toEqual(Object.keys(STATES).sort())
})

describe('colours', () => {
  it('say the ratios of the theme that is on, the worst of each', async () => {
    chooseTheme('light')
    await visit('colours')
    expect(row('text').textContent).toContain('13.3 ✓')
    expect(row('danger').textContent).toContain('5.5 ✓')
    chooseTheme('dark')
    await flushPromises()
    expect(row('danger').textContent).toContain('#ff9c91')
    expect(row('danger').textContent).toContain('7.0 ✓')
  })

  it('say of every colour of charts that it reaches what is needed, in both themes', async () => {
    for (const chosen of ['light', 'dark'] as const) {
      chooseTheme(chosen)
      await visit('colours')
      for (const token of ['chart-1', 'chart-2', 'chart-3', 'chart-4', 'chart-source', 'chart-settled', 'chart-open']) expect(row(token).textContent, `${chosen} ${token}`).toContain('✓')
      document.body.replaceChildren()
    }
  })
})

it('a table of 100,000 rows says how many there are and draws few', async () => {
  await visit('tables', 'en')
  await vi.waitFor(() => expect(document.querySelector('[role="table"] [role="cell"]')).not.toBeNull(), 20_000)
  await flushPromises()
  const table = document.querySelector('[role="table"]')!
  expect(table.getAttribute('aria-rowcount')).toBe('100002')
  expect(table.querySelectorAll('[role="row"]').length).toBeLessThan(60)
})

it('a form that is not filled in says all that is missing at once, on top and beside', async () => {
  await visit('inputs')
  document.querySelector('form')!.requestSubmit()
  await flushPromises()
  expect(document.querySelectorAll('[role="alert"] li a')).toHaveLength(3)
  expect(document.querySelectorAll('.told')).toHaveLength(3)
  expect(document.activeElement?.getAttribute('role')).toBe('alert')
  expect(await faults(document.body)).toEqual([])
}, 60_000)

it('what fails says what happened, and what was there stays', async () => {
  await visit('waiting', 'en')
  await flushPromises()
  const panels = [...document.querySelectorAll('section')].map((panel) => panel.textContent)
  expect(panels.find((text) => text.startsWith(en.waiting.kept))).toContain('Township 1')
  expect(panels.find((text) => text.startsWith(en.waiting.down))).toContain('b7e1')
})
