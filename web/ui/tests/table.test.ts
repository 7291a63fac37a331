/** Tables: what is found, how it is sorted, and that thousands of rows keep their roles. */
import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { h } from 'vue'
import { faults } from '../../tests/axe'
import { createWords, DataTable } from '../src'

enableAutoUnmount(afterEach)

interface Row {
  code: string
  open: number
}

/** Whatever is observed has a width: jsdom lays nothing out. */
class Wide {
  constructor(private readonly tell: (entries: { contentRect: { width: number } }[]) => void) {}
  observe() {
    this.tell([{ contentRect: { width: 900 } }])
  }
  unobserve() {}
  disconnect() {}
}

beforeEach(() => vi.stubGlobal('ResizeObserver', Wide))
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const rows = (length: number): Row[] => Array.from({ length }, (_, at) => ({ code: `v${String(at).padStart(5, '0')}`, open: (at * 7919) % length }))

function table(length: number) {
  return mount(DataTable<Row>, {
    attachTo: document.body,
    global: { plugins: [createWords({ zh: {}, en: {} }, 'zh')] },
    props: {
      caption: '各村',
      columns: [
        { key: 'code', title: '村', sort: (row: Row) => row.code },
        { key: 'open', title: '未采集', number: true, sort: (row: Row) => row.open },
      ],
      rows: rows(length),
      rowKey: (row: Row) => row.code,
      search: (row: Row) => row.code,
      total: { code: '合计', open: 1 },
    },
    slots: { code: ({ row }: { row: Row }) => h('a', { href: '#' }, row.code), open: ({ row }: { row: Row }) => String(row.open) },
  })
}

describe('a table of 15,000 rows', () => {
  it('draws few, says how many there are and which these are, and is clean for axe', async () => {
    table(15_000)
    await vi.waitFor(() => expect(document.querySelector('[role="table"] [role="cell"]')).not.toBeNull(), 20_000)
    await flushPromises()
    const found = document.querySelector('[role="table"]')!
    expect(found.getAttribute('aria-label')).toBe('各村')
    expect(found.getAttribute('aria-rowcount')).toBe('15002')
    const drawn = [...found.querySelectorAll('[role="row"]')]
    expect(drawn.length).toBeGreaterThan(5)
    expect(drawn.length).toBeLessThan(60)
    expect([...found.querySelectorAll('[role="columnheader"]')].map((one) => one.getAttribute('aria-sort'))).toEqual(['none', 'none'])
    const indexes = drawn.map((one) => Number(one.getAttribute('aria-rowindex'))).filter(Boolean)
    // Element Plus draws the heading after the rows; the indexes say what is first.
    expect(indexes.sort((a, b) => a - b).slice(0, 4)).toEqual([1, 2, 3, 4])
    expect(found.querySelector('[role="columnheader"]')!.closest('[role="row"]')!.getAttribute('aria-rowindex')).toBe('1')
    expect(found.querySelector('[aria-rowindex="2"]')!.textContent).toContain('合计')
    expect(await faults(document.body)).toEqual([])
  }, 60_000)

  it('goes to paper as far as there is sense in it, in its order, and says where it is cut', async () => {
    table(15_000)
    await vi.waitFor(() => expect(document.querySelector('[role="columnheader"] button')).not.toBeNull(), 20_000)
    document.querySelectorAll<HTMLElement>('[role="columnheader"] button')[1]!.click()
    await flushPromises()
    window.dispatchEvent(new Event('beforeprint'))
    // Nothing is waited for: the page is on paper when the event has passed.
    const paper = document.querySelector('.paper')!
    expect(paper.querySelectorAll('tbody tr')).toHaveLength(2_000)
    expect(paper.querySelector('thead tr:last-child')?.textContent).toBe('合计1')
    expect(paper.querySelector('tbody td')?.textContent).toBe('14999')
    expect(paper.querySelector('tbody a')).not.toBeNull()
    expect(paper.querySelector('p')?.textContent).toBe('只打印前 2,000 行，共 15,000 行；要全部内容，请导出。')
    window.dispatchEvent(new Event('afterprint'))
    expect(paper.childElementCount).toBe(0)
  }, 60_000)

  it('scrolls by keys where it has the focus', async () => {
    table(15_000)
    await vi.waitFor(() => expect(document.querySelector('[role="table"] [role="cell"]')).not.toBeNull(), 20_000)
    const region = document.querySelector('[role="region"]')!
    const press = async (key: string, on: Element = region) => {
      on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
      await flushPromises()
      return [...document.querySelectorAll('[role="row"][aria-rowindex] [role="cell"]')].map((one) => one.textContent)
    }
    expect(await press('End', document.querySelector('[role="cell"] a')!)).toContain('v00000')
    expect(await press('End')).toContain('v14999')
    expect(await press('Home')).toContain('v00000')
    expect(await press('PageDown')).toContain('v00020')
  }, 60_000)

  it('is sorted by its headings and found by name, by keyboard', async () => {
    table(15_000)
    await vi.waitFor(() => expect(document.querySelector('[role="columnheader"] button')).not.toBeNull(), 20_000)
    const first = () => [...document.querySelectorAll('[role="row"][aria-rowindex="3"] [role="cell"]')].map((one) => one.textContent)
    expect(first()).toEqual(['v00000', '0'])
    document.querySelectorAll<HTMLElement>('[role="columnheader"] button')[1]!.click()
    await flushPromises()
    expect(first()[1]).toBe('14999')
    expect(document.querySelectorAll('[role="columnheader"]')[1]!.getAttribute('aria-sort')).toBe('descending')
    const search = document.querySelector<HTMLInputElement>('input[type="search"]')!
    search.value = 'V00042'
    search.dispatchEvent(new Event('input'))
    await flushPromises()
    expect(first()[0]).toBe('v00042')
    expect(document.querySelector('[role="table"]')!.getAttribute('aria-rowcount')).toBe('3')
    expect(document.querySelector('[role="status"]')!.textContent).toBe('1 / 15,000 行')
  }, 60_000)
})

it('draws only what is in view from fewer rows on where that is said, and tells when its end comes', async () => {
  const found = mount(DataTable<Row>, {
    attachTo: document.body,
    global: { plugins: [createWords({ zh: {}, en: {} }, 'zh')] },
    props: { caption: '队列', columns: [{ key: 'code', title: '村' }], rows: rows(300), rowKey: (row: Row) => row.code, many: 200 },
    slots: { code: ({ row }: { row: Row }) => row.code },
  })
  await vi.waitFor(() => expect(document.querySelector('[role="table"] [role="cell"]')).not.toBeNull(), 20_000)
  expect(document.querySelectorAll('[role="row"]').length).toBeLessThan(60)
  expect(found.emitted('end')).toBeUndefined()
  document.querySelector('[role="region"]')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }))
  await flushPromises()
  expect(found.emitted('end')?.length).toBeGreaterThan(0)
}, 60_000)

it('of few rows is a plain table without a search', () => {
  table(3)
  expect(document.querySelectorAll('table tbody tr')).toHaveLength(3)
  expect(document.querySelector('input')).toBeNull()
})
