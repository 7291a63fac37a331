/** A small campaign and its services, for pages that are mounted whole. */
import { createWords, startSession, ask } from '@muster/ui'
import { flushPromises, mount, type ComponentMountingOptions } from '@vue/test-utils'
import { vi } from 'vitest'
import { computed, defineComponent, h, nextTick, type Component } from 'vue'
import { createMemoryHistory, matchedRouteKey } from 'vue-router'
import { createPages } from '../src/router'
import en from '../src/words/en.json'
import zh from '../src/words/zh.json'

export const COUNTY = '632321'
export const TOWN = '632321100'
export const VILLAGE = '632321100201'

const label = (id: string, words: string) => ({ id, zh: words, en: `${id} en` })
const field = (id: string, words: string, more: object = {}) => ({
  ...label(id, words),
  section: 'basic',
  type: 'text',
  sensitivity: 'personal',
  matter: null,
  categories: ['soldier'],
  required: [],
  options: [],
  papers: [],
  departments: [],
  cite: null,
  practice: false,
  ...more,
})

export const profile = {
  ...label('tongren', '同仁'),
  form_version: 'tongren/1',
  area: COUNTY,
  standard_time: '2018-10-01',
  benefits_notice: { zh: '不作为待遇依据', en: 'No basis for benefits' },
  phases: [],
  sections: [label('basic', '基本信息')],
  review_desks: [label('civil_affairs', '民政')],
  source: '同仁县实施方案',
  categories: [{ ...label('soldier', '退役士兵'), number: 1, group: 'service', review_desk: 'civil_affairs', cite: '同二' }],
  fields: [
    field('name', '姓名'),
    field('resident_number', '公民身份号码', { type: 'resident_number', sensitivity: 'sensitive' }),
    field('unit', '服役部队', { papers: ['discharge_certificate'] }),
  ],
  departments: [{ ...label('armed-forces', '人武'), level: 'county', tasks: ['review', 'compare'], mode: 'blind', cite: '同四(二)' }],
  papers: [label('id_card', '居民身份证'), label('discharge_certificate', '退伍证')],
  evidence: [],
  rules: [],
}

export const areas = {
  root: COUNTY,
  granted: [COUNTY],
  areas: [
    { code: '630000', parent: null, level: 'province', name: '青海省' },
    { code: COUNTY, parent: '630000', level: 'county', name: '同仁县' },
    { code: TOWN, parent: COUNTY, level: 'township', name: '隆务镇' },
    { code: VILLAGE, parent: TOWN, level: 'village', name: '吾屯村' },
  ],
}

/** What reporting counts of an area's work orders. */
export const problems = (name: string, open: number) => ({ name, level: 'county', open, ages: { over_30_days: open }, closed: 4, kinds: { dead: { open, closed: 4, ages: { over_30_days: open } } } })

/** A file's form goes where other requests go. */
class Carried extends EventTarget {
  upload = new EventTarget()
  status = 0
  responseText = ''
  private asked = { method: '', url: '' }
  private type = ''
  open(method: string, url: string) {
    this.asked = { method, url }
  }
  setRequestHeader() {}
  getResponseHeader() {
    return this.type
  }
  async send(body: FormData) {
    this.upload.dispatchEvent(new ProgressEvent('progress', { lengthComputable: true, loaded: 1, total: 2 }))
    this.upload.dispatchEvent(new ProgressEvent('load'))
    try {
      const answer = await fetch(this.asked.url, { method: this.asked.method, body })
      this.status = answer.status
      this.type = answer.headers.get('content-type') ?? ''
      this.responseText = await answer.text()
      this.dispatchEvent(new Event('load'))
    } catch {
      this.dispatchEvent(new Event('error'))
    }
  }
}

type Answer = unknown | ((body: unknown, url: URL) => unknown)

/** Requests that were made, as `POST /api/...`, with their bodies. */
export const requests: { line: string; body: unknown }[] = []

/** Answers by `METHOD path`; a path that nobody expects fails its request. A function answers itself. */
export function serve(role: string, answers: Record<string, Answer>, area = COUNTY): void {
  requests.length = 0
  vi.stubGlobal('XMLHttpRequest', Carried)
  const all: Record<string, Answer> = {
    'GET /api/access/session': { account_id: 'me', username: 'me', grants: [{ role, area, valid_from: '2020-01-01T00:00:00Z', valid_until: null }], expires_at: '2099-01-01T00:00:00Z' },
    'GET /api/capture/profile': profile,
    'GET /api/capture/areas': areas,
    ...answers,
  }
  vi.stubGlobal(
    'fetch',
    vi.fn(async (input: string, how: RequestInit) => {
      const url = new URL(input, 'http://here')
      const line = `${how.method} ${url.pathname}`
      const body: unknown = how.body instanceof FormData ? Object.fromEntries(how.body) : how.body ? JSON.parse(String(how.body)) : undefined
      requests.push({ line, body })
      const found = all[line]
      if (found === undefined) throw new Error(`nobody answers ${line}`)
      const made = typeof found === 'function' ? (found as (body: unknown, url: URL) => unknown)(body, url) : found
      return made instanceof Response ? made : new Response(JSON.stringify(made), { headers: { 'content-type': 'application/json' } })
    }),
  )
}

export function refusal(status: number, rule: string, words: string, field = 'record'): Response {
  const body = { type: 'urn:muster:problem:conflict', status, reasons: [{ field, rule, zh: words, en: 'No.' }], trace_id: 'trace' }
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } })
}

/** What somebody types into an input. */
export async function type(id: string, words: string): Promise<void> {
  const input = document.getElementById(id) as HTMLInputElement | HTMLSelectElement
  input.value = words
  input.dispatchEvent(new Event('input', { bubbles: true }))
  input.dispatchEvent(new Event('change', { bubbles: true }))
  await nextTick()
}

/** Presses the button that says so, within an element. */
export async function press(words: string, within: ParentNode = document): Promise<void> {
  const button = [...within.querySelectorAll('button')].find((one) => one.textContent?.trim().startsWith(words))
  if (!button) throw new Error(`no button says ${words}`)
  button.click()
  await flushPromises()
}

class Quiet {
  addEventListener() {}
  postMessage() {}
}

/** A page at its address, as somebody who is signed in sees it. */
export async function visit(path: string, page: Component, language: 'zh' | 'en' = 'zh', options: ComponentMountingOptions<Component> = {}) {
  vi.stubGlobal('BroadcastChannel', Quiet)
  startSession({ client: 'console', base: '/console/' })
  await ask()
  const words = createWords({ zh, en }, language)
  const router = createPages(() => language, createMemoryHistory('/console/'))
  await router.push(path)
  await router.isReady()
  const root = defineComponent({ render: () => h('main', h(page)) })
  // A page asks before it is left: it stands at its route, as in a RouterView.
  const matched = computed(() => router.currentRoute.value.matched.at(-1))
  const wrapper = mount(root, { attachTo: document.body, global: { plugins: [words, router], provide: { [matchedRouteKey as symbol]: matched } }, ...options })
  return { wrapper, router }
}
