/** Dashboard, queue, work orders and sign-in, mounted whole, in both languages. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { faults } from '../../tests/axe'
import NoRightPage from '../../ui/src/pages/NoRightPage.vue'
import DashboardPage from '../src/pages/dashboard/DashboardPage.vue'
import OrdersPage from '../src/pages/orders/OrdersPage.vue'
import QueuePage from '../src/pages/review/QueuePage.vue'
import { loadMore, loadQueue, queue } from '../src/pages/review/queue'
import { COUNTY, profile, refusal, requests, serve, TOWN, VILLAGE, visit } from './support'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const NOW = '2026-11-24T07:04:00Z'

async function press(within: Element, words: string): Promise<void> {
  ;[...within.querySelectorAll('button')].find((one) => one.textContent?.trim() === words)!.click()
  await flushPromises()
}

const progress = (name: string, level: string, expected: number, open: number, overdue: string[] = []) => ({
  name, level, expected, collected: expected - open, submitted: 1, returned: 0, verified: expected - open - 1, open, endings: {}, coverage: 0.5,
  verified_ratio: 0.5, last_upload: NOW, accepted: 1, refused: 0, overdue, problems_open: 2,
})
const problems = (name: string, open: number) => ({ name, level: 'county', open, ages: { over_30_days: open }, closed: 4, kinds: { dead: { open, closed: 4, ages: { over_30_days: open } } } })
const words = { zh: '怎样算', en: 'how it is computed' }
const waiting = (name: string, level: string) => ({
  name, level, submitted: { up_to_7_days: 5, over_14_days: 2 }, returned: { from_8_to_14_days: 1 }, units: { up_to_7_days: 1 }, reviewed: 100, returned_once: 9, flagged: { submitted: 4, returned: 0, verified: 3 }, accepted: 97, refused: 3,
})
const day = (date: string, open: number) => ({ day: date, at: NOW, expected: 1000, submitted: 1, returned: 0, verified: 999 - open, ended: 0, open, problems: 2 })
const history = (code: string) => ({
  as_of: NOW, code, name: code === COUNTY ? '同仁县' : '隆务镇', level: 'county', first: '2026-11-22', days: [day('2026-11-22', 300), day('2026-11-23', 200), day('2026-11-24', 186)],
})
const figures = (states: Record<string, number> = { open: 186, collected: 814 }) => ({
  'GET /api/reporting/progress': {
    as_of: NOW, code: COUNTY, area: progress('同仁县', 'county', 1000, 186, [TOWN]), areas: { [TOWN]: progress('隆务镇', 'township', 1000, 186, [TOWN]) },
    cadence: { days: 7, ...words }, formulas: { coverage: words, overdue: words },
  },
  'GET /api/reporting/problems': { as_of: NOW, code: COUNTY, area: problems('同仁县', 2), areas: { [TOWN]: problems('隆务镇', 2) }, ages: words },
  'GET /api/reporting/ledger': {
    as_of: NOW, level: 'county', areas: {},
    total: { name: '同仁县', level: 'county', origins: { baseline: 990, new: 10 }, states, review: { verified: 813, submitted: 1 }, balanced: states.open === 186 },
  },
  'GET /api/reporting/pulse': { as_of: NOW, windows: [], note: words },
  'GET /api/reporting/waiting': { as_of: NOW, code: COUNTY, area: waiting('同仁县', 'county'), areas: { [TOWN]: waiting('隆务镇', 'township') }, formulas: { waiting: words, returned: words, refused: words } },
  'GET /api/reporting/history': (_: unknown, url: URL) => history(url.searchParams.get('area')!),
})

describe('the dashboard', () => {
  it.each([
    ['zh', '同仁县：已有着落 81.4%，还有 186 人未采集', '1,000 = 1,000 ✓'],
    ['en', '同仁县: 81.4% accounted for, 186 people not collected yet', '1,000 = 1,000 ✓'],
  ] as const)('says its finding in %s, adds up, and is clean for axe', async (language, finding, equation) => {
    serve('leader', figures())
    await visit('/dashboard', DashboardPage, language)
    await flushPromises()
    expect(document.querySelector('h1')?.textContent).toBe(finding)
    expect(document.body.textContent).toContain(equation)
    if (language === 'zh') expect(await faults(document.body)).toEqual([])
  }, 120_000)

  it('asks for one row of the balance, never for the villages', async () => {
    const asked: string[] = []
    serve('leader', { ...figures(), 'GET /api/reporting/ledger': (_: unknown, url: URL) => (asked.push(url.search), figures()['GET /api/reporting/ledger']) })
    await visit('/dashboard', DashboardPage)
    await flushPromises()
    expect(asked).toEqual([`?area=${COUNTY}&level=county`])
  })

  it('shows a balance that does not hold as what it is', async () => {
    serve('leader', figures({ open: 183, collected: 814 }))
    await visit('/dashboard', DashboardPage)
    await flushPromises()
    expect(document.body.textContent).toContain('1,000 ≠ 997，差 3 ✕')
  })

  it('has a table beside each chart, drills down by it, and opens no categories unasked', async () => {
    serve('leader', figures())
    const { router } = await visit('/dashboard', DashboardPage)
    await flushPromises()
    for (const chart of document.querySelectorAll('.chart')) expect(chart.closest('section')?.querySelector('table'), chart.getAttribute('aria-label') ?? '').not.toBeNull()
    expect(requests.some((one) => one.line.endsWith('/categories'))).toBe(false)
    const link = [...document.querySelectorAll('a')].find((one) => one.textContent === '隆务镇')!
    link.click()
    await flushPromises()
    expect(router.currentRoute.value.params.area).toBe(TOWN)
  })

  it('says what happened and what may be done when a service is down, and tries again', async () => {
    let down = true
    serve('leader', { ...figures(), 'GET /api/reporting/progress': () => (down ? refusal(503, 'store-away', '数据库暂时不可用。') : figures()['GET /api/reporting/progress']) })
    await visit('/dashboard', DashboardPage)
    await flushPromises()
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('数据库暂时不可用。')
    expect(await faults(document.body)).toEqual([])
    down = false
    document.querySelector<HTMLElement>('[role="alert"] button')!.click()
    await flushPromises()
    expect(document.querySelector('[role="alert"]')).toBeNull()
    expect(document.querySelector('h1')?.textContent).toContain('81.4%')
  })

  it('of a township leader is of the township, without a pulse that they may not see', async () => {
    const asked: string[] = []
    serve('township_leader', { ...figures(), 'GET /api/reporting/progress': (_: unknown, url: URL) => (asked.push(url.search), figures()['GET /api/reporting/progress']) }, TOWN)
    await visit('/dashboard', DashboardPage)
    await flushPromises()
    expect(asked).toEqual([`?area=${TOWN}`])
    expect(requests.some((one) => one.line.endsWith('/pulse'))).toBe(false)
  })
})

describe('the list behind a figure', () => {
  const linked = () => [...document.querySelectorAll('main a')].map((one) => decodeURIComponent(one.getAttribute('href')!))

  it('is opened with its area and its filter, by who may see it there', async () => {
    const held = figures()
    held['GET /api/reporting/progress'].area.returned = 3
    serve('township_leader', held, COUNTY)
    await visit('/dashboard', DashboardPage)
    await flushPromises()
    const found = linked()
    for (const state of ['all', 'verified', 'submitted', 'returned', 'open']) expect(found).toContain(`/console/named/${COUNTY}?state=${state}`)
    expect(found).toContain(`/console/orders/${COUNTY}?kind=dead&age=over_30_days`)
    expect(found).toContain(`/console/orders/${TOWN}?age=over_30_days`)
    expect(found.some((one) => one.includes('/review'))).toBe(false)
  })

  it('is of exactly those whom a line of the balance counts', async () => {
    const held = figures()
    const { origins, states, review } = held['GET /api/reporting/ledger'].total
    serve('township_leader', held, COUNTY)
    await visit('/dashboard', DashboardPage)
    await flushPromises()
    const behind = (words: string) => {
      const table = [...document.querySelectorAll('table')].find((one) => one.textContent!.includes('初始数据'))!
      const row = [...table.querySelectorAll('tr')].find((one) => one.querySelector('th, td')?.textContent?.trim() === words)!
      return [...row.querySelectorAll('a')].map((one) => [one.textContent, decodeURIComponent(one.getAttribute('href')!)])
    }
    const at = `/console/named/${COUNTY}?state=`
    expect(behind('初始数据')).toEqual([[String(origins.baseline), `${at}all&origin=baseline`]])
    expect(behind('新增')).toEqual([[String(origins.new), `${at}all&origin=new`]])
    expect(behind('已核实')).toEqual([[String(review.verified), `${at}verified`]])
    expect(behind('已提交')).toEqual([[String(review.submitted), `${at}submitted`]])
    expect(behind('未采集')).toEqual([[String(states.open), `${at}open`]])
  })

  it('is no link for who may not see it', async () => {
    serve('leader', figures())
    await visit('/dashboard', DashboardPage)
    await flushPromises()
    expect(linked().filter((one) => one.includes('/named/') || one.includes('/review'))).toEqual([])
    expect(linked()).toContain(`/console/orders/${COUNTY}?kind=dead`)
  })

  it('is the queue of that area and age, and no older filter holds', async () => {
    const grant = { area: COUNTY, valid_from: '2020-01-01T00:00:00Z', valid_until: null }
    const account = { account_id: 'me', username: 'me', grants: [{ role: 'leader', ...grant }, { role: 'civil_affairs_reviewer', ...grant }], expires_at: '2099-01-01T00:00:00Z' }
    serve('leader', { ...figures(), 'GET /api/access/session': account })
    await visit('/dashboard', DashboardPage)
    await flushPromises()
    expect(linked()).toEqual(expect.arrayContaining([`/console/review?area=${COUNTY}`, `/console/review?area=${COUNTY}&days=15`, `/console/review?area=${TOWN}&flagged=1`]))
    document.body.replaceChildren()
    Object.assign(queue, { loaded: false, flagged: true, since: '2026-11-01', desk: 'x' })
    const asked: string[] = []
    serve('civil_affairs_reviewer', { 'GET /api/verification/queue': (_: unknown, url: URL) => (asked.push(url.search), { items: [], next: null }) })
    const { router } = await visit(`/review?area=${TOWN}&days=15`, QueuePage)
    await flushPromises()
    expect(asked).toEqual([`?limit=100&area=${TOWN}&days=15`])
    document.querySelector<HTMLInputElement>('input[type="checkbox"]')!.click()
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ area: TOWN, days: '15', flagged: '1' })
    expect(asked.at(-1)).toBe(`?limit=100&area=${TOWN}&days=15&flagged=true`)
    await router.push('/review')
    await flushPromises()
    expect(asked.at(-1)).toBe('?limit=100')
  })
})

const queued = (subject_id: string, more: object = {}) => ({
  subject_id, version: 1, village: VILLAGE, desk: 'civil_affairs', received_at: NOW, age_seconds: 3_700, returned: 2, own: false, passed: false, answers: 'agree', flagged: true, looking: null, ...more,
})

const counts = { everything: 2, over_3: 2, over_7: 1, over_15: 0, flagged: 1 }

describe('the queue', () => {
  it('names nobody, goes by arrow keys, and is clean for axe', async () => {
    queue.loaded = false
    const ids = ['1', '2'].map((digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`)
    serve('civil_affairs_reviewer', { 'GET /api/verification/queue': { items: ids.map((id) => queued(id)), next: null } })
    await visit('/review', QueuePage)
    await flushPromises()
    expect(document.querySelector('h1')?.textContent).toContain('2 条记录等待复核')
    expect(document.body.textContent).toContain('隆务镇 吾屯村')
    expect(await faults(document.body)).toEqual([])
    const links = [...document.querySelectorAll<HTMLElement>('a.open')]
    links[0]!.focus()
    links[0]!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }))
    expect(document.activeElement).toBe(links[1])
  })

  it('begins with the oldest that is not one’s own', async () => {
    queue.loaded = false
    const own = '11111111-1111-4111-8111-111111111111'
    const other = '22222222-1111-4111-8111-111111111111'
    serve('civil_affairs_reviewer', { 'GET /api/verification/queue': { items: [queued(own, { own: true }), queued(other)], next: null } })
    const { router } = await visit('/review', QueuePage)
    await flushPromises()
    document.querySelector<HTMLElement>('.el-button--primary')!.click()
    await vi.waitFor(() => expect(router.currentRoute.value.params.subject).toBe(other), 10_000)
  })

  it('is asked for by age and flag, says how many of each there are, and by which it is empty', async () => {
    queue.loaded = false
    const asked: string[] = []
    const list = (_: unknown, url: URL) => {
      asked.push(url.search)
      return url.searchParams.has('flagged') ? { items: [], next: null } : { items: [queued('11111111-1111-4111-8111-111111111111')], next: null }
    }
    serve('civil_affairs_reviewer', { 'GET /api/verification/queue': list, 'GET /api/verification/queue/ages': { as_of: NOW, desks: { civil_affairs: counts } } })
    await visit('/review', QueuePage)
    await flushPromises()
    const [ages] = document.querySelectorAll<HTMLSelectElement>('.filters > label select')
    expect([...ages!.options].map((one) => one.text.trim())).toEqual(['不限（2）', '3 天以上（2）', '7 天以上（1）', '15 天以上（0）'])
    ages!.value = '7'
    ages!.dispatchEvent(new Event('change'))
    await flushPromises()
    expect(document.querySelector('h1')?.textContent).toContain('1 条记录等待复核')
    const since = document.querySelector<HTMLInputElement>('.filters > label input[type="date"]')!
    since.value = '2026-11-20'
    since.dispatchEvent(new Event('input'))
    since.dispatchEvent(new Event('change'))
    await flushPromises()
    document.querySelector<HTMLInputElement>('.filters > label input[type="checkbox"]')!.click()
    await flushPromises()
    expect(asked).toEqual(['?limit=100', '?limit=100&days=7', '?limit=100&days=7&since=2026-11-20', '?limit=100&days=7&since=2026-11-20&flagged=true'])
    expect(document.querySelector('h1')?.textContent).toBe('没有符合所选条件的记录')
    expect(await faults(document.body)).toEqual([])
    Object.assign(queue, { days: 0, since: '', flagged: false })
  }, 30_000)

  it('says at which record another looks, and does not begin with it', async () => {
    queue.loaded = false
    const [busy, free] = ['1', '2'].map((digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`) as [string, string]
    const looking = { own: false, since: NOW, until: '2099-01-01T00:00:00Z' }
    serve('civil_affairs_reviewer', { 'GET /api/verification/queue': { items: [queued(busy, { looking }), queued(free, { looking: { ...looking, until: NOW } })], next: null } })
    const { router } = await visit('/review', QueuePage)
    await flushPromises()
    const rows = [...document.querySelectorAll('tbody tr')].map((row) => row.textContent)
    expect(rows[0]).toContain('他人在看，自 2026-11-24 15:04')
    expect(rows[1]).not.toContain('他人在看')
    document.querySelector<HTMLElement>('.el-button--primary')!.click()
    await vi.waitFor(() => expect(router.currentRoute.value.params.subject).toBe(free), 10_000)
  }, 30_000)

  it('opens what the dashboard counts as flagged', async () => {
    queue.loaded = false
    const asked: string[] = []
    serve('civil_affairs_reviewer', { 'GET /api/verification/queue': (_: unknown, url: URL) => (asked.push(url.search), { items: [], next: null }) })
    await visit(`/review?flagged=1&area=${TOWN}`, QueuePage)
    await flushPromises()
    expect(asked).toEqual([`?limit=100&area=${TOWN}&flagged=true`])
    Object.assign(queue, { area: '', flagged: false })
  })

  it('says where the next page did not come, keeps what is listed, and tries again when asked', async () => {
    queue.loaded = false
    const [one, other] = ['1', '2'].map((digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`) as [string, string]
    let down = true
    serve('civil_affairs_reviewer', {
      'GET /api/verification/queue': (_: unknown, url: URL) => {
        if (!url.searchParams.has('after')) return { items: [queued(one)], next: 'a' }
        if (down) throw new TypeError('failed')
        return { items: [queued(other)], next: null }
      },
    })
    await visit('/review', QueuePage)
    await flushPromises()
    const button = (words: string) => [...document.querySelectorAll<HTMLElement>('button')].find((found) => found.textContent!.includes(words))
    button('继续列出')!.click()
    await flushPromises()
    const alert = document.querySelector('[role="alert"]')
    expect(alert?.textContent).toContain('连接不上服务')
    expect(alert?.textContent).toContain('已列出的都还在')
    expect(document.querySelectorAll('tbody tr')).toHaveLength(1)
    expect(await faults(document.body)).toEqual([])
    down = false
    button('重试')!.click()
    await flushPromises()
    expect(document.querySelectorAll('tbody tr')).toHaveLength(2)
    expect(document.querySelector('[role="alert"]')).toBeNull()
    expect(button('继续列出')).toBeUndefined()
  }, 30_000)

  it('reads on by pages, each once, and shows nobody twice', async () => {
    const id = (at: number) => `${String(at).padStart(8, '0')}-1111-4111-8111-111111111111`
    const page = (from: number, next: string | null) => ({ items: Array.from({ length: 100 }, (_, at) => queued(id(from + at))), next })
    const asked: (string | null)[] = []
    serve('civil_affairs_reviewer', {
      'GET /api/verification/queue': (_: unknown, url: URL) => {
        asked.push(url.searchParams.get('after'))
        return url.searchParams.get('after') === 'a' ? page(99, 'b') : url.searchParams.get('after') === 'b' ? page(199, null) : page(0, 'a')
      },
    })
    await loadQueue()
    await Promise.all([loadMore(), loadMore()])
    expect(asked).toEqual([null, 'a'])
    await loadMore()
    await loadMore()
    expect(asked).toEqual([null, 'a', 'b'])
    expect(new Set(queue.items.map((one) => one.subject_id)).size).toBe(queue.items.length)
    expect(queue.items).toHaveLength(299)
  })
})

const ORDER = {
  discrepancy_id: 'd1', kind: 'field_mismatch', subject_id: 's', field: 'unit', department: 'armed-forces', other: null, village: VILLAGE, state: 'open', comparable: true,
  revision: 1, first_opened_at: NOW, opened_at: NOW, closed_at: null, closed_by: null, named_by: null, age_seconds: 40 * 86_400, handled_in: null, questions: 0,
}

describe('work orders', () => {
  const serves = (role: string, more: Record<string, unknown> = {}) =>
    serve(role, {
      'GET /api/crosscheck/discrepancies': { items: [ORDER], next: null },
      'GET /api/crosscheck/comparison': { open: true, opened_at: NOW, opened_by: 'x', waiting: 0 },
      ...more,
    })

  it('are opened with a reason and never closed by hand; a leader opens none', async () => {
    serves('leader')
    await visit('/orders', OrdersPage)
    await flushPromises()
    expect(document.body.textContent).toContain('超过30天（1）')
    expect(await faults(document.body)).toEqual([])
    expect([...document.querySelectorAll('tbody button')]).toEqual([])
  })

  it('are chosen by kind and age from the address, counted as reporting counts, and read on after a failure', async () => {
    const asked: string[] = []
    let down = true
    const more = (_: unknown, url: URL) => {
      asked.push(url.search)
      if (!url.searchParams.has('after')) return { items: [ORDER], next: 'on' }
      return down ? refusal(503, 'store-away', '数据库暂时不可用。') : { items: [{ ...ORDER, discrepancy_id: 'd2' }], next: null }
    }
    serves('leader', { 'GET /api/crosscheck/discrepancies': more, 'GET /api/reporting/problems': { as_of: NOW, code: COUNTY, area: problems('同仁县', 1203), areas: {}, ages: words } })
    const { router } = await visit(`/orders/${COUNTY}?kind=dead&age=over_30_days`, OrdersPage)
    await flushPromises()
    expect(asked).toEqual([`?area=${COUNTY}&state=open&limit=100&kind=dead&age=over_30_days`])
    expect(document.querySelector('h1')?.textContent).toBe('同仁县：共 1,203 张核查单，先列出 1 张')
    expect(document.querySelector('.group')?.textContent).toBe('超过30天（1,203）')
    expect(document.body.textContent).toContain('超过30天（1,203）')
    await press(document.body, '继续列出')
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('数据库暂时不可用。')
    expect(document.querySelectorAll('tbody tr:not(.group)')).toHaveLength(1)
    expect(await faults(document.body)).toEqual([])
    down = false
    await press(document.body, '重试')
    expect(document.querySelector('[role="alert"]')).toBeNull()
    expect(document.querySelector('.group')?.textContent).toBe('超过30天（2）')
    const state = [...document.querySelectorAll<HTMLSelectElement>('.filters select')][0]!
    state.value = 'closed'
    state.dispatchEvent(new Event('change'))
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ state: 'closed', kind: 'dead' })
    expect(asked.at(-1)).toBe(`?area=${COUNTY}&state=closed&limit=100&kind=dead`)
  })

  it('of a list that is not all here say no number that is that of a page', async () => {
    serves('civil_affairs_reviewer', { 'GET /api/crosscheck/discrepancies': { items: [ORDER], next: 'on' } })
    await visit('/orders', OrdersPage)
    await flushPromises()
    expect(document.querySelector('.group')?.textContent).toBe('超过30天')
    expect(requests.some((one) => one.line.endsWith('/problems'))).toBe(false)
  })

  it('show both sides to who mends them, the number masked', async () => {
    // Nobody's: its checksum is wrong on purpose.
    const number = '00000000000000000X'
    const opened = { ...ORDER, person: { subject_id: 's', name: '某人', number }, record_value: '第二十一集团军', department_value: null, twin: null, reveal: null, notes: [] }
    serves('civil_affairs_reviewer', {
      'POST /api/crosscheck/discrepancies/d1/open': (body: unknown) => ((body as { reason: string }).reason === '核对档案' ? opened : refusal(422, 'reason', '不行')),
      'POST /api/crosscheck/discrepancies/d1/reveal': { reveal_id: 'r' },
    })
    await visit('/orders', OrdersPage)
    await flushPromises()
    document.querySelector<HTMLElement>('tbody .el-button')!.click()
    await flushPromises()
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('请写明打开的理由')
    const reason = document.querySelector<HTMLInputElement>('#order-reason')!
    reason.value = '核对档案'
    reason.dispatchEvent(new Event('input'))
    await nextTick()
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    const dialog = document.querySelector('[role="dialog"]')!
    expect(dialog.textContent).toContain('某人')
    expect(dialog.textContent).not.toContain(number)
    expect(dialog.textContent).toContain('数据留在部门，未揭示')
    expect(dialog.textContent).toContain('最近一次复核没有通过')
    expect(dialog.querySelector('a')?.textContent).toBe('到复核页完善或退回这条记录')
    expect(await faults(dialog)).toEqual([])
    ;[...dialog.querySelectorAll('button')].find((one) => one.textContent?.includes('申请揭示'))!.click()
    await flushPromises()
    expect(requests.at(-1)).toEqual({ line: 'POST /api/crosscheck/discrepancies/d1/reveal', body: { reason: '核对档案' } })
    expect(dialog.querySelector('[role="status"]')?.textContent).toContain('已向部门申请揭示')
  })
})

describe('what is said about a work order', () => {
  const NOTE = { note_id: 'q1', kind: 'question', answers: null, to: TOWN, by: 'x', at: NOW, text: '请核对通知书' }
  const ID = /^[0-9a-f-]{36}$/

  async function dialogOf(notes: unknown[], more: Record<string, unknown> = {}): Promise<Element> {
    const opened = { ...ORDER, person: { subject_id: 's', name: '某人', number: null }, record_value: '甲', department_value: '乙', twin: null, reveal: null, notes }
    serve('civil_affairs_reviewer', {
      'GET /api/crosscheck/discrepancies': { items: [{ ...ORDER, questions: notes.length }], next: null },
      'GET /api/crosscheck/comparison': { open: true, opened_at: NOW, opened_by: 'x', waiting: 0 },
      'POST /api/crosscheck/discrepancies/d1/open': opened,
      'POST /api/crosscheck/discrepancies/d1/questions': () => new Response(null, { status: 204 }),
      'POST /api/crosscheck/discrepancies/d1/answers': () => new Response(null, { status: 204 }),
      'POST /api/crosscheck/discrepancies/d1/transfer': (body: unknown) => ({ ...ORDER, handled_in: (body as { area: string | null }).area }),
      ...more,
    })
    await visit('/orders', OrdersPage)
    await flushPromises()
    document.querySelector<HTMLElement>('tbody .el-button')!.click()
    await flushPromises()
    await type('order-reason', '核对')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    return document.querySelector('[role="dialog"]')!
  }

  async function type(id: string, text: string): Promise<void> {
    const input = document.querySelector<HTMLInputElement>(`#${id}`)!
    input.value = text
    input.dispatchEvent(new Event('input'))
    await nextTick()
  }

  async function submit(dialog: Element): Promise<void> {
    dialog.querySelector('section form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
  }

  it('is asked of a department or an area, with words, and shown at once', async () => {
    const dialog = await dialogOf([])
    await press(dialog, '询问')
    expect(dialog.textContent).toContain('部门不登录本系统')
    await submit(dialog)
    expect(dialog.querySelector('[role="alert"]')?.textContent).toContain('请填写内容')
    expect(await faults(dialog)).toEqual([])
    const to = document.querySelector<HTMLSelectElement>('#note-to')!
    expect([...to.options].map((one) => one.value)).toEqual([COUNTY, TOWN, VILLAGE, 'armed-forces'])
    to.value = TOWN
    to.dispatchEvent(new Event('change'))
    await type('note-words', '请核对通知书')
    await submit(dialog)
    expect(requests.at(-1)).toEqual({ line: 'POST /api/crosscheck/discrepancies/d1/questions', body: { note_id: expect.stringMatching(ID), to: TOWN, text: '请核对通知书' } })
    expect(dialog.querySelector('section')!.textContent).toContain('您询问隆务镇：请核对通知书')
  }, 20_000)

  it('is answered once', async () => {
    const dialog = await dialogOf([NOTE])
    expect(document.querySelector('tbody')!.textContent).toContain('1问待答复')
    await press(dialog, '答复')
    await type('note-words', '为二连')
    await submit(dialog)
    expect(requests.at(-1)!.body).toMatchObject({ question: 'q1', text: '为二连' })
    expect(dialog.querySelector('section')!.textContent).not.toContain('待答复')
  }, 20_000)

  it('is passed on to another area; nothing closes it by hand', async () => {
    const dialog = await dialogOf([])
    await press(dialog, '转出')
    const level = () => [...dialog.querySelectorAll<HTMLSelectElement>('.areas select')].at(-1)!
    for (const code of [TOWN, VILLAGE]) {
      level().value = code
      level().dispatchEvent(new Event('change'))
      await nextTick()
    }
    await type('note-words', '现居住在该村')
    await submit(dialog)
    expect(requests.find((one) => one.line.endsWith('/transfer'))!.body).toEqual({ note_id: expect.stringMatching(ID), area: VILLAGE, reason: '现居住在该村' })
    expect(dialog.textContent).toContain('转由吾屯村办理')
    expect([...dialog.querySelectorAll('button')].some((one) => one.textContent?.includes('销号'))).toBe(false)
  }, 20_000)
})

it('who holds nothing here hears what they hold', async () => {
  serve('collector', {}, TOWN)
  await visit('/no-right', NoRightPage)
  await flushPromises()
  expect(document.body.textContent).toContain('隆务镇 · 采集员')
  expect(await faults(document.body)).toEqual([])
})

it('the profile’s notice stands below the figures', async () => {
  serve('leader', figures())
  await visit('/dashboard', DashboardPage)
  await flushPromises()
  expect(document.body.textContent).toContain(profile.benefits_notice.zh)
})
