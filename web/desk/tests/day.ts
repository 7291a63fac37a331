/** A small campaign, its services and the gateway of this computer, for the pages of a collector's day. */
import { ask, createWords, forgetCampaign, loadCampaign, startSession } from '@muster/ui'
import { flushPromises, mount } from '@vue/test-utils'
import { vi } from 'vitest'
import { defineComponent, h, type Component } from 'vue'
import { createMemoryHistory } from 'vue-router'
import { pairing } from '../src/gateway/pairing'
import { createPages } from '../src/router'
import type { Confirmation, Draft, Paper } from '../src/work/model'
import { store } from '../src/work/store'
import en from '../src/words/en.json'
import zh from '../src/words/zh.json'

export const TOWN = '632321100'
export const SECOND_TOWN = '632321101'
export const VILLAGE = '632321100201'
export const OTHER = '632321100202'
export const GATEWAY = 'http://127.0.0.1:8790'

const label = (id: string, words: string) => ({ id, zh: words, en: `${id} en` })
const field = (id: string, words: string) => ({
  ...label(id, words), section: 'basic', type: 'text', sensitivity: 'personal', matter: null, categories: ['soldier'], required: [], options: [], departments: [],
})

export const profile = {
  ...label('tongren', '同仁'),
  form_version: 'tongren/1',
  area: '632321',
  standard_time: '2018-10-01',
  benefits_notice: { zh: '不作为待遇依据', en: 'No basis for benefits' },
  voluntary_decline: { ...label('decline', '不得强制'), en: 'Nobody is forced' },
  phases: [], sections: [label('basic', '基本信息')], review_desks: [], departments: [],
  categories: [{ ...label('soldier', '退役士兵'), number: 1, group: 'service', review_desk: 'civil_affairs' }],
  fields: [field('name', '姓名'), field('resident_number', '公民身份号码'), field('unit', '服役部队')],
  papers: [label('id_card', '居民身份证')],
}

const areas = {
  root: '632321',
  granted: [TOWN],
  areas: [
    { code: '632321', parent: null, level: 'county', name: '同仁县' },
    { code: TOWN, parent: '632321', level: 'township', name: '隆务镇' },
    { code: SECOND_TOWN, parent: '632321', level: 'township', name: '保安镇' },
    { code: VILLAGE, parent: TOWN, level: 'village', name: '吾屯村' },
    { code: OTHER, parent: TOWN, level: 'village', name: '加查么村' },
  ],
}

type Made = unknown | ((body: unknown, url: URL) => unknown)

/** Requests that were made, as `POST /api/...` or `POST gateway/...`, with their bodies. */
export const requests: { line: string; body: unknown }[] = []
export const lines = () => requests.map((one) => one.line)

const STATUS = { terminal_id: 'here', area: TOWN, label: '1号', readers: { desk: 'ready' }, spool: { waiting: 0, published: 0, received: 0, oldest: 0 }, keys: {} }

/** Answers by line. A function answers itself; a path that nobody expects fails its request. */
export function serve(answers: Record<string, Made>, role = 'collector'): void {
  requests.length = 0
  const all: Record<string, Made> = {
    'GET /api/access/session': { account_id: 'me', username: 'me', terminal_id: 'here', grants: [{ role, area: TOWN }], expires_at: '2099-01-01T00:00:00Z' },
    'GET /api/capture/profile': profile,
    'GET /api/capture/areas': areas,
    'GET gateway/status': STATUS,
    ...answers,
  }
  vi.stubGlobal(
    'fetch',
    vi.fn(async (input: string, how: RequestInit) => {
      const url = new URL(input, 'http://here')
      const line = `${how.method} ${url.origin === GATEWAY ? 'gateway' : ''}${url.pathname}`
      const text = how.body === undefined ? undefined : String(how.body)
      const body: unknown = text?.startsWith('{') ? JSON.parse(text) : text
      requests.push({ line, body })
      const found = all[line]
      if (found === undefined) throw new TypeError(`nobody answers ${line}`)
      const made: unknown = typeof found === 'function' ? await (found as (body: unknown, url: URL) => unknown)(body, url) : found
      return made instanceof Response ? made : new Response(JSON.stringify(made), { headers: { 'content-type': 'application/json' } })
    }),
  )
}

export function refusal(status: number, rule: string, words = '不行'): Response {
  const body = { type: 'urn:muster:problem:conflict', status, reasons: [{ field: 'record', rule, zh: words, en: 'No.' }], trace_id: 'trace' }
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } })
}

/** Who listens to what other windows say of the sign-in. */
let listening: ((event: { data: string }) => void)[] = []

class Quiet {
  addEventListener(_: string, listener: (event: { data: string }) => void) {
    listening.push(listener)
  }
  postMessage() {}
}

/** Another window has signed in. */
export function signedInAgain(): void {
  listening.at(-1)!({ data: 'in' })
}

/** Somebody signed in at this computer, whose gateway is known; everything from before is gone. */
export async function begin(): Promise<void> {
  vi.stubGlobal('BroadcastChannel', Quiet)
  listening = []
  pairing.value = { url: GATEWAY, token: 'token' }
  for (const id of store.drafts.keys()) await store.removeDraft(id)
  for (const id of store.parcels.keys()) await store.removeParcel(id)
  startSession({ client: 'desk', base: '/desk/' })
  await ask()
  forgetCampaign()
  await loadCampaign()
}

/** A page at its address. The page that opens persons is not under test here. */
export async function visit(path: string, page: Component, language: 'zh' | 'en' = 'zh') {
  const words = createWords({ zh, en }, language)
  const router = createPages(() => language, createMemoryHistory('/desk/'))
  router.addRoute({ path: '/person/:draft?', name: 'person', component: { render: () => h('p') }, meta: { rights: ['collector'], title: 'page.today', listed: false, wide: true, bare: false } })
  await router.push(path)
  await router.isReady()
  const root = defineComponent({ render: () => h('main', h(page)) })
  const wrapper = mount(root, { attachTo: document.body, global: { plugins: [words, router] } })
  return { wrapper, router }
}

const SALT = 'ab'.repeat(32)

export function paper(digest: string): Paper {
  return { id: digest, kind: 'id_card', mediaType: 'image/jpeg', content: new Blob(['picture']), salt: SALT, digest, sent: false }
}

export const confirmation: Confirmation = {
  kind: 'handwriting', digest: `sha256:${'cd'.repeat(32)}`, salt: SALT, trace: [[[1, 2, 0], [3, 4, 9]]], signatureId: 'signature', traceSalt: SALT, capturedAt: '2018-11-20T02:15:00Z',
}

/** Nobody's number: its checksum is wrong on purpose. */
export const NUMBER = '00000000000000000X'

export function draft(more: Partial<Draft> = {}): Draft {
  return {
    id: crypto.randomUUID(), subjectId: 'subject', baseVersion: 0, isNew: true, formVersion: 'tongren/1', categories: ['soldier'],
    fields: { name: '测试某', resident_number: NUMBER, unit: '某部', left: '不再问' }, sources: { name: 'chip', unit: 'baseline' }, typed: {}, known: null, reading: null,
    papers: [], interpreter: '', confirmation, startedAt: '2018-11-20T02:00:00Z', changedAt: '2018-11-20T02:15:00Z', ...more,
  }
}

/** Nothing came back, and packets are sealed. */
export const QUIET = { 'GET /api/capture/returned': { returned: [], next: null }, 'POST gateway/packets': { packet: 'packet' } }

export const text = () => document.body.textContent ?? ''
export function button(words: string): HTMLElement {
  const found = [...document.querySelectorAll<HTMLElement>('button')].find((one) => (one.getAttribute('aria-label') ?? one.textContent ?? '').includes(words))
  if (!found) throw new Error(`no button ${words}`)
  return found
}
export async function press(words: string): Promise<void> {
  button(words).click()
  await flushPromises()
}
export async function fill(id: string, value: string): Promise<void> {
  const input = document.getElementById(id) as HTMLInputElement
  input.value = value
  input.dispatchEvent(new Event('input'))
  await flushPromises()
}
export async function choose(name: string, value: string): Promise<void> {
  const input = document.querySelector<HTMLInputElement>(`input[name="${name}"][value="${value}"]`)!
  input.checked = true
  input.dispatchEvent(new Event('change'))
  await flushPromises()
}
