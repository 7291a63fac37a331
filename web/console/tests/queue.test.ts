/** The queue of records that wait for review, mounted whole. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { faults } from '../../tests/axe'
import QueuePage from '../src/pages/review/QueuePage.vue'
import { loadMore, loadQueue, queue } from '../src/pages/review/queue'
import { serve, TOWN, VILLAGE, visit } from './support'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const NOW = '2026-11-24T07:04:00Z'

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
