/** Panels say when their own figures are from, follow the news, and go out of the page. */
import { loadCampaign } from '@muster/ui'
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import CoveragePanel from '../src/pages/dashboard/CoveragePanel.vue'
import FiguresRow from '../src/pages/dashboard/FiguresRow.vue'
import OverduePanel from '../src/pages/dashboard/OverduePanel.vue'
import ProblemsPanel from '../src/pages/dashboard/ProblemsPanel.vue'
import PulsePanel from '../src/pages/dashboard/PulsePanel.vue'
import TrendPanel from '../src/pages/dashboard/TrendPanel.vue'
import CategoriesPanel from '../src/pages/dashboard/CategoriesPanel.vue'
import { COUNTY, press, problems, requests, serve, TOWN, visit } from './support'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const NOW = '2026-11-24T07:04:00Z'
const LATER = '2026-11-24T09:30:00Z'
const words = { zh: '怎样算', en: 'how' }
const area = (name: string, overdue: string[] = []) => ({
  name, level: 'county', expected: 10, collected: 8, submitted: 1, returned: 0, verified: 7, open: 2, endings: {}, coverage: 0.8, verified_ratio: 0.8, last_upload: NOW, accepted: 1, refused: 0, overdue, problems_open: 0,
})
const progress = { as_of: NOW, code: COUNTY, area: area('同仁县', [TOWN, '632321101']), areas: { [TOWN]: { ...area('隆务镇'), last_upload: null } }, cadence: { days: 7, ...words }, formulas: { coverage: words, overdue: words, verified_ratio: words } }
const foot = ['不作为待遇依据']

/** What is saved, as text. */
function saved(): Promise<string>[] {
  const found: Promise<string>[] = []
  const read = (content: Blob) =>
    new Promise<string>((done) => {
      const reader = new FileReader()
      reader.onload = () => done(String(reader.result))
      reader.readAsText(content)
    })
  const made = (content: Blob) => {
    found.push(read(content))
    return 'blob:'
  }
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: made, revokeObjectURL: vi.fn() }))
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
  return found
}

const alone = (render: () => ReturnType<typeof h>) => defineComponent({ render })

it('units that owe an upload go out as a table; of one that the figures do not know nothing is said', async () => {
  const files = saved()
  serve('leader', {})
  const gone: string[] = []
  await visit('/dashboard', alone(() => h(OverduePanel, { progress: progress as never, name: '同仁县', foot, onGo: (code: string) => gone.push(code) })))
  await flushPromises()
  await press('导出表格')
  const lines = (await files[0]!).split('\r\n')
  expect(lines[0]).toContain('同仁县')
  expect(lines[1]).toBe('截至 2026-11-24 15:04')
  expect(lines).toContain('隆务镇,从未上传')
  expect(lines).toContain('632321101,')
  expect(lines).toContain(foot[0])
  ;[...document.querySelectorAll('a')].find((one) => one.textContent === '隆务镇')!.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }))
  expect(gone).toEqual([TOWN])
})

it('the trend is of its own moment and is asked for again with news', async () => {
  const history = () => ({ as_of: LATER, code: COUNTY, name: '同仁县', level: 'county', first: '2026-11-22', days: [] })
  serve('leader', { 'GET /api/reporting/history': history })
  const news = ref(0)
  await visit('/dashboard', alone(() => h(TrendPanel, { area: COUNTY, news: news.value, name: '同仁县', foot })))
  await flushPromises()
  expect(document.body.textContent).toContain('截至 2026-11-24 17:30')
  const before = requests.filter((one) => one.line.endsWith('/history')).length
  news.value += 1
  await flushPromises()
  expect(requests.filter((one) => one.line.endsWith('/history'))).toHaveLength(before + 1)
})

it('categories are of the moment at which they were counted', async () => {
  serve('leader', { 'GET /api/reporting/categories': { as_of: LATER, level: 'county', areas: {}, total: { soldier: 3 } } })
  await visit('/dashboard', alone(() => h(CategoriesPanel, { area: COUNTY, name: '同仁县', foot })))
  await press('统计类别')
  expect(document.body.textContent).toContain('截至 2026-11-24 17:30')
})

it('the pulse has a table of its minutes and goes out; on a wall it does not', async () => {
  const pulse = { as_of: NOW, note: null, windows: [{ start: '2026-11-24T07:03:00Z', seconds: 60, counts: { [COUNTY]: { 'capture-record-submitted': 3 } } }] }
  const files = saved()
  serve('leader', {})
  await visit('/dashboard', alone(() => h(PulsePanel, { area: COUNTY, told: pulse as never, paused: false, foot })))
  await flushPromises()
  expect(document.querySelectorAll('tbody tr')).toHaveLength(30)
  await press('导出表格')
  expect(await files[0]!).toContain('15:03,3,0,0,0')
  document.body.replaceChildren()
  await visit('/dashboard', alone(() => h(PulsePanel, { area: COUNTY, told: pulse as never, paused: false, height: 200 })))
  expect(document.querySelectorAll('button')).toHaveLength(0)
})

it('how a figure is computed stands on paper, with its own moment', async () => {
  serve('leader', {})
  const counted = { as_of: LATER, code: COUNTY, area: { name: '同仁县', level: 'county', open: 1, closed: 0, ages: {}, kinds: {} }, areas: {}, ages: words }
  await visit('/dashboard', alone(() => h(FiguresRow, { progress: progress as never, problems: counted as never })))
  const printed = [...document.querySelectorAll('.print-only')].map((one) => one.textContent)
  expect(printed).toHaveLength(6)
  expect(printed[0]).toBe('应采集 = 初始数据 + 村级名册 + 新增 + 部门发现 + 迁入 截至 2026-11-24 15:04')
  expect(printed.at(-1)).toContain('截至 2026-11-24 17:30')
})

/** Where the links of the page's tables lead. */
const led = () => [...document.querySelectorAll('table a[aria-label]')].map((one) => one.getAttribute('href'))

it('coverage opens who is meant, by area, for who may see names there, and for nobody else', async () => {
  const panel = alone(() => h(CoveragePanel, { progress: { ...progress, areas: { [TOWN]: area('隆务镇') } } as never, name: '同仁县', foot }))
  serve('leader', {})
  await visit('/dashboard', panel)
  await loadCampaign()
  await flushPromises()
  expect(led()).toEqual([])
  document.body.replaceChildren()
  // Of the county, whose sum stands in the same table, a township leader sees no names.
  serve('township_leader', {}, TOWN)
  await visit(`/dashboard/${TOWN}`, panel)
  await loadCampaign()
  await flushPromises()
  expect(led()).toEqual(['all', 'open', 'verified'].map((state) => `/console/named/${TOWN}?state=${state}`))
})

it('work orders that were closed open their list, by kind and by area', async () => {
  serve('leader', {})
  const told = { as_of: NOW, code: COUNTY, area: problems('同仁县', 2), areas: { [TOWN]: problems('隆务镇', 1) }, ages: words }
  await visit('/dashboard', alone(() => h('div', h(ProblemsPanel, { problems: told as never, name: '同仁县', foot }))))
  await loadCampaign()
  await flushPromises()
  expect(led()).toContain(`/console/orders/${COUNTY}?kind=dead&state=closed`)
  expect(led()).toContain(`/console/orders/${TOWN}?state=closed`)
})
