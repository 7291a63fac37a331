/** The person page, mounted whole: from the card to the receipt (R22, R53-R60). */
import { ask, startSession } from '@muster/ui'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, RouterView } from 'vue-router'
import { faults } from '../../tests/axe'
import { newDraft } from '../src/work/drafts'
import { pairing } from '../src/gateway/pairing'
import { KEYS } from '../src/keys'
import { createPages } from '../src/router'
import { ask as askFor } from '../src/work/asked'
import { handIn } from '../src/work/queue'
import { store } from '../src/work/store'
import type { Draft } from '../src/work/model'
import { campaign, golden, known, reading, refusal, requests, SUBJECT, words } from './golden'

vi.mock('../src/work/queue', () => ({ handIn: vi.fn(async () => undefined) }))
// Papers and pad have tests of their own; here counts what they tell this page.
vi.mock('../src/take', () => ({
  PapersPane: defineComponent({
    props: { draft: { type: Object, required: true }, needs: { type: Array, required: true } },
    emits: ['change'],
    setup: (props, { emit }) => () => {
      const papers = golden('tongren').bases[0]!.papers.map((kind) => ({ id: kind, kind, digest: `sha256:${kind}`, content: new Blob([]), sent: true }))
      return h('button', { type: 'button', id: 'all-papers', onClick: () => emit('change', { ...props.draft, papers }) }, `papers ${props.needs.length}`)
    },
  }),
  ConfirmStep: defineComponent({
    props: { draft: { type: Object, required: true }, content: { type: Object, required: true } },
    emits: ['confirmed', 'back'],
    setup: (props, { emit }) => () => {
      const confirmation = { kind: 'handwriting', digest: 'sha256:signed' }
      return [
        h('button', { type: 'button', id: 'sign', onClick: () => emit('confirmed', confirmation, { ...props.draft, interpreter: '翻译', confirmation }) }, 'sign'),
        h('button', { type: 'button', id: 'mend', onClick: () => emit('back', 'phone') }, 'mend'),
      ]
    },
  }),
}))

let mounted: VueWrapper | null = null
const { fields, categories } = golden('tongren').bases[0]!
const NUMBER = String(fields.resident_number)
const LOOKUP = 'POST /api/capture/subjects/lookup'
const READ = 'POST /readings'
const never = () => new Promise<Response>(() => undefined)

class Quiet {
  addEventListener() {}
  postMessage() {}
}

async function visit(path: string, answers: Record<string, unknown> = {}, language: 'zh' | 'en' = 'zh') {
  await campaign('tongren', answers)
  vi.stubGlobal('BroadcastChannel', Quiet)
  startSession({ client: 'desk', base: '/desk/' })
  await ask()
  const router = createPages(() => language, createMemoryHistory('/desk/'))
  router.addRoute({ path: '/today', name: 'today', component: { render: () => h('h1', 'today') }, meta: { rights: 'signed-in', title: 'page.today', listed: false, wide: false, bare: false } })
  router.addRoute({ path: '/receipt/:record', name: 'receipt', component: { render: () => h('h1', 'receipt') }, meta: { rights: 'signed-in', title: 'page.today', listed: false, wide: false, bare: false } })
  await router.push(path)
  mounted = mount(defineComponent({ render: () => h('main', h(RouterView)) }), { attachTo: document.body, global: { plugins: [words(language), router] } })
  await settle()
  return router
}

async function settle(): Promise<void> {
  for (let round = 0; round < 4; round += 1) await flushPromises()
  await new Promise((done) => setTimeout(done, 5))
  await flushPromises()
}

async function draft(more: Partial<Draft> = {}): Promise<Draft> {
  await campaign('tongren')
  const made = { ...newDraft(known(fields), NUMBER), categories, ...more }
  await store.saveDraft(made)
  return made
}

async function key(name: string, more: KeyboardEventInit = {}): Promise<void> {
  dispatchEvent(new KeyboardEvent('keydown', { key: name, cancelable: true, ...more }))
  await settle()
}

async function click(selector: string, text = ''): Promise<void> {
  const found = [...document.querySelectorAll<HTMLElement>(selector)].find((one) => one.textContent!.includes(text))
  if (!found) throw new Error(`no ${selector} ${text}`)
  found.click()
  await settle()
}

async function type(selector: string, text: string): Promise<void> {
  const input = document.querySelector<HTMLInputElement>(selector)!
  input.focus()
  input.value = text
  input.dispatchEvent(new InputEvent('input', { bubbles: true }))
  await settle()
}

beforeEach(() => {
  pairing.value = null
  vi.mocked(handIn).mockClear()
})
afterEach(async () => {
  mounted?.unmount()
  mounted = null
  await flushPromises()
  for (const id of [...store.drafts.keys()]) await store.removeDraft(id)
  for (const id of [...store.parcels.keys()]) await store.removeParcel(id)
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

describe('opening', () => {
  it('says of a typed number at once that it is none, and looks nobody up', async () => {
    await visit('/person')
    await type('#person-number', NUMBER.slice(0, 17) + (NUMBER.endsWith('1') ? '2' : '1'))
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('校验码')
    expect(await faults(document.body)).toEqual([])
    await click('button', '查找')
    expect(requests.some((one) => one.line === LOOKUP)).toBe(false)
    expect(document.querySelector('.summary')).toBe(document.activeElement)
  })

  it('of a number that the day’s first page was given keeps it in sight where it is none', async () => {
    const slip = NUMBER.slice(0, 17) + (NUMBER.endsWith('1') ? '2' : '1')
    askFor({ number: slip })
    await visit('/person')
    expect(requests.some((one) => one.line === LOOKUP)).toBe(false)
    expect(document.querySelector<HTMLInputElement>('#person-number')!.value).toBe(slip)
    expect(document.querySelector('.summary')?.textContent).toContain('校验码')
  })

  it('of a known person fills the form in, without the number in the address', async () => {
    const router = await visit('/person', { [LOOKUP]: known(fields) })
    await type('#person-number', `${NUMBER.slice(0, 6)} ${NUMBER.slice(6)}`)
    await click('button', '查找')
    expect(requests.find((one) => one.line === LOOKUP)?.body).toEqual({ resident_number: NUMBER })
    expect(router.currentRoute.value.fullPath).toMatch(/^\/person\/[0-9a-f-]{36}$/)
    expect([...store.drafts.values()][0]?.sources).toMatchObject({ resident_number: 'typed', name: 'baseline' })
    expect(document.body.textContent).toContain(String(fields.name))
    // No category is ticked yet: that is the first gap.
    expect(document.activeElement?.getAttribute('role')).toBe('checkbox')
    expect(await faults(document.body)).toEqual([])
  })

  it('by a card waits for one, again after a look that found none, and puts the card before the baseline', async () => {
    pairing.value = { url: 'http://127.0.0.1:1', token: 't' }
    let looks = 0
    const answer = () => ((looks += 1) === 1 ? refusal(404, 'no-card', '没有读到卡。') : looks === 2 ? reading({ name: '卡上名', resident_number: NUMBER, valid_until: '2020-01-01' }) : never())
    await visit('/person', { [LOOKUP]: known(fields, { record: { record: { categories, fields }, evidence: [] } }), [READ]: answer })
    await new Promise((done) => setTimeout(done, 700))
    await settle()
    expect(document.querySelector<HTMLInputElement>('#field-name')?.value).toBe('卡上名')
    expect(document.querySelector('[data-field="name"]')?.textContent).toContain(`初始${String(fields.name)}`)
    expect(document.querySelector('.notes')?.textContent).toContain('已过期')
  })

  it('says what a reader says, and goes on when asked', async () => {
    pairing.value = { url: 'http://127.0.0.1:1', token: 't' }
    await visit('/person', { [READ]: () => refusal(503, 'reader-away', '找不到读卡器。') })
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('找不到读卡器。')
    expect(document.body.textContent).toContain('没有在读卡。')
    expect(await faults(document.body)).toEqual([])
  })

  it('of whom a list named asks by id', async () => {
    askFor({ subjectId: SUBJECT })
    await visit('/person', { [LOOKUP]: known(fields) })
    expect(requests.find((one) => one.line === LOOKUP)?.body).toEqual({ subject_id: SUBJECT })
    expect([...store.drafts.values()][0]).toMatchObject({ fields: { resident_number: NUMBER }, sources: { resident_number: 'baseline' } })
  })

  it.each(['zh', 'en'] as const)('of a record that was sent back says why in the list’s words, and leads to what each is about, in %s', async (language) => {
    const because = (code: string, zh: string, en: string, field: string | null, text = '') => ({ code, zh, en, field, text })
    const reasons = [
      because('paper-unreadable', '证明材料无法辨认', 'A paper cannot be read', 'evidence'),
      because('category-wrong', '对象类别有误', 'The category is not right', 'categories'),
      because('other', '其他原因', 'Another reason', 'record', '请与本人核实'),
      because('field-wrong', '填写有误', 'Filled in wrongly', 'phone'),
      because('signature-unusable', '签字确认无效', 'The signed confirmation cannot be used', null),
    ]
    askFor({ subjectId: SUBJECT })
    await visit('/person', { [LOOKUP]: known(fields, { version: 1, record: { record: { categories, fields }, evidence: [] }, review: { state: 'returned', reasons } }) }, language)
    const notes = document.querySelector('.notes')!
    const said = [...notes.querySelectorAll('li')].map((one) => one.textContent!.replaceAll(/\s+/g, ' ').trim())
    const phone = golden('tongren').profile.fields.find((one) => one.id === 'phone')!
    expect(said).toEqual(
      language === 'zh'
        ? ['证明材料：证明材料无法辨认', '对象类别：对象类别有误', '整份记录：其他原因（请与本人核实）', `${phone.zh}：填写有误`, '签字确认无效']
        : ['Papers: A paper cannot be read', 'Categories: The category is not right', 'The whole record: Another reason (请与本人核实)', `${phone.en}: Filled in wrongly`, 'The signed confirmation cannot be used'],
    )
    const links = [...notes.querySelectorAll<HTMLAnchorElement>('a')]
    expect(links).toHaveLength(3)
    for (const link of links) {
      link.click()
      await settle()
      expect(`#${document.activeElement?.id}`).toBe(link.getAttribute('href'))
    }
    expect(await faults(document.body)).toEqual([])
  })

  it('of somebody elsewhere says so, and begins only where the household has moved', async () => {
    askFor({ number: NUMBER })
    await visit('/person', { [LOOKUP]: { known: true, elsewhere: true, subject_id: SUBJECT, version: 3, entries: [], record: null, baseline: null, review: null } })
    expect(document.body.textContent).toContain('此人登记在您授权区划以外')
    expect(await faults(document.body)).toEqual([])
    expect(store.drafts.size).toBe(0)
    await click('button', '户籍已迁入')
    expect([...store.drafts.values()][0]).toMatchObject({ subjectId: SUBJECT, baseVersion: 3, isNew: false })
  })

  it('of who declined says so, and opens again by an act that is recorded', async () => {
    const village = String(fields.household_area)
    let state = 'declined'
    const answers = {
      [LOOKUP]: () => known(fields, { entries: [{ village, origin: 'baseline', state }] as never }),
      [`POST /api/capture/subjects/${SUBJECT}/ending`]: () => ((state = 'open'), { subject_id: SUBJECT, revision: 2, entries: [] }),
    }
    askFor({ number: NUMBER })
    await visit('/person', answers)
    expect(document.body.textContent).toContain('只有本人愿意')
    expect(store.drafts.size).toBe(0)
    await click('button', '重新开启')
    expect(requests.find((one) => one.line.endsWith('/ending'))?.body).toMatchObject({ ending: 'reopened', village })
    expect(store.drafts.size).toBe(1)
  })

  it('keeps the number and tries again when nobody answers', async () => {
    let down = true
    askFor({ number: NUMBER })
    await visit('/person', { [LOOKUP]: () => { if (down) throw new TypeError('away'); return known(fields) } })
    expect(document.querySelector('.summary')?.textContent).toContain('连接不上服务')
    down = false
    await click('button', '重试')
    expect(store.drafts.size).toBe(1)
  })

  it('goes on with a draft of the same person, and asks nobody', async () => {
    const held = await draft()
    askFor({ number: NUMBER })
    const router = await visit('/person')
    expect(router.currentRoute.value.params.draft).toBe(held.id)
    expect(requests.some((one) => one.line === LOOKUP)).toBe(false)
  })

  it('of a draft that is gone says so', async () => {
    await visit('/person/33333333-3333-4333-8333-333333333333')
    expect(document.body.textContent).toContain('这份草稿不在本页面')
  })
})

describe('F9', () => {
  it('says what is wrong where it takes focus, leads there, clears nothing, and forgets what was mended', async () => {
    const { id } = await draft({ fields: { ...fields, name: '' }, typed: { birth_date: '19691399' } })
    await visit(`/person/${id}`)
    await type('#field-name', '')
    await key('F9')
    const summary = document.querySelector<HTMLElement>('.summary')!
    expect(summary).toBe(document.activeElement)
    expect(document.title).toMatch(/^有误：/)
    expect(document.querySelector<HTMLInputElement>('#field-birth_date')?.value).toBe('19691399')
    expect(await faults(document.body)).toEqual([])
    const before = summary.querySelectorAll('li').length
    await click('.summary a', '姓名')
    expect(document.activeElement?.id).toBe('field-name')
    await type('#field-name', '王佳')
    await new Promise((done) => setTimeout(done, 320))
    await settle()
    expect(document.querySelectorAll('.summary li')).toHaveLength(before - 1)
    expect(document.querySelector('nav')?.textContent).toContain('有问题')
  })

  it('stops at no warning, and goes to the confirmation and to the receipt', async () => {
    const { id } = await draft({ fields: { ...fields, household_address: '某地' } })
    const router = await visit(`/person/${id}`)
    await click('#all-papers')
    await key('F9')
    expect(document.querySelector('.summary')).toBeNull()
    expect(document.querySelector('[aria-current="step"]')?.textContent).toContain('确认')
    await click('#sign')
    expect(vi.mocked(handIn).mock.calls[0]?.[0]).toMatchObject({ id, interpreter: '翻译', confirmation: { digest: 'sha256:signed' } })
    expect(router.currentRoute.value.path).toBe(`/receipt/${id}`)
  })

  it('leads back from the confirmation to a field', async () => {
    const { id } = await draft()
    await visit(`/person/${id}`)
    await click('#all-papers')
    await key('F9')
    await click('#mend')
    expect(document.activeElement?.id).toBe('field-phone')
  })

  it('asks for no second confirmation where nothing was changed, and says when one is void', async () => {
    const papers = golden('tongren').bases[0]!.papers.map((kind) => ({ id: kind, kind, digest: kind, content: new Blob([]), sent: true, mediaType: 'image/jpeg', salt: '' }))
    const { id } = await draft({ confirmation: { digest: 'sha256:held' } as never, papers })
    await visit(`/person/${id}`)
    await key('F9')
    expect(document.body.textContent).toContain('本人已经确认，内容没有改动')
    await click('button', '返回修改')
    await type('#field-phone', '13900000000')
    await key('F9')
    expect(document.querySelector('.notes')?.textContent).toContain('已作废')
    expect(document.querySelector('#sign')).not.toBeNull()
  })
})

describe('while somebody is open', () => {
  it('F6 leads from a field to the categories, where digits tick; while the person reads it leads nowhere', async () => {
    const { id } = await draft()
    await visit(`/person/${id}`)
    document.getElementById('field-phone')!.focus()
    await key('F6')
    const tile = document.activeElement!
    expect([tile.getAttribute('role'), tile.closest('.categories') !== null]).toEqual(['checkbox', true])
    const ticked = () => document.querySelectorAll('.tile[aria-checked="true"]').length
    const before = ticked()
    tile.dispatchEvent(new KeyboardEvent('keydown', { key: '=', bubbles: true, cancelable: true }))
    await settle()
    expect(ticked()).not.toBe(before)
    tile.dispatchEvent(new KeyboardEvent('keydown', { key: '=', bubbles: true, cancelable: true }))
    await settle()
    await click('#all-papers')
    await key('F9')
    await key('F6')
    expect(document.querySelector('[aria-current="step"]')?.textContent).toContain('确认')
    const listed = KEYS.person!.map(([name]) => name)
    for (const name of ['F6', 'Space Enter Esc R']) expect(listed).toContain(name)
  })

  it('a card of the same person is taken, one of somebody else asks first', async () => {
    pairing.value = { url: 'http://127.0.0.1:1', token: 't' }
    const { id } = await draft()
    const cards = [reading({ name: '卡上名', resident_number: NUMBER }), reading({ name: '别人', resident_number: 'another' })]
    const router = await visit(`/person/${id}`, { [READ]: () => cards.shift() ?? never(), [LOOKUP]: { known: false } })
    await key('F2')
    expect(document.querySelector<HTMLInputElement>('#field-name')?.value).toBe('卡上名')
    await key('F2')
    expect(document.body.textContent).toContain('卡上姓名：别人')
    await click('[role="dialog"] button', '打开卡上的人')
    expect(router.currentRoute.value.params.draft).not.toBe(id)
    expect(store.drafts.get(id)?.fields.name).toBe('卡上名')
    expect(store.drafts.size).toBe(2)
  })

  it('what leaves with a category is named, and stays in the draft', async () => {
    const { id } = await draft()
    await visit(`/person/${id}`)
    document.querySelector<HTMLElement>('[role="checkbox"][aria-checked="true"]')!.click()
    await settle()
    expect(document.querySelector('.categories')?.textContent).toContain('服役部队')
    expect(store.drafts.get(id)?.fields.service_unit).toBe(fields.service_unit)
    expect(document.querySelector('#field-service_unit')).toBeNull()
  })

  it('closing keeps the draft, and deleting asks first', async () => {
    const { id } = await draft()
    const router = await visit(`/person/${id}`)
    await type('#field-phone', '13900000000')
    await click('.actions button', '关闭')
    expect(router.currentRoute.value.name).toBe('today')
    expect(store.drafts.get(id)?.fields.phone).toBe('13900000000')
    await router.push(`/person/${id}`)
    await settle()
    await click('.actions button', '删除草稿')
    expect(store.drafts.size).toBe(1)
    await click('[role="dialog"] button', '删除草稿')
    expect(store.drafts.size).toBe(0)
  })
})
