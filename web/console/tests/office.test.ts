/** Terminals and departments, whom departments know, the profile, and how services are. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { faults } from '../../tests/axe'
import CandidatesPage from '../src/pages/admin/CandidatesPage.vue'
import { waitingWords } from '../src/pages/admin/health'
import HealthPage from '../src/pages/admin/HealthPage.vue'
import { finds, forbidding, needing } from '../src/pages/admin/profile'
import ProfilePage from '../src/pages/admin/ProfilePage.vue'
import TerminalsPage from '../src/pages/admin/TerminalsPage.vue'
import { forgetCampaign } from '@muster/ui'
import { COUNTY, press, profile, refusal, requests, serve, TOWN, type, VILLAGE, visit } from './support'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
  forgetCampaign()
})

const NOW = '2026-11-30T01:04:00Z'
const ID = '33333333-3333-4333-8333-333333333333'
const submit = async () => {
  document.querySelector('[role="dialog"] form')!.dispatchEvent(new Event('submit'))
  await flushPromises()
}

describe('terminals', () => {
  const terminal = { terminal_id: ID, area: TOWN, label: '隆务镇采集端1号', enrolled_at: NOW, revoked_at: null }
  const device = { terminal_id: ID, area: TOWN, name: '隆务镇', readers: { pcsc: 'ready', serial: 'reader-away', odd: 'never-heard' }, waiting: 3, software: '0.1.0', at: NOW, last_heard: NOW }
  const serves = (role: string, area = COUNTY, more: Record<string, unknown> = {}) =>
    serve(
      role,
      {
        'GET /api/access/terminals': { terminals: [terminal], next: null },
        'GET /api/access/departments': { departments: [{ department: 'armed-forces', area: COUNTY, label: '县人武部', version: 1, enrolled_at: NOW, revoked_at: NOW }] },
        'GET /api/reporting/devices': { as_of: NOW, code: area, devices: [device] },
        ...more,
      },
      area,
    )

  it('are listed with their readers, and are clean for axe', async () => {
    serves('administrator')
    await visit('/admin/terminals', TerminalsPage)
    await flushPromises()
    for (const words of ['隆务镇采集端1号', '县人武部', '2026-11-30 已吊销', '可用', '未连接', '不可用']) expect(document.body.textContent).toContain(words)
    expect(await faults(document.body)).toEqual([])
  })

  it('of a township leader are readers alone: what they may not see is not asked for', async () => {
    serves('township_leader', TOWN)
    await visit('/admin/terminals', TerminalsPage)
    await flushPromises()
    expect(requests.some((one) => one.line.includes('/access/terminals'))).toBe(false)
    expect(document.body.textContent).toContain(`采集端 ${ID.slice(0, 8)}`)
    expect(document.body.textContent).not.toContain('登记采集端或部门')
  })

  it('a code is shown once, with what to do next', async () => {
    const opened = { enrolment_id: ID, code: '7K3M-0QXA-9F2C-HT5B', area: COUNTY, label: '1号', department: null, expires_at: NOW }
    serves('administrator', COUNTY, { 'POST /api/access/enrolments': (body: unknown) => ((body as { label: string }).label === '1号' ? opened : refusal(422, 'label-personal', '名称中不得含有号码。', 'label')) })
    await visit('/admin/terminals', TerminalsPage)
    await flushPromises()
    await press('登记采集端或部门')
    await submit()
    expect(document.querySelector('[role="dialog"] [role="alert"]')?.textContent).toContain('请填写采集端名称')
    await type('enrol-label', '二号')
    await submit()
    const line = document.querySelector<HTMLAnchorElement>('[role="dialog"] [role="alert"] a')!
    expect([line.textContent, line.getAttribute('href')]).toEqual(['名称中不得含有号码。', '#enrol-label'])
    await type('enrol-label', '1号')
    await submit()
    const dialog = document.querySelector('[role="dialog"]')!
    expect(dialog.textContent).toContain(opened.code)
    expect(dialog.textContent).toContain('muster-gateway enrol')
    expect(await faults(dialog)).toEqual([])
    await press('已记下', dialog)
    expect(document.body.textContent).not.toContain(opened.code)
  })

  it('a code whose answer was lost may have been opened: nobody says that nothing was changed', async () => {
    const lost = () => {
      throw new TypeError('failed')
    }
    serves('administrator', COUNTY, { 'POST /api/access/enrolments': lost })
    await visit('/admin/terminals', TerminalsPage)
    await flushPromises()
    await press('登记采集端或部门')
    await type('enrol-label', '1号')
    await submit()
    const said = document.querySelector('[role="dialog"] [role="alert"]')!.textContent!
    for (const words of ['没有收到答复', '可能已经办成，也可能没有。请先查看', '您填写的都还在']) expect(said).toContain(words)
    expect(said).not.toContain('没有改动')
  })

  it('a department is enrolled for the campaign, and only by who administers all of it', async () => {
    serves('administrator', COUNTY, { 'POST /api/access/enrolments': (body: unknown) => ({ enrolment_id: ID, code: 'X', expires_at: NOW, ...(body as object) }) })
    await visit('/admin/terminals', TerminalsPage)
    await flushPromises()
    await press('登记采集端或部门')
    document.querySelector<HTMLInputElement>('input[value="department"]')!.click()
    await flushPromises()
    await submit()
    expect(document.querySelector('[role="dialog"] [role="alert"]')?.textContent).toContain('请选择部门')
    await type('enrol-department', 'armed-forces')
    await submit()
    expect(requests.at(-1)!.body).toEqual({ area: COUNTY, label: '人武', department: 'armed-forces' })
    // By its connector, or in its officer's browser.
    for (const way of ['muster-connector enrol', '“部门反馈”']) expect(document.querySelector('[role="dialog"]')!.textContent).toContain(way)
    document.body.replaceChildren()
    serves('administrator', TOWN)
    await visit('/admin/terminals', TerminalsPage)
    await flushPromises()
    await press('登记采集端或部门')
    expect(document.querySelector<HTMLInputElement>('input[value="department"]')!.disabled).toBe(true)
  })

  it('are revoked for a reason', async () => {
    serves('administrator', COUNTY, { [`POST /api/access/terminals/${ID}/revoke`]: { ...terminal, revoked_at: NOW } })
    await visit('/admin/terminals', TerminalsPage)
    await flushPromises()
    await press('吊销')
    await type('act-reason', '电脑遗失')
    await submit()
    expect(requests.some((one) => one.line.endsWith('/revoke') && (one.body as { reason: string }).reason === '电脑遗失')).toBe(true)
    expect(document.querySelector('[role="status"]')?.textContent).toContain('已吊销')
  })
})

describe('whom departments know', () => {
  const candidate = { candidate_id: ID, department: 'armed-forces', area: TOWN, reasons: [{ field: 'household_area', rule: 'required', zh: '缺少户籍所在村', en: 'No village', severity: 'refuse' }], since: NOW }
  // Nobody's: its checksum is wrong on purpose.
  const number = '00000000000000000X'
  const serves = (settlement: unknown) =>
    serve('administrator', {
      'GET /api/capture/candidates': { candidates: [candidate], next: null },
      [`POST /api/capture/candidates/${ID}/open`]: { candidate_id: ID, fields: { name: '某人', resident_number: number } },
      [`POST /api/capture/candidates/${ID}/settlement`]: settlement,
    })
  const open = async () => {
    await visit('/admin/candidates', CandidatesPage)
    await flushPromises()
    expect(document.body.textContent).not.toContain('某人')
    expect(await faults(document.body)).toEqual([])
    await press('打开')
    await submit()
    expect(document.querySelector('[role="dialog"] [role="alert"]')?.textContent).toContain('请写明理由')
    await type('act-reason', '核对户籍')
    await submit()
  }

  it('are listed on by pages, and a page that did not come is said beside the button', async () => {
    let down = true
    serve('administrator', {
      'GET /api/capture/candidates': (_: unknown, url: URL) => {
        if (!url.searchParams.has('after')) return { candidates: [candidate], next: 'a' }
        if (down) throw new TypeError('gone')
        return { candidates: [{ ...candidate, candidate_id: ID.replace('1', '2') }], next: null }
      },
    })
    await visit('/admin/candidates', CandidatesPage)
    await flushPromises()
    await press('继续列出')
    expect(document.querySelector('.on [role="alert"]')?.textContent).toContain('连接不上服务')
    expect(document.querySelectorAll('tbody tr')).toHaveLength(1)
    expect(await faults(document.body)).toEqual([])
    down = false
    await press('重试')
    expect(document.querySelectorAll('tbody tr')).toHaveLength(2)
    expect(document.querySelector('[role="alert"]')).toBeNull()
  })

  it('are named after a reason only, the number masked, and entered in a village', async () => {
    let no = true
    serves(() => (no ? refusal(422, 'unknown-village', '没有这个村。', 'village') : { candidate_id: ID, outcome: 'registered', subject_id: ID }))
    await open()
    const dialog = document.querySelector('[role="dialog"]')!
    expect(dialog.textContent).toContain('某人')
    expect(dialog.textContent).not.toContain(number)
    expect(await faults(dialog)).toEqual([])
    await submit()
    expect(dialog.querySelector('[role="alert"]')?.textContent).toContain('请选择村')
    const line = (name: string) => [...dialog.querySelectorAll<HTMLElement>('[role="treeitem"]')].find((one) => one.querySelector('.name')?.textContent === name)!
    // A township is no village: greyed, and not taken.
    line('同仁县').focus()
    const keys = async (...pressed: string[]) => {
      for (const key of pressed) {
        document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
        await flushPromises()
      }
    }
    await keys('ArrowRight', 'ArrowDown', 'Enter')
    expect(line('隆务镇').getAttribute('aria-selected')).toBe('false')
    await keys('ArrowRight', 'ArrowDown', 'Enter')
    await submit()
    expect(dialog.querySelector('[role="alert"]')?.textContent).toContain('没有这个村。')
    no = false
    await submit()
    expect(requests.findLast((one) => one.line.endsWith('/settlement'))!.body).toEqual({ village: VILLAGE })
    expect(document.querySelector('[role="status"]')?.textContent).toContain('已登记为待采集对象')
  })

  it('or are dismissed with the reason', async () => {
    serves({ candidate_id: ID, outcome: 'dismissed', subject_id: null })
    await open()
    document.querySelector<HTMLInputElement>('input[value="dismiss"]')!.click()
    await flushPromises()
    await submit()
    expect(document.querySelector('[role="dialog"] [role="alert"]')?.textContent).toContain('请写明为什么不登记')
    await type('candidate-why', '查无此人')
    await submit()
    expect(requests.findLast((one) => one.line.endsWith('/settlement'))!.body).toEqual({ dismissed: '查无此人' })
    expect(document.querySelector('[role="status"]')?.textContent).toContain('不予登记')
  })
})

describe('the profile', () => {
  const rule = (id: string, kind: string, parameters: object) => ({ id, zh: `规则${id}`, en: id, kind, parameters, field: 'categories', severity: 'refuse' as const, cite: '同三(二)' })
  const rules = [rule('one', 'at-most-one', { of: ['a', 'b'] }), rule('not', 'excludes', { if: ['c'], of: ['a'] }), rule('needs', 'needs-one-of', { if: ['d'], of: ['a', 'b'] }), rule('other', 'min-age', { years: 12 })] as never[]

  it('says which categories go together, and by which rule not', () => {
    const pairs = [['a', 'b'], ['b', 'a'], ['a', 'c'], ['c', 'a'], ['b', 'c'], ['a', 'd']] as const
    expect(pairs.map(([one, other]) => forbidding(rules, one, other).map((found) => found.id))).toEqual([['one'], ['one'], ['not'], ['not'], [], []])
    expect(['a', 'd'].map((one) => needing(rules, one).map((found) => found.id))).toEqual([[], ['needs']])
  })

  it('finds each word, wherever it stands', () => {
    expect(finds('同四 人武', ['人武', '同四(二)', null])).toBe(true)
    expect(finds('同四 民政', ['人武', '同四(二)'])).toBe(false)
  })

  it('is read with its sources, searched, and clean for axe', async () => {
    const whole = {
      ...profile,
      phases: [{ id: 'first', zh: '第一阶段', en: 'First', until: '2018-12-10', cite: '同六(一)' }],
      categories: [...profile.categories, { ...profile.categories[0]!, id: 'cadre', zh: '军休干部', en: 'cadre', number: 2 }],
      evidence: [{ id: 'papers', zh: '身份证', en: 'ID', one_of: ['id_card'], categories: ['soldier', 'cadre'], severity: 'refuse', cite: '同五(一)1' }],
      rules: [{ id: 'one', zh: '只能选一项', en: 'One', kind: 'at-most-one', parameters: { of: ['soldier', 'cadre'] }, field: 'categories', severity: 'refuse', cite: '同三(二)' }],
    }
    serve('administrator', { 'GET /api/capture/profile': whole })
    await visit('/admin/profile', ProfilePage)
    await flushPromises()
    for (const words of ['同仁县实施方案', '2018年12月10日', '同六(一)', '同五(一)1', '只提供编码', '退役士兵与军休干部：不能同时选择']) expect(document.body.textContent).toContain(words)
    expect(await faults(document.body)).toEqual([])
    await type('profile-find', '同五')
    expect([...document.querySelectorAll('h2')].map((one) => one.textContent)).toEqual(['证明材料（1）'])
    await type('profile-find', '没有这个词')
    expect(document.body.textContent).toContain('没有找到')
  })
})

describe('how services are', () => {
  const ready = (waiting: string[] = []) => new Response(JSON.stringify({ ready: !waiting.length, waiting_for: waiting }), { status: waiting.length ? 503 : 200, headers: { 'content-type': 'application/json' } })
  const group = { topic: 'device-card-read', zh: '消息的密钥尚未到达', en: 'the key is not here yet', messages: 3, first_at: NOW, last_at: NOW }
  const troubles = (service: string, some = false) => ({ service, as_of: NOW, parked: some ? [{ ...group, keys: 2, held: 1 }] : [], dead_letters: some ? [{ ...group, rule: 'bad-seal', messages: 2 }] : [] })
  const NAMES = ['access', 'capture', 'verification', 'crosscheck', 'reporting']
  const serves = (more: Record<string, unknown> = {}, area = COUNTY) =>
    serve('administrator', { ...Object.fromEntries(NAMES.flatMap((name) => [[`GET /api/${name}/ready`, () => ready()], [`GET /api/${name}/troubles`, troubles(name)]])), ...more }, area)
  const look = async () => {
    await visit('/admin/health', HealthPage)
    await vi.waitFor(() => expect(document.querySelectorAll('tbody tr').length).toBeGreaterThan(4), 10_000)
  }

  it('all well is said in one sentence', async () => {
    serves()
    await look()
    expect(document.querySelector('h1')?.textContent).toBe('各服务正常，没有滞留的消息')
    expect(document.querySelectorAll('table')).toHaveLength(1)
    expect(await faults(document.body)).toEqual([])
  })

  it('what stands aside is counted by topic and reason, with its age', async () => {
    serves({ 'GET /api/capture/troubles': troubles('capture', true) })
    await look()
    expect(document.querySelector('h1')?.textContent).toBe('各服务正常，有 5 条消息滞留')
    expect(document.querySelectorAll('table')).toHaveLength(3)
    for (const words of ['device-card-read', '消息的密钥尚未到达', 'bad-seal']) expect(document.body.textContent).toContain(words)
    expect(await faults(document.body)).toEqual([])
  })

  it('a service that is not ready says what it waits for; one that is silent hides no other', async () => {
    serves({ 'GET /api/crosscheck/ready': () => ready(['database', 'halted: capture-record-submitted']), 'GET /api/reporting/ready': () => new Response('<html>', { status: 502 }), 'GET /api/access/troubles': () => refusal(503, 'store-away', '不可用') })
    await look()
    expect(document.querySelector('h1')?.textContent).toBe('2 个服务不能正常工作')
    for (const words of ['数据库连接不上', 'capture-record-submitted 上几乎全是无效消息', '没有回应', '服务暂时没有办成这件事']) expect(document.body.textContent).toContain(words)
    expect(requests.some((one) => one.line.includes('/reporting/troubles'))).toBe(false)
  })

  it('of a township’s administrator no troubles are asked for', async () => {
    serves({}, TOWN)
    await look()
    expect(requests.some((one) => one.line.endsWith('/troubles'))).toBe(false)
    expect(document.body.textContent).toContain('只向整个采集方案的管理员显示')
  })

  it.each([
    ['database', 'health.waits.database', ''],
    ['broker', 'health.waits.broker', ''],
    ['halted: x-y', 'health.waits.halted', 'x-y'],
    ['relay ended: ValueError', 'health.waits.part', 'relay ended: ValueError'],
  ])('%s is said in words', (waiting, key, name) => expect(waitingWords(waiting)).toEqual({ key, name }))
})
