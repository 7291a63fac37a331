/** The pages of departments: how each stands, and an officer's visit (R92). What they do with keys and
 * packets is in departments.test.ts. */
import { forgetCampaign } from '@muster/ui'
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { faults } from '../../tests/axe'
import AnswerPage from '../src/pages/departments/AnswerPage.vue'
import DepartmentsPage from '../src/pages/departments/DepartmentsPage.vue'
import type { Asked, Filled } from '../src/pages/departments/requests'
import { COUNTY, press, refusal, requests, serve, type, visit } from './support'

const held = vi.hoisted(() => ({ load: vi.fn(), send: vi.fn(), open: vi.fn(), extracts: vi.fn(async () => [] as object[]) }))
vi.mock('../src/pages/departments/keyfile', async (original) => ({ ...(await original<object>()), openKeyFile: held.open, enrolment: async () => 'proof' }))
vi.mock('../src/pages/departments/requests', async (original) => ({ ...(await original<object>()), load: held.load, send: held.send }))

vi.mock('../src/pages/departments/extracts', async (original) => ({ ...(await original<object>()), ownExtracts: held.extracts }))

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  held.extracts.mockClear()
  vi.unstubAllGlobals()
  forgetCampaign()
})

const NOW = '2026-11-30T01:04:00Z'
const counts = (more: object) => ({ department: 'armed-forces', zh: '人武', en: 'Armed forces', enrolled: true, count: 0, mandatory: 0, longest_seconds: 0, ages: { under_day: 0, under_week: 0, older: 0 }, contradict: 0, cannot_tell: 0, last_at: null, ...more })

const extract = { extract_id: 'e', department: 'armed-forces', mode: 'blind', made_at: NOW, state: 'refused', rows: 9, parts: 1, rows_here: 0, parts_here: 0, rule: 'rows-differ', zh: '行数不符', en: 'Rows differ', first_seen_at: NOW, settled_at: NOW }

describe('how departments stand', () => {
  it('is counted by request and extract, with age, outcome and reason', async () => {
    serve('leader', {
      'GET /api/verification/requests': (_: unknown, url: URL) => ({ as_of: NOW, state: url.searchParams.get('state'), departments: [counts(url.searchParams.get('state') === 'open' ? { count: 12, mandatory: 7, longest_seconds: 3 * 86_400 } : { count: 30, contradict: 4, cannot_tell: 1, last_at: NOW })] }),
      'GET /api/crosscheck/extracts': { items: [extract] },
    })
    await visit('/departments', DepartmentsPage)
    await flushPromises()
    expect(document.querySelector('h1')!.textContent).toContain('12 条校核请求')
    const cells = [...document.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent!.trim()))
    expect(cells[0]).toEqual(['人武', '已登记密钥', '12', '7', '3天', '30', '25', '4', '1', '2026-11-30 09:04'])
    expect(cells[1]).toEqual(['人武', '2026-11-30 09:04', '仅比对码', '9', '未通过', '行数不符'])
    expect(await faults(document.body)).toEqual([])
  })
})

describe('an officer', () => {
  const one = (id: string): Asked => ({ id, caseId: id, version: 1, fields: { name: '<img src=x>', unit: '某部' }, asked: ['name', 'unit'], askedAt: NOW })
  const keys = { department: 'armed-forces', signing: { kid: 's', public: {} }, encryption: { kid: 'e', public: {} } }
  const open = async () => {
    const visited = await visit('/answer', AnswerPage)
    await flushPromises()
    expect(await faults(document.body)).toEqual([])
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(document.querySelector('[role="alert"]')!.textContent).toContain('请选择密钥文件')
    const input = document.getElementById('key-file') as HTMLInputElement
    Object.defineProperty(input, 'files', { value: [Object.assign(new File(['{}'], 'k.json'), { text: async () => '{}' })] })
    input.dispatchEvent(new Event('change'))
    await type('key-passphrase', 'long enough words')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    return visited
  }

  it('opens the key, answers at the screen and hears what became of each', async () => {
    serve('department_officer', {})
    held.open.mockResolvedValue(keys)
    held.load.mockResolvedValue({ department: 'armed-forces', requests: [one('a'), one('b')], bad: [] })
    await open()
    expect(document.querySelector('h1')!.textContent).toContain('人武：2 条')
    expect(document.querySelector('img')).toBeNull()
    expect(await faults(document.body)).toEqual([])
    const choices = () => [...document.querySelectorAll<HTMLSelectElement>('tbody select')]
    choices().forEach((select) => {
      select.value = 'match'
      select.dispatchEvent(new Event('change'))
    })
    await flushPromises()
    held.send.mockImplementation(async (_: unknown, answers: [Asked, Filled][], __: unknown, told: (said: Map<string, object>) => void) => {
      expect(answers.map(([asked, filled]) => [asked.id, filled.verdicts])).toEqual([['a', { name: 'match', unit: 'match' }], ['b', { name: 'match', unit: 'match' }]])
      told(new Map([['a', { state: 'taken' }], ['b', { state: 'refused', rule: 'x', zh: '不行', en: 'No' }]]))
    })
    await press('发送 2 条')
    expect([...document.querySelectorAll('[role="status"]')].map((said) => said.textContent).join()).toContain('1 条反馈已收到。 1 条未通过')
    expect(document.querySelector('h1')!.textContent).toContain('1 条')
    expect(document.querySelector('tbody')!.textContent).toContain('不行')
    expect(choices()[0]!.value).toBe('match')
    await press('收起密钥')
    await press('清除并收起密钥')
    expect(document.body.textContent).not.toContain('某部')
  })

  describe('who has filled in answers and not sent them', () => {
    const dialog = () => document.querySelector<HTMLElement>('[role="dialog"]')
    const standing = () => document.querySelector<HTMLSelectElement>('tbody select')?.value

    async function begun() {
      serve('department_officer', {})
      held.open.mockResolvedValue(keys)
      held.load.mockResolvedValue({ department: 'armed-forces', requests: [one('a'), one('b')], bad: [] })
      const { router } = await open()
      const select = document.querySelector<HTMLSelectElement>('tbody select')!
      select.value = 'match'
      select.dispatchEvent(new Event('change'))
      await flushPromises()
      return router
    }

    it('is asked before the key is put away, and keeps all until they say so', async () => {
      await begun()
      await press('收起密钥')
      expect(dialog()!.textContent).toContain('1 条反馈还没有发送')
      expect(await faults(dialog()!)).toEqual([])
      await press('留在本页', dialog()!)
      expect(standing()).toBe('match')
      await press('收起密钥')
      await press('清除并收起密钥', dialog()!)
      expect(document.body.textContent).not.toContain('某部')
    })

    it('is asked before another page is shown, and goes on there only when they say so', async () => {
      const router = await begun()
      void router.push('/nowhere')
      await flushPromises()
      expect(dialog()!.textContent).toContain('1 条反馈还没有发送')
      await press('留在本页', dialog()!)
      expect(router.currentRoute.value.name).toBe('answer')
      expect(standing()).toBe('match')
      void router.push('/nowhere')
      await flushPromises()
      await press('清除并离开', dialog()!)
      // What draws that page comes by itself.
      await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('not-found'))
    })

    it('is asked nothing where their right is gone', async () => {
      const router = await begun()
      await router.push('/no-right')
      expect(router.currentRoute.value.name).toBe('no-right')
    })
  })

  it('sees when their department supplied how many rows, and what became of them', async () => {
    serve('department_officer', {})
    held.open.mockResolvedValue(keys)
    held.load.mockResolvedValue({ department: 'armed-forces', requests: [], bad: [] })
    held.extracts.mockRejectedValueOnce(new TypeError('gone'))
    await open()
    expect(held.extracts).toHaveBeenCalledWith(keys, expect.anything())
    expect(document.querySelector('[role="alert"]')).not.toBeNull()
    held.extracts.mockResolvedValueOnce([extract, { ...extract, extract_id: 'f', state: 'arriving', rows_here: 4, zh: null, en: null }])
    await press('重试')
    const cells = [...document.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent!.trim()))
    expect(cells).toEqual([
      ['2026-11-30 09:04', '仅比对码', '9', '未通过', '行数不符'],
      ['2026-11-30 09:04', '仅比对码', '4 / 9', '正在接收', '—'],
    ])
    expect(await faults(document.body)).toEqual([])
    await press('收起密钥')
    expect(document.querySelector('tbody')).toBeNull()
  })

  it('whose key nobody knows yet enrols it by a code', async () => {
    let known = false
    const { Problem } = await import('@muster/ui')
    serve('department_officer', {
      'POST /api/access/departments': (body: unknown) => ((body as { code: string }).code === 'GOOD' ? ((known = true), { department: 'armed-forces', area: COUNTY, label: '', version: 1, enrolled_at: NOW, revoked_at: null }) : refusal(422, 'code-unknown', '登记码不对。', 'code')),
    })
    held.open.mockResolvedValue(keys)
    held.load.mockImplementation(async () => {
      if (!known) throw new Problem(422, 'invalid', [{ field: 'packet', rule: 'packet-key-unknown', zh: '', en: '' }], null)
      return { department: 'armed-forces', requests: [], bad: [] }
    })
    await open()
    await type('key-code', 'BAD')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(document.querySelector('[role="alert"]')!.textContent).toContain('登记码不对。')
    await type('key-code', 'GOOD')
    document.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(requests.at(-1)!.body).toEqual({ code: 'GOOD', keys: [{}, {}], proof: 'proof' })
    expect(document.body.textContent).toContain('都已反馈')
    // The cross-check may not have heard of the key yet, so it is asked when somebody wants it.
    expect(held.extracts).not.toHaveBeenCalled()
    expect(document.body.textContent).toContain('密钥刚登记')
    held.extracts.mockResolvedValueOnce([])
    await press('重新查看', document.querySelector('section.panel')!)
    expect(document.body.textContent).toContain('本部门还没有提供数据')
  })
})
