/** The list of people, and what becomes of who is not collected, mounted whole. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { faults } from '../../tests/axe'
import EndingPage from '../src/pages/ending/EndingPage.vue'
import { partialDate, possible } from '../src/pages/ending/ending'
import { byVillage, type Listed } from '../src/pages/people/listing'
import PeoplePage from '../src/pages/people/PeoplePage.vue'
import { takeAsked } from '../src/work/asked'
import { begin, choose, fill, NUMBER, OTHER, press, QUIET, refusal, requests, serve, text, TOWN, VILLAGE, visit } from './day'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
  takeAsked()
})

const someone = (name: string, village = VILLAGE, absence: Listed['absence'] = null): Listed => ({ village, subject_id: `id-${name}`, origin: 'baseline', name, absence })
const AWAY = { reason: 'away', note: '在西宁', until: null, at: '2018-11-20T02:15:00Z' } as const

describe('the list of people', () => {
  const PEOPLE = { people: [someone('丙'), someone('甲', OTHER), someone('乙', VILLAGE, AWAY)], next: null }

  it('stands by village with the reasons, takes all pages, and is clean for axe', async () => {
    const asked: string[] = []
    const page = (_: unknown, url: URL) => (asked.push(url.search), asked.length === 1 ? { people: [someone('丁', OTHER)], next: 'x/y' } : PEOPLE)
    serve({ ...QUIET, 'GET /api/capture/subjects': page })
    await begin()
    await visit('/people', PeoplePage)
    await flushPromises()
    expect(asked).toEqual([`?area=${TOWN}&state=open&limit=500`, `?area=${TOWN}&state=open&limit=500&after=x%2Fy`])
    for (const words of ['4 人，2 个村（社区）', '隆务镇 吾屯村', '外出、在西宁']) expect(text()).toContain(words)
    expect(await faults(document.body)).toEqual([])
  })

  it('filters by name and by reason', () => {
    expect(byVillage(PEOPLE.people, '甲', '')).toEqual([{ code: OTHER, people: [someone('甲', OTHER)] }])
    expect(byVillage(PEOPLE.people, '', 'away').flatMap((one) => one.people.map((each) => each.name))).toEqual(['乙'])
    expect(byVillage(PEOPLE.people, '', 'none').flatMap((one) => one.people.map((each) => each.name))).toEqual(['丙', '甲'])
  })

  it('puts down why somebody was not met, once, and prints the visits that were chosen', async () => {
    let down = true
    serve({ ...QUIET, 'GET /api/capture/subjects': PEOPLE, 'POST /api/capture/subjects/id-丙/absence': () => (down ? refusal(503, 'away') : { subject_id: 'id-丙', absence: { ...AWAY, reason: 'ill', note: null } }) })
    await begin()
    await visit('/people', PeoplePage)
    await flushPromises()
    await press('未见到 丙：说明原因')
    await vi.waitFor(() => expect(document.querySelector('form.absence')).not.toBeNull())
    const send = async () => {
      document.querySelector('form.absence')!.dispatchEvent(new Event('submit'))
      await flushPromises()
    }
    await send()
    expect(text()).toContain('请选择原因')
    expect(await faults(document.querySelector('[role="dialog"]')!)).toEqual([])
    await choose('absence', 'ill')
    await send()
    down = false
    await send()
    const said = requests.filter((one) => one.line.endsWith('/absence')).map((one) => one.body as Record<string, unknown>)
    expect(said[0]).toMatchObject({ village: VILLAGE, reason: 'ill', note: null, until: null })
    // Sent again it is the same remark.
    expect(said.map((one) => one.absence_id)).toEqual([said[0]!.absence_id, said[0]!.absence_id])
    expect(text()).toContain('患病或行动不便')

    const print = vi.fn()
    vi.stubGlobal('print', print)
    document.querySelector<HTMLInputElement>('input[aria-label="列入上门路线：丙"], [aria-label="列入上门路线：丙"] input')!.click()
    await flushPromises()
    await press('打印上门路线（1人）')
    expect(print).toHaveBeenCalledOnce()
    const sheet = document.querySelector('.sheet')!.textContent!
    expect(sheet).toContain('上门服务路线单')
    expect([sheet.includes('丙'), sheet.includes('乙')]).toEqual([true, false])
  })

  it('prints every visit that was ticked, whoever the filter shows, and says how many', async () => {
    serve({ ...QUIET, 'GET /api/capture/subjects': PEOPLE })
    await begin()
    await visit('/people', PeoplePage)
    await flushPromises()
    vi.stubGlobal('print', vi.fn())
    for (const name of ['丙', '甲']) document.querySelector<HTMLInputElement>(`input[aria-label="列入上门路线：${name}"], [aria-label="列入上门路线：${name}"] input`)!.click()
    await fill('people-name', '甲')
    await flushPromises()
    await press('打印上门路线（2人）')
    const sheet = document.querySelector('.sheet')!.textContent!
    expect(['丙', '甲', '乙'].map((name) => sheet.includes(name))).toEqual([true, true, false])
  })
})

describe('endings', () => {
  const known = (state = 'open') => ({ known: true, elsewhere: false, subject_id: 's', version: 0, revision: 1, entries: [{ village: VILLAGE, origin: 'baseline', state }], merged_into: null, baseline: { categories: [], fields: { name: '某人' } }, record: null, review: null })
  const ended = (state: string) => ({ subject_id: 's', revision: 2, entries: [{ village: VILLAGE, origin: 'baseline', state }] })
  const LOOKUP = 'POST /api/capture/subjects/lookup'
  const END = 'POST /api/capture/subjects/s/ending'
  const bodies = () => requests.filter((one) => one.line === END).map((one) => one.body as Record<string, unknown>)

  it('declining has two calm steps, no main button, and the focus on the way back', async () => {
    serve({ ...QUIET, [LOOKUP]: known(), [END]: ended('declined') })
    await begin()
    await visit('/ending/s', EndingPage)
    await flushPromises()
    await choose('ending', 'declined')
    expect(document.activeElement?.id).toBe('decline-back')
    expect(text()).toContain('不得强制')
    expect(document.querySelector('.el-button--primary')).toBeNull()
    expect(await faults(document.body)).toEqual([])
    await press('继续')
    expect(document.activeElement?.id).toBe('decline-back')
    expect(document.querySelector('.el-button--primary')).toBeNull()
    expect(bodies()).toEqual([])
    await choose('decline-who', 'guardian')
    await press('登记为自愿放弃')
    expect(text()).toContain('请填写监护人姓名')
    expect(bodies()).toEqual([])
    await choose('decline-who', 'self')
    await press('登记为自愿放弃')
    expect(bodies()).toMatchObject([{ ending: 'declined', village: VILLAGE, note: '本人' }])
    expect(text()).toContain('已登记')
    expect(document.activeElement?.id).toBe('ending-done')
  })

  it('a death needs a date, of which a year may do; what is sent again is sent under the same id', async () => {
    let down = true
    serve({ ...QUIET, [LOOKUP]: known('collected'), [END]: () => (down ? refusal(503, 'away') : ended('dead_before')) })
    await begin()
    await visit('/ending/s', EndingPage)
    await flushPromises()
    expect(document.querySelector('input[value="declined"]')).toBeNull()
    await choose('ending', 'dead_before')
    const send = async () => {
      document.querySelector('form')!.dispatchEvent(new Event('submit'))
      await flushPromises()
    }
    await send()
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('日期不完整')
    expect(await faults(document.body)).toEqual([])
    await fill('ending-year', '2015')
    await send()
    down = false
    await send()
    expect(bodies()).toMatchObject([{ ending: 'dead_before', date: '2015' }, { ending: 'dead_before', date: '2015' }])
    expect(new Set(bodies().map((one) => one.change_id)).size).toBe(1)
    await fill('ending-year', '2016').catch(() => undefined)
  })

  it('two entries are joined only after the other was found', async () => {
    const other = { ...known(), subject_id: 'o', baseline: { categories: [], fields: { name: '另一人' } } }
    serve({ ...QUIET, [LOOKUP]: (body: unknown) => ('subject_id' in (body as object) ? known() : other), [END]: ended('merged') })
    await begin()
    await visit('/ending/s', EndingPage)
    await flushPromises()
    await choose('ending', 'merged')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(text()).toContain('请先查找另一条记录')
    await fill('ending-number', NUMBER)
    await press('查找')
    expect(text()).toContain('找到：另一人')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(bodies()).toMatchObject([{ ending: 'merged', merged_into: 'o' }])
  })

  it('of who declined only the way back is offered', () => {
    const entry = (state: 'open' | 'collected' | 'declined') => ({ village: VILLAGE, origin: 'baseline', state }) as const
    expect(possible(entry('declined'))).toEqual(['reopened'])
    expect(possible(entry('collected'))).not.toContain('declined')
    expect(possible(entry('open'))).toContain('declined')
  })

  it.each([
    [['2015', '', ''], '2015'],
    [['2015', '3', ''], '2015-03'],
    [['2015', '3', '9'], '2015-03-09'],
    [['15', '', ''], null],
    [['2015', '', '9'], null],
    [['2015', '13', ''], null],
    [['2015', 'x', ''], null],
  ])('a date of which only a part is known: %j', (parts, date) => {
    expect(partialDate(...(parts as [string, string, string]))).toBe(date)
  })
})

beforeEach(() => serve(QUIET))
