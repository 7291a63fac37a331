/** What the dashboard keeps new, compares, and hands on: live figures, two days, a wall, lists. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, reactive } from 'vue'
import { faults } from '../../tests/axe'
import type { Progress } from '../src/pages/dashboard/figures'
import { useLive } from '../src/pages/dashboard/live'
import NamesPage from '../src/pages/dashboard/NamesPage.vue'
import { covered, daysOf, firstOf, series, signed, twoDays, twoDaysOf, type Day, type History } from '../src/pages/dashboard/trend'
import { pooled } from '../src/pages/dashboard/wall'
import { quality, waits, type AreaWaiting } from '../src/pages/dashboard/waiting'
import WallPage from '../src/pages/dashboard/WallPage.vue'
import { areas, COUNTY, press, refusal, requests, serve, TOWN, VILLAGE, visit } from './support'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const day = (date: string, open: number): Day => ({ day: date, at: `${date}T16:00:00Z`, expected: 100, submitted: 0, returned: 0, verified: 100 - open, ended: 0, open, problems: 1 })
const history = (code: string, days: Day[]): History => ({ as_of: '2026-11-24T00:00:00Z', code, name: code, level: 'county', first: '2026-11-01', days })

describe('the trend', () => {
  const one = history('a', [day('2026-11-22', 40), day('2026-11-24', 25)])

  it('compares two days; of a day that was not counted nothing is made up', () => {
    expect(twoDays(one, '2026-11-22', '2026-11-24').find((row) => row.key === 'open')).toEqual({ key: 'open', then: 40, now: 25, change: -15 })
    expect(twoDays(one, '2026-11-23', '2026-11-24').find((row) => row.key === 'open')).toEqual({ key: 'open', then: null, now: 25, change: null })
  })

  it('puts areas beside each other by one measure', () => {
    const other = history('b', [day('2026-11-22', 9), day('2026-11-24', 10)])
    expect(twoDaysOf([one, other], 'open', '2026-11-22', '2026-11-24').map((row) => [row.key, row.change])).toEqual([['a', -15], ['b', 1]])
  })

  it('has every day that any of them has, and a gap where one has none', () => {
    const other = history('b', [day('2026-11-23', 9)])
    const days = daysOf([one, other])
    expect(days).toEqual(['2026-11-22', '2026-11-23', '2026-11-24'])
    expect(series(one, days, 'open')).toEqual([40, null, 25])
  })

  it('counts days by the calendar, and signs by a true minus', () => {
    expect(firstOf('2026-03-01', 2)).toBe('2026-02-28')
    expect([signed(1203), signed(-3), signed(0)]).toEqual(['+1,203', '−3', '0'])
    expect(covered(day('2026-11-22', 1))).toBe(990)
  })
})

describe('what waits', () => {
  const area = (reviewed: number, unknown = 0): AreaWaiting => ({
    name: 'x', level: 'township', submitted: { up_to_7_days: 3, from_8_to_14_days: 2, over_14_days: 1, unknown }, returned: { over_14_days: 4 }, units: {}, reviewed, returned_once: 5, flagged: { submitted: 2, returned: 1, verified: 4 }, accepted: 90, refused: 10,
  })

  it('is unknown only where it is so', () => {
    expect(waits(area(30)).ages).not.toContain('unknown')
    expect(waits(area(30, 2)).ages).toContain('unknown')
    expect(waits(area(30, 2)).rows[0]).toMatchObject({ key: 'submitted', all: 8, late: 1 })
  })

  it('of few people is not compared', () => {
    expect(quality('a', area(19)).rate).toBeNull()
    expect(quality('a', area(30))).toMatchObject({ rate: 166, late: 5, uploaded: 100, refused: 10, flagged: 7, flaggedOpen: 2 })
  })
})

describe('the wall', () => {
  const area = (level: string, expected: number, open: number) => ({ name: `${level}${expected}`, level, expected, open }) as Progress['area']

  it('pools villages of fewer than ten people, so that no bar is about a few', () => {
    const rows = pooled({ a: area('village', 9, 9), b: area('village', 4, 0), c: area('village', 10, 5), d: area('village', 40, 4), e: area('village', 0, 0) })
    expect(rows.map((row) => [row.name, row.expected, row.open, row.of])).toEqual([['village10', 10, 5, 0], ['village40', 40, 4, 0], ['', 13, 9, 2]])
    expect(pooled({ a: area('township', 4, 4) })[0]!.of).toBe(0)
  })
})

const NOW = '2026-11-24T07:04:00Z'
const words = { zh: '怎样算', en: 'how' }
const progress = (name: string, level: string, expected: number, open: number) => ({
  name, level, expected, collected: expected - open, submitted: 1, returned: 0, verified: expected - open - 1, open, endings: {}, coverage: 0.5, verified_ratio: 0.5, last_upload: NOW, accepted: 1, refused: 0, overdue: [], problems_open: 2,
})
const waiting = (name: string) => ({ name, level: 'township', submitted: {}, returned: {}, units: {}, reviewed: 0, returned_once: 0, flagged: {}, accepted: 0, refused: 0 })
const figures = {
  'GET /api/reporting/progress': { as_of: NOW, code: TOWN, area: progress('隆务镇', 'township', 100, 20), areas: { [VILLAGE]: progress('吾屯村', 'village', 6, 2) }, cadence: { days: 7, ...words }, formulas: {} },
  'GET /api/reporting/problems': { as_of: NOW, code: TOWN, area: { name: '隆务镇', level: 'township', open: 3, closed: 0, ages: {}, kinds: {} }, areas: {}, ages: words },
  'GET /api/reporting/ledger': { as_of: NOW, level: 'township', areas: {}, total: { name: '隆务镇', level: 'township', origins: { baseline: 100 }, states: { open: 20, collected: 80 }, review: { verified: 79, submitted: 1 }, balanced: true } },
  'GET /api/reporting/waiting': { as_of: NOW, code: TOWN, area: waiting('隆务镇'), areas: {}, formulas: {} },
}

describe('pages beside the dashboard', () => {
  it('the wall is dark, of four panels at most, without small villages, and clean for axe', async () => {
    document.documentElement.dataset.theme = 'light'
    serve('township_leader', figures, TOWN)
    const { wrapper } = await visit(`/wall/${TOWN}`, WallPage)
    await flushPromises()
    expect(document.documentElement.dataset.theme).toBe('dark')
    expect(document.querySelector('.rate')?.textContent).toBe('80.0%')
    const panels = document.querySelectorAll('.panels > *')
    expect(panels.length).toBeLessThanOrEqual(4)
    expect(document.body.textContent).not.toContain('吾屯村')
    expect(await faults(document.body)).toEqual([])
    wrapper.unmount()
    expect(document.documentElement.dataset.theme).toBe('light')
  }, 60_000)

  it('the list names whom a township leader has to collect; it is asked for once', async () => {
    serve('township_leader', { 'GET /api/capture/subjects': { people: [{ village: VILLAGE, subject_id: 's', origin: 'roster', name: '某人' }], next: null } }, TOWN)
    await visit(`/named/${TOWN}`, NamesPage)
    await flushPromises()
    expect(document.querySelector('h1')?.textContent).toBe('隆务镇：未采集，共 1 人')
    expect(document.querySelector('tbody')?.textContent).toContain('隆务镇 吾屯村')
    expect(requests.filter((one) => one.line.endsWith('/subjects'))).toHaveLength(1)
    expect(await faults(document.body)).toEqual([])
    expect(areas.root).toBe(COUNTY)
  })

  it('the list of those returned says when and why; another state is another address', async () => {
    const asked: string[] = []
    serve('township_leader', {
      'GET /api/capture/returned': { returned: [{ village: VILLAGE, subject_id: 's', name: '某人', version: 1, record_id: 'r', returned_at: NOW, reasons: [{ code: 'other', field: 'unit', text: '看不清' }] }], next: null },
      'GET /api/capture/subjects': (_: unknown, url: URL) => (asked.push(url.searchParams.get('state')!), { people: [], next: null }),
    }, TOWN)
    const { router } = await visit(`/named/${TOWN}?state=returned`, NamesPage)
    await flushPromises()
    expect(document.querySelector('tbody')?.textContent).toContain('服役部队：看不清')
    const select = document.querySelector<HTMLSelectElement>('.state select')!
    select.value = 'declined'
    select.dispatchEvent(new Event('change'))
    await flushPromises()
    expect(router.currentRoute.value.fullPath).toBe(`/named/${TOWN}?state=declined`)
    expect(asked).toEqual(['declined'])
  })

  it('the list of how people came, or of who is verified, holds these alone, by its address', async () => {
    const asked: string[] = []
    serve('township_leader', { 'GET /api/capture/subjects': (_: unknown, url: URL) => (asked.push(url.search.replace(`?area=${TOWN}&limit=100&`, '')), { people: [], next: null }) }, TOWN)
    const { router } = await visit(`/named/${TOWN}?state=all&origin=moved_in`, NamesPage)
    await flushPromises()
    expect(document.querySelector('h1')?.textContent).toBe('隆务镇：迁入，没有人')
    expect(asked).toHaveLength(8)
    expect(asked.every((one) => /^state=[a-z_]+&origin=moved_in$/.test(one))).toBe(true)
    const choose = async (which: string, value: string) => {
      const select = document.querySelector<HTMLSelectElement>(`.${which} select`)!
      select.value = value
      select.dispatchEvent(new Event('change'))
      asked.length = 0
      await flushPromises()
    }
    await choose('state', 'verified')
    expect(asked).toEqual(['state=collected&review=verified&origin=moved_in'])
    expect(document.querySelector('h1')?.textContent).toBe('隆务镇：已核实（迁入），没有人')
    await choose('origin', '')
    expect(asked).toEqual(['state=collected&review=verified'])
    await choose('origin', 'baseline')
    expect(router.currentRoute.value.fullPath).toBe(`/named/${TOWN}?state=verified&origin=baseline`)
    expect(await faults(document.body)).toEqual([])
    await router.push(`/named/${TOWN}?state=all&origin=nobody`)
    await flushPromises()
    expect(document.querySelector<HTMLSelectElement>('.origin select')!.value).toBe('')
  })

  it('of everybody expected it goes from state to state, and what fails is said, kept and tried again', async () => {
    let down = true
    const asked: string[] = []
    const one = (id: string) => ({ village: VILLAGE, subject_id: id, origin: 'roster', name: id })
    serve('township_leader', {
      'GET /api/capture/subjects': (_: unknown, url: URL) => {
        const state = url.searchParams.get('state')!
        if (state === 'open' && url.searchParams.has('after')) return down ? refusal(503, 'store-away', '数据库暂时不可用。') : { people: [one('b')], next: null }
        asked.push(state)
        return state === 'open' ? { people: [one('a')], next: `${VILLAGE}/a` } : { people: state === 'collected' ? [one('c')] : [], next: null }
      },
    }, TOWN)
    await visit(`/named/${TOWN}?state=all`, NamesPage)
    await flushPromises()
    await press('继续列出')
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('数据库暂时不可用。')
    expect(document.querySelectorAll('tbody tr')).toHaveLength(1)
    down = false
    await press('重试')
    expect(document.querySelector('[role="alert"]')).toBeNull()
    expect([...document.querySelectorAll('tbody tr')].map((row) => row.textContent)).toEqual([expect.stringContaining('未采集'), expect.stringContaining('未采集'), expect.stringContaining('已采集')])
    expect(asked).toEqual(['open', 'collected', 'declined', 'moved_out', 'dead_before', 'dead_after', 'merged', 'ineligible'])
    expect(document.querySelector('h1')?.textContent).toBe('隆务镇：应采集，共 3 人')
  })
})

describe('figures that keep new', () => {
  class Source {
    static last: Source
    readyState = 1
    onmessage?: (event: { data: string }) => void
    constructor() {
      Source.last = this
    }
    close() {}
    say(changed: boolean, pulse: object | null = null) {
      this.onmessage!({ data: JSON.stringify({ at: NOW, changed, pulse }) })
    }
  }

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('EventSource', Source)
  })
  afterEach(() => vi.useRealTimers())

  const live = (load: () => void) => {
    const scope = effectScope()
    const found = scope.run(() => useLive(() => COUNTY, load))!
    return { ...reactive(found), scope, paused: found.paused, pulse: found.pulse }
  }

  it('are asked for when they changed, and not twice within five seconds', () => {
    const load = vi.fn()
    const { scope } = live(load)
    Source.last.say(false)
    vi.advanceTimersByTime(8_000)
    expect(load).toHaveBeenCalledTimes(0)
    Source.last.say(true)
    vi.advanceTimersByTime(1_000)
    expect(load).toHaveBeenCalledTimes(1)
    for (let at = 0; at < 12; at += 1) {
      Source.last.say(true)
      vi.advanceTimersByTime(1_000)
    }
    expect(load).toHaveBeenCalledTimes(3)
    scope.stop()
  })

  it('are asked for now and then when nothing is heard', () => {
    const load = vi.fn()
    const { scope } = live(load)
    vi.advanceTimersByTime(29_000)
    expect(load).toHaveBeenCalledTimes(0)
    vi.advanceTimersByTime(35_000)
    expect(load).toHaveBeenCalledTimes(2)
    scope.stop()
  })

  it('rest while paused, whatever is said', async () => {
    const load = vi.fn()
    const { scope, paused, pulse } = live(load)
    Source.last.say(false, { as_of: NOW, windows: [], note: null })
    expect(pulse.value).not.toBeNull()
    paused.value = true
    await nextTick()
    vi.advanceTimersByTime(600_000)
    expect(load).toHaveBeenCalledTimes(0)
    scope.stop()
  })
})
