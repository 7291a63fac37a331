/** The dashboard and the lists behind its figures, mounted whole, in both languages. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { faults } from '../../tests/axe'
import NoRightPage from '../../ui/src/pages/NoRightPage.vue'
import DashboardPage from '../src/pages/dashboard/DashboardPage.vue'
import QueuePage from '../src/pages/review/QueuePage.vue'
import { queue } from '../src/pages/review/queue'
import { COUNTY, problems, profile, refusal, requests, serve, TOWN, visit } from './support'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const NOW = '2026-11-24T07:04:00Z'

const progress = (name: string, level: string, expected: number, open: number, overdue: string[] = []) => ({
  name, level, expected, collected: expected - open, submitted: 1, returned: 0, verified: expected - open - 1, open, endings: {}, coverage: 0.5,
  verified_ratio: 0.5, last_upload: NOW, accepted: 1, refused: 0, overdue, problems_open: 2,
})
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
