/** What tests of pictures, papers and signatures stand on: a small campaign, a canvas, a camera. */
import { createWords, forgetCampaign, loadCampaign } from '@muster/ui'
import { mount, type VueWrapper } from '@vue/test-utils'
import { vi } from 'vitest'
import { h, type Component } from 'vue'
import type { Draft, Paper } from '../src/work/model'
import en from '../src/words/en.json'
import zh from '../src/words/zh.json'

export const VILLAGE = '632321100201'

const label = (id: string, words: string) => ({ id, zh: words, en: `${id} in English` })
const field = (id: string, words: string, more: object = {}) => ({
  ...label(id, words), section: 'basic', type: 'text', sensitivity: 'personal', matter: null, cite: null, practice: false, address: false,
  categories: ['soldier'], required: [], options: [], departments: [], min: null, max: null, max_length: 100, ...more,
})

const profile = {
  ...label('tongren', '同仁'), form_version: 'tongren/1', area: '632321', standard_time: '2018-10-01', phases: [], departments: [], review_desks: [],
  benefits_notice: { zh: '不作为待遇依据', en: 'No basis for benefits' },
  sections: [label('basic', '基本信息'), label('service', '服役情况')],
  categories: [{ ...label('soldier', '退役士兵'), number: 1 }, { ...label('family', '现役军人家属'), number: 12 }],
  fields: [
    field('name', '姓名'), field('resident_number', '公民身份号码', { type: 'resident_number' }), field('birth_date', '出生日期', { type: 'date' }),
    field('unit', '服役部队', { section: 'service' }), field('enlisted_on', '入伍时间', { section: 'service', type: 'partial_date' }),
    field('relative', '现役者姓名', { section: 'service', categories: ['family'] }),
  ],
  papers: [label('portrait', '近期免冠照片'), label('id_card', '身份证'), label('discharge', '退伍证'), label('loss_proof', '遗失证明'), label('merit', '立功证件')],
  evidence: [], rules: [], findings: [], groups: [],
}
const areas = { root: '632321', granted: ['632321'], areas: [{ code: '632321', parent: null, level: 'county', name: '同仁县' }] }

export async function campaign(): Promise<void> {
  forgetCampaign()
  vi.stubGlobal('fetch', vi.fn(async (path: string) => new Response(JSON.stringify(path.endsWith('/profile') ? profile : areas), { headers: { 'content-type': 'application/json' } })))
  await loadCampaign()
}

export const NEEDS = [
  { ...label('portrait', '近期照片'), one_of: [label('portrait', '近期免冠照片')], severity: 'refuse' as const, met: false },
  { ...label('identity_papers', '身份证'), one_of: [label('id_card', '身份证')], severity: 'refuse' as const, met: false },
  { ...label('service_papers', '退伍证或遗失证明'), one_of: [label('discharge', '退伍证'), label('loss_proof', '遗失证明')], severity: 'refuse' as const, met: false },
  { ...label('more_papers', '立功证件'), one_of: [label('merit', '立功证件')], severity: 'warn' as const, met: false },
]

/** A number that passes no check and is nobody's. */
export const NUMBER = `${'1'.repeat(6)}19620304${'0'.repeat(4)}`

export function draft(more: Partial<Draft> = {}): Draft {
  return {
    id: crypto.randomUUID(), subjectId: crypto.randomUUID(), baseVersion: 0, isNew: true, formVersion: 'tongren/1',
    categories: ['soldier'], fields: { name: '示例', resident_number: NUMBER, birth_date: '1962-03-04', enlisted_on: '1980-11' }, sources: {}, typed: {},
    known: null, reading: null, papers: [], interpreter: '', confirmation: null, startedAt: '', changedAt: '', ...more,
  }
}

const hex = (sign: string) => `sha256:${sign.repeat(64)}`
export function paper(kind: string, sign = 'a', more: Partial<Paper> = {}): Paper {
  return { id: crypto.randomUUID(), kind, mediaType: 'image/jpeg', content: new Blob(['x']), salt: '0'.repeat(64), digest: hex(sign), sent: false, ...more }
}

export const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4, 5])

/** Sizes that `createImageBitmap` gives, and what became of canvases. */
export const screen = { width: 1920, height: 1080, calls: [] as string[] }

/** jsdom draws nothing: a canvas that remembers what was asked of it, and pictures of a given size. */
export function fakePictures(size = { width: 1920, height: 1080 }): void {
  Object.assign(screen, size, { calls: [] })
  const pen = new Proxy({} as Record<string, unknown>, {
    get: (held, name: string) => held[name] ?? ((...all: unknown[]) => void screen.calls.push(`${name} ${all.filter((one) => typeof one === 'number').join(' ')}`)),
    set: (held, name: string, value) => ((held[name] = value), true),
  })
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(pen as never)
  vi.spyOn(HTMLCanvasElement.prototype, 'toBlob').mockImplementation(function (this: HTMLCanvasElement, done, type) {
    done(new Blob([JPEG, `${this.width}x${this.height}`], { type: type! }))
  })
  vi.stubGlobal('createImageBitmap', vi.fn(async () => ({ width: screen.width, height: screen.height, close: () => undefined })))
  URL.createObjectURL = vi.fn(() => `blob:${crypto.randomUUID()}`)
  URL.revokeObjectURL = vi.fn()
}

export const tracks: { stop: ReturnType<typeof vi.fn>; onended: (() => void) | null }[] = []

/** A camera; `refusal` names the error with which the browser refuses it. */
export function fakeCamera(refusal?: string, names = ['front']): void {
  tracks.length = 0
  const getUserMedia = vi.fn(async () => {
    if (refusal !== undefined) throw new DOMException('no', refusal)
    const track = { stop: vi.fn(), onended: null }
    tracks.push(track)
    return { getTracks: () => [track], getVideoTracks: () => [track] }
  })
  const enumerateDevices = async () => names.map((name) => ({ kind: 'videoinput', deviceId: name, label: name }))
  Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value: { getUserMedia, enumerateDevices } })
  Object.defineProperty(HTMLVideoElement.prototype, 'srcObject', { configurable: true, value: null, writable: true })
  Object.defineProperty(HTMLVideoElement.prototype, 'readyState', { configurable: true, value: 2 })
}

export function show(part: Component, props: Record<string, unknown>, language: 'zh' | 'en' = 'zh'): VueWrapper {
  return mount(part, { props, attachTo: document.body, global: { plugins: [createWords({ zh, en }, language)], stubs: { transition: false } } }) as VueWrapper
}

/** The same inside a page's main part. */
export function page(part: Component, props: Record<string, unknown>): VueWrapper {
  return show({ render: () => h('main', [h('h1', 'page'), h(part, props)]) } as Component, {})
}

export function press(element: Element, key: string, more: KeyboardEventInit = {}): void {
  element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }))
}

export const choose = (input: Element, file: File): void => {
  Object.defineProperty(input, 'files', { configurable: true, value: [file] })
  Object.defineProperty(input, 'value', { configurable: true, value: '', writable: true })
  input.dispatchEvent(new Event('change', { bubbles: true }))
}

/** A hand on the pad. */
export function draw(to = 200, pointerType = 'mouse'): void {
  const canvas = document.querySelector('canvas')!
  const send = (target: EventTarget, type: string, x: number, buttons: number) =>
    target.dispatchEvent(Object.assign(new MouseEvent(type, { bubbles: true, cancelable: true, clientX: x, clientY: 50, buttons }), { pointerType, pointerId: pointerType === 'mouse' ? 1 : 2, isPrimary: true, pressure: 0.5 }))
  send(canvas, 'pointerdown', 10, 1)
  for (let x = 10; x <= to; x += 10) send(document, 'pointermove', x, 1)
  send(document, 'pointerup', to, 0)
}
