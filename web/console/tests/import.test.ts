/** Import: a file goes, is left to be read, and comes back with reasons beside its cells. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { faults } from '../../tests/axe'
import { badCells, layout, reasonsAt } from '../src/pages/import/grid'
import ImportJobPage from '../src/pages/import/ImportJobPage.vue'
import ImportPage from '../src/pages/import/ImportPage.vue'
import { forget, LARGEST, unfit, upload } from '../src/pages/import/upload'
import { COUNTY, press, refusal, requests, serve, visit } from './support'

enableAutoUnmount(afterEach)
beforeEach(forget)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const ID = '11111111-1111-4111-8111-111111111111'
const NOW = '2026-11-30T01:04:00Z'
const job = (more: object = {}) => ({
  import_id: ID, state: 'finished', origin: 'baseline', area: COUNTY, rows_done: 1204, added: 1000, updated: 190, unchanged: 10, refused: 2, warned: 1, reasons: [], started_at: NOW, finished_at: NOW, ...more,
})
const reason = (field: string, rule: string, zh: string, severity: 'refuse' | 'warn' = 'refuse') => ({ field, rule, zh, en: `${rule} en`, severity })
const columns = [
  { header: '姓名', field: 'name' },
  { header: '公民身份号码', field: 'resident_number' },
  { header: '自编', field: null },
]
const ROWS = [
  { row_id: 'a', row_number: 7, cells: ['某甲', '1234567890', '甲'], reasons: [reason('resident_number', 'number-length', '号码位数不对')] },
  { row_id: 'b', row_number: 9, cells: ['', '', '乙'], reasons: [reason('name', 'required', '姓名必填'), reason('record', 'subject-erased', '此人已删除')] },
]
const page = { columns, rows: ROWS, next: null }
const doubts = { columns, rows: [{ row_id: 'c', row_number: 8, cells: null, reasons: [reason('resident_number', 'number-fifteen', '15位号码，请核对', 'warn')] }], next: null }

const file = (name: string, size = 10) => Object.defineProperty(new File(['x'], name), 'size', { value: size })

describe('the grid', () => {
  it('puts reasons right behind the column that some row needs them for', () => {
    const shape = layout(columns, ROWS).map(({ at, reasons }) => `${at}${reasons ? '!' : ''}`)
    expect(shape).toEqual(['-1!', '0', '0!', '1', '1!', '2'])
    expect(reasonsAt(columns, ROWS[1]!, -1).map((one) => one.rule)).toEqual(['subject-erased'])
  })

  it('goes through bad cells row by row, from left to right', () => {
    expect(badCells(columns, ROWS)).toEqual([{ row: 0, at: 1 }, { row: 1, at: -1 }, { row: 1, at: 0 }])
  })

  it('marks every column of a field, and says its reason once', () => {
    const two = [{ header: '乡镇', field: 'household_area' }, { header: '村', field: 'household_area' }]
    const row = { row_id: 'd', row_number: 3, cells: ['甲', '乙'], reasons: [reason('household_area', 'unknown-area', '没有这个村')] }
    expect(badCells(two, [row])).toEqual([{ row: 0, at: 0 }, { row: 0, at: 1 }])
    expect(layout(two, [row])).toEqual([{ at: 0, reasons: false }, { at: 1, reasons: false }, { at: 1, reasons: true }])
  })
})

it.each([
  [null, 'import.fileMissing'],
  [file('名单.xls'), 'import.fileKind'],
  [file('名单.xlsx', 0), 'import.fileEmpty'],
  [file('名单.xlsx', LARGEST + 1), 'import.fileLarge'],
  [file('名单.XLSX'), null],
  [file('名单.csv', LARGEST), null],
])('a file is looked at before anything is sent', (one, key) => expect(unfit(one)).toBe(key))

function gone(): never {
  throw new TypeError('gone')
}

describe('sending', () => {
  const list = { imports: [job({ state: 'stopped' }), job({ import_id: ID.replace('1', '2'), origin: 'roster' })], next: null }
  const serves = (more: Record<string, unknown>) => serve('administrator', { 'GET /api/capture/imports': list, ...more })

  it('asks for a file first, lists earlier imports, and is clean for axe', async () => {
    serves({})
    await visit('/import', ImportPage)
    await flushPromises()
    expect(document.body.textContent).toContain('中途停止')
    expect(document.body.textContent).toContain('村级名册')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('请先选择文件')
    expect(requests.some((one) => one.line.startsWith('POST'))).toBe(false)
    expect(await faults(document.body)).toEqual([])
  })

  it('says where the next page of earlier imports did not come, and tries again when asked', async () => {
    let down = true
    serves({
      'GET /api/capture/imports': (_: unknown, url: URL) => {
        if (!url.searchParams.has('after')) return { ...list, next: 'a' }
        return down ? gone() : { imports: [job({ import_id: ID.replace('1', '3') })], next: null }
      },
    })
    await visit('/import', ImportPage)
    await flushPromises()
    const press = async (words: string) => {
      ;[...document.querySelectorAll<HTMLElement>('button')].find((one) => one.textContent!.includes(words))!.click()
      await flushPromises()
    }
    await press('继续列出')
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('连接不上服务')
    expect(document.querySelectorAll('tbody tr')).toHaveLength(2)
    down = false
    await press('重试')
    expect(document.querySelectorAll('tbody tr')).toHaveLength(3)
    expect(document.querySelector('[role="alert"]')).toBeNull()
  })

  it('sends file, kind and area under an id of its own, and goes to the result', async () => {
    serves({ 'POST /api/capture/imports': job() })
    const { router } = await visit('/import', ImportPage)
    await flushPromises()
    upload.file = file('名单.xlsx')
    document.querySelector<HTMLInputElement>('input[value="roster"]')!.click()
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await vi.waitFor(() => expect(router.currentRoute.value.params.job).toBe(ID), 10_000)
    const body = requests.find((one) => one.line.startsWith('POST'))!.body as Record<string, unknown>
    expect(body).toMatchObject({ kind: 'roster', area: COUNTY })
    expect(String(body.import_id)).toMatch(/^[0-9a-f-]{36}$/)
    expect((body.file as File).name).toBe('名单.xlsx')
    expect(router.currentRoute.value.fullPath).not.toContain('名单')
    expect(upload.file).toBeNull()
  })

  it('a file that is refused as a whole says why and stays chosen', async () => {
    serves({ 'POST /api/capture/imports': () => refusal(422, 'columns-missing', '缺少“姓名”一列', 'name') })
    await visit('/import', ImportPage)
    await flushPromises()
    upload.file = file('名单.xlsx')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await vi.waitFor(() => expect(document.querySelector('[role="alert"]')?.textContent).toContain('缺少“姓名”一列'))
    expect(document.body.textContent).toContain('没有导入任何一行')
    expect(document.body.textContent).toContain('已选：名单.xlsx')
  })

  it.each([
    ['the line breaks', () => gone()],
    ['the door hears nothing from the service', () => refusal(504, 'service-late', '该服务长时间没有应答。')],
  ])('of a file of which nobody says what became of it, as %s, nothing is claimed', async (_, lost) => {
    serves({ 'POST /api/capture/imports': lost })
    await visit('/import', ImportPage)
    await flushPromises()
    upload.file = file('名单.xlsx')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await vi.waitFor(() => expect(document.querySelector('[role="alert"]')?.textContent).toContain('没有收到答复'))
    expect(document.body.textContent).toContain('先看导入记录里有没有这一次')
    expect(document.body.textContent).not.toContain('没有导入任何一行')
    expect(requests.some((one) => one.line.startsWith('GET /api/capture/imports/'))).toBe(true)
  })

  it('a line that breaks while the file is read loses nothing', async () => {
    serves({ 'POST /api/capture/imports': () => gone() })
    const answered = vi.fn(() => job({ state: 'running', rows_done: 500 }))
    const fetched = globalThis.fetch
    vi.stubGlobal('fetch', (input: string, how: RequestInit) => (/imports\/[0-9a-f-]{36}$/.test(input) ? Promise.resolve(new Response(JSON.stringify(answered()), { headers: { 'content-type': 'application/json' } })) : fetched(input, how)))
    const { router } = await visit('/import', ImportPage)
    await flushPromises()
    upload.file = file('名单.xlsx')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('import-job'), 10_000)
    expect(answered).toHaveBeenCalled()
    expect(upload.error).toBeNull()
  })
})

describe('the result', () => {
  const serves = (more: Record<string, unknown> = {}) =>
    serve('administrator', {
      [`GET /api/capture/imports/${ID}`]: job(),
      [`GET /api/capture/imports/${ID}/rows`]: (_: unknown, url: URL) => (url.searchParams.get('severity') === 'warn' ? doubts : page),
      ...more,
    })

  it.each([
    ['zh', '号码位数不对', '15位号码，请核对', '已入库'],
    ['en', 'number-length en', 'number-fifteen en', 'Taken in'],
  ] as const)('has three counts and reasons beside their cells in %s, and is clean for axe', async (language, why, doubt, taken) => {
    serves()
    await visit(`/import/${ID}`, ImportJobPage, language)
    await flushPromises()
    expect([...document.querySelectorAll('dd:not(.hint)')].map((one) => one.textContent)).toEqual(['1,200', '2', '1'])
    expect(document.querySelector('.counts')?.textContent).toContain(taken)
    const rows = [...document.querySelectorAll('.grid tbody tr')]
    expect(rows.map((row) => row.querySelector('th')?.textContent?.trim().split(/\s/).at(-1))).toEqual(['7', '9'])
    const bad = rows[0]!.querySelector('td.bad')!
    expect(bad.nextElementSibling?.textContent).toContain(why)
    expect(bad.getAttribute('aria-describedby')).toBe(bad.nextElementSibling?.id)
    expect(bad.querySelector('svg')).not.toBeNull()
    expect(document.body.textContent).toContain(doubt)
    if (language === 'zh') expect(await faults(document.body)).toEqual([])
  })

  it('masks what is sensitive until it is asked for', async () => {
    serves()
    await visit(`/import/${ID}`, ImportJobPage)
    await flushPromises()
    expect(document.body.textContent).not.toContain('1234567890')
    await press('显示敏感内容')
    expect(document.body.textContent).toContain('1234567890')
  })

  it('F8 goes to the next bad cell and around, Shift+F8 back', async () => {
    serves()
    await visit(`/import/${ID}`, ImportJobPage)
    await flushPromises()
    const at = async (key: string, shiftKey = false) => {
      dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey }))
      await flushPromises()
      return document.activeElement?.id
    }
    expect(await at('F8')).toBe('cell-0-1')
    expect(await at('F8')).toBe('cell-1--1')
    expect(await at('F8')).toBe('cell-1-0')
    expect(await at('F8')).toBe('cell-0-1')
    expect(await at('F8', true)).toBe('cell-1-0')
    expect(document.querySelector('[role="status"]')?.textContent).toContain('第 3 处，共 3 处')
  })

  it('says beside the button where more rows did not come, and keeps those that did', async () => {
    let down = true
    const next = { columns, rows: [{ ...ROWS[0]!, row_id: 'z', row_number: 70 }], next: null }
    serves({
      [`GET /api/capture/imports/${ID}/rows`]: (_: unknown, url: URL) => {
        const first = url.searchParams.get('severity') === 'warn' ? doubts : page
        if (!url.searchParams.has('after')) return { ...first, next: 'a' }
        return down ? gone() : next
      },
    })
    await visit(`/import/${ID}`, ImportJobPage)
    await flushPromises()
    const panels = [...document.querySelectorAll<HTMLElement>('section')].filter((one) => one.querySelector('.on'))
    expect(panels).toHaveLength(2)
    for (const panel of panels) {
      const before = panel.querySelectorAll('tbody th').length
      down = true
      await press('继续列出', panel)
      expect(panel.querySelector('.on [role="alert"]')?.textContent).toContain('连接不上服务')
      expect(document.querySelectorAll('[role="alert"]')).toHaveLength(1)
      expect(panel.querySelectorAll('tbody th')).toHaveLength(before)
      down = false
      await press('重试', panel)
      expect(panel.querySelectorAll('tbody th')).toHaveLength(before + 1)
      expect(panel.querySelector('.on')).toBeNull()
    }
  })

  it('F8 behind the last bad cell reads on, and asks again where that failed', async () => {
    let asked = 0
    serves({
      [`GET /api/capture/imports/${ID}/rows`]: (_: unknown, url: URL) => {
        if (url.searchParams.get('severity') === 'warn') return doubts
        if (!url.searchParams.has('after')) return { ...page, next: 'a' }
        return ++asked === 1 ? gone() : { columns, rows: [{ ...ROWS[0]!, row_id: 'z', row_number: 70 }], next: null }
      },
    })
    await visit(`/import/${ID}`, ImportJobPage)
    await flushPromises()
    const press8 = async (times: number) => {
      for (let n = 0; n < times; n++) {
        dispatchEvent(new KeyboardEvent('keydown', { key: 'F8' }))
        await flushPromises()
      }
    }
    await press8(4)
    expect(document.querySelector('.on [role="alert"]')?.textContent).toContain('连接不上服务')
    await press8(2)
    expect(asked).toBe(2)
    expect(document.activeElement?.id).toBe('cell-2-1')
  })

  it('is followed while it runs, and reads no rows meanwhile', async () => {
    let running = true
    serves({ [`GET /api/capture/imports/${ID}`]: () => job(running ? { state: 'running', rows_done: 500 } : {}) })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      await visit(`/import/${ID}`, ImportJobPage)
      await flushPromises()
      expect(document.querySelector('h1')?.textContent).toContain('已到第 500 行')
      expect(requests.some((one) => one.line.endsWith('/rows'))).toBe(false)
      running = false
      await vi.advanceTimersByTimeAsync(2_500)
      expect(requests.filter((one) => one.line.endsWith('/rows'))).toHaveLength(2)
      expect(document.querySelector('h1')?.textContent).toContain('2 行未通过')
    } finally {
      vi.useRealTimers()
    }
  })

  it('that came only when it was asked for again has its rows, and none is read twice', async () => {
    let down = true
    serves({ [`GET /api/capture/imports/${ID}`]: () => (down ? gone() : job()) })
    await visit(`/import/${ID}`, ImportJobPage)
    await flushPromises()
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('连接不上服务')
    down = false
    await press('重试')
    await flushPromises()
    expect(document.querySelectorAll('.grid tbody tr')).toHaveLength(2)
    expect(document.body.textContent).toContain('15位号码，请核对')
    expect(requests.filter((one) => one.line.endsWith('/rows'))).toHaveLength(2)
  })

  it('is followed also where it came only when it was asked for again, and over a gap', async () => {
    const answers: (() => object)[] = [gone, () => job({ state: 'running', rows_done: 500 }), gone, () => job()]
    serves({ [`GET /api/capture/imports/${ID}`]: () => answers.shift()!() })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      await visit(`/import/${ID}`, ImportJobPage)
      await vi.advanceTimersByTimeAsync(10_000)
      expect(answers).toHaveLength(3)
      await press('重试')
      expect(document.querySelector('h1')?.textContent).toContain('已到第 500 行')
      await vi.advanceTimersByTimeAsync(2_100)
      expect(document.querySelector('[role="alert"]')?.textContent).toContain('连接不上服务')
      await vi.advanceTimersByTimeAsync(2_100)
      expect(document.querySelector('h1')?.textContent).toContain('2 行未通过')
      expect(requests.filter((one) => one.line.endsWith('/rows'))).toHaveLength(2)
      await vi.advanceTimersByTimeAsync(10_000)
      expect(answers).toHaveLength(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('gives the workbook with reasons, or says why not', async () => {
    const made = vi.fn(() => 'blob:x')
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: made, revokeObjectURL: vi.fn() }))
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
    let away = true
    serves({ [`GET /api/capture/imports/${ID}/refusals.xlsx`]: () => (away ? refusal(503, 'store-away', '数据库暂时不可用。') : new Response('rows')) })
    await visit(`/import/${ID}`, ImportJobPage)
    await flushPromises()
    await press('下载未通过的行')
    expect(document.querySelector('[role="alert"]')?.textContent).toContain('数据库暂时不可用。')
    expect(made).not.toHaveBeenCalled()
    away = false
    await press('下载未通过的行')
    await vi.waitFor(() => expect(made).toHaveBeenCalledOnce())
  })
})
