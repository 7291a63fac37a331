/** People and grants: nobody is offered to give or take more than they hold. */
import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { faults } from '../../tests/axe'
import PeoplePage from '../src/pages/admin/PeoplePage.vue'
import PersonPage from '../src/pages/admin/PersonPage.vue'
import { administering, anyPassword, barred, begins, covered, ends, keeps, latest, ROLES, type Person } from '../src/pages/admin/people'
import { COUNTY, press, refusal, requests, serve, TOWN, type, VILLAGE, visit } from './support'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const ME = '99999999-9999-4999-8999-999999999999'
const ID = '22222222-2222-4222-8222-222222222222'
const within = (code: string, above: string) => code.startsWith(above)
const admin = (area: string, valid_until: string | null = null, valid_from = '2020-01-01T00:00:00Z') => ({ role: 'administrator' as const, area, valid_from, valid_until })
const NOW = Date.parse('2026-11-30T00:00:00Z')

function person(grants: object[], more: object = {}): Person {
  const held = grants.map((grant, at) => ({ grant_id: `${ID.slice(0, -1)}${at}`, role: 'collector', area: TOWN, valid_from: '2026-01-01T00:00:00Z', valid_until: null, ...grant }))
  return { account_id: ID, username: 'longwu-1', active: true, area: TOWN, version: 1, locked_until: null, created_at: '2026-01-01T00:00:00Z', grants: held, ...more } as Person
}

describe('what one may give', () => {
  const mine = [admin(TOWN), admin(COUNTY, '2027-01-01T00:00:00Z')]

  it('is by grants as an administrator that hold now', () => {
    const all = [...mine, admin('64', '2026-01-01T00:00:00Z'), admin('65', null, '2027-01-01T00:00:00Z'), { ...admin('66'), role: 'leader' as const }]
    expect(administering(all, NOW)).toEqual(mine)
  })

  it('ends with the grant that gives it, in area and in time', () => {
    expect(latest(mine, VILLAGE, within)).toBeNull()
    expect(latest(mine, `${COUNTY}200`, within)).toBe(Date.parse('2027-01-01T00:00:00Z'))
    expect(latest(mine, '64', within)).toBeUndefined()
    expect(covered(mine, { area: TOWN, valid_until: null }, within)).toBe(true)
    expect(covered(mine, { area: COUNTY, valid_until: null }, within)).toBe(false)
    expect(covered(mine, { area: COUNTY, valid_until: '2027-01-01T00:00:00Z' }, within)).toBe(true)
    expect(covered(mine, { area: COUNTY, valid_until: '2027-01-02T00:00:00Z' }, within)).toBe(false)
  })

  it('a last day is included, and never beyond one’s own end', () => {
    expect(begins('2026-12-01')).toBe('2026-12-01T00:00:00+08:00')
    expect(ends('2026-12-01', null)).toBe('2026-12-01T16:00:00.000Z')
    expect(ends('2026-12-01', Date.parse('2026-12-01T09:00:00Z'))).toBe('2026-12-01T09:00:00.000Z')
  })

  it('nothing is done to one’s own account, nor to one that reaches further', () => {
    expect(barred(mine, ID, person([{}]), within)).toBe('person.own')
    expect(barred(mine, ME, person([{}]), within)).toBeNull()
    expect(barred(mine, ME, person([{}, { area: COUNTY }]), within)).toBe('person.beyond')
    expect(barred(mine, ME, person([]), within)).toBeNull()
    expect(barred(mine, ME, person([], { area: '64' }), within)).toBe('person.beyond')
    const two = person([{}, { area: COUNTY }])
    expect(two.grants.map((held) => keeps(mine, ME, two, held, within))).toEqual([null, 'person.beyond'])
  })
})

it('every role that there is can be given', () => {
  const api = JSON.parse(readFileSync(join(import.meta.dirname, '../../api/access.json'), 'utf8'))
  expect([...ROLES].sort()).toEqual([...api.components.schemas.Role.enum].sort())
})

it('a password by chance is long, of many signs, and another each time', () => {
  const some = Array.from({ length: 50 }, anyPassword)
  expect(new Set(some).size).toBe(50)
  for (const one of some) expect(one).toMatch(/^[a-zA-Z2-9]{16}$/)
  expect(new Set(some.join('')).size).toBeGreaterThan(50)
})

describe('the list', () => {
  it('is whole, whatever the pages, is searched, and is clean for axe', async () => {
    const other = person([{ role: 'leader', area: COUNTY, valid_until: '2027-01-01T00:00:00Z' }], { account_id: ME, username: 'county', area: COUNTY, active: false })
    serve('administrator', { 'GET /api/access/accounts': (_: unknown, url: URL) => (url.searchParams.has('after') ? { accounts: [other], next: null } : { accounts: [person([{}])], next: ID }) })
    await visit('/admin/people', PeoplePage)
    await flushPromises()
    expect(document.querySelector('h1')?.textContent).toContain('2 个账号')
    expect(document.body.textContent).toContain('隆务镇 · 采集员')
    expect(document.body.textContent).toContain('已停用')
    expect(await faults(document.body)).toEqual([])
    await type('people-find', '隆务')
    expect([...document.querySelectorAll('tbody th')].map((one) => one.textContent)).toEqual(['longwu-1'])
  })

  it('takes a new account with its grant from the tree', async () => {
    const made = person([{}])
    serve('administrator', { 'GET /api/access/accounts': { accounts: [], next: null }, 'POST /api/access/accounts': made })
    const { router } = await visit('/admin/people', PeoplePage)
    await flushPromises()
    await press('新建账号')
    const dialog = document.querySelector('[role="dialog"]')!
    dialog.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    const said = dialog.querySelector('[role="alert"]')!.textContent
    for (const fault of ['请填写账号名', '请填写或生成密码', '请选择角色', '请写明理由']) expect(said).toContain(fault)
    await type('account-name', 'longwu-1')
    await press('随机生成', dialog)
    await type('grant-role', 'collector')
    await type('act-reason', '新到岗')
    document.querySelector<HTMLElement>('#grant-area')!.click()
    await flushPromises()
    const tree = dialog.querySelector('[role="tree"]')!
    const line = (name: string) => [...tree.querySelectorAll<HTMLElement>('[role="treeitem"]')].find((one) => one.querySelector('.name')?.textContent === name)!
    expect(await faults(dialog)).toEqual([])
    // The province lies above the grant: it is there, greyed, with its reason, and is not chosen.
    expect(line('青海省').getAttribute('aria-disabled')).toBe('true')
    line('青海省').click()
    await flushPromises()
    expect(document.getElementById(line('青海省').getAttribute('aria-describedby')!)!.textContent).toContain('不能授出')
    line('同仁县').focus()
    for (const key of ['ArrowRight', 'ArrowDown', 'Enter']) {
      document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
      await flushPromises()
    }
    expect(line('隆务镇').getAttribute('aria-selected')).toBe('true')
    dialog.querySelector('form')!.dispatchEvent(new Event('submit'))
    await vi.waitFor(() => expect(router.currentRoute.value.params.account).toBe(ID), 10_000)
    const body = requests.find((one) => one.line === 'POST /api/access/accounts')!.body as Record<string, unknown>
    expect(body).toMatchObject({ username: 'longwu-1', area: COUNTY, reason: '新到岗', grants: [{ role: 'collector', area: TOWN, valid_from: null, valid_until: null }] })
    expect(String(body.password)).toHaveLength(16)
  })
})

describe('one account', () => {
  const path = `/admin/people/${ID}`
  const at = `/api/access/accounts/${ID}`

  it('greys what the service would refuse, with the reason', async () => {
    serve('administrator', { [`GET ${at}`]: person([{}, { area: COUNTY, role: 'leader' }]) }, TOWN)
    await visit(path, PersonPage)
    await flushPromises()
    const buttons = [...document.querySelectorAll<HTMLButtonElement>('tbody button')]
    expect(buttons.map((one) => one.disabled)).toEqual([false, true])
    expect(buttons[1]!.closest('td')!.textContent).toContain('超出您的管理范围')
    const sign = [...document.querySelectorAll('button')].find((one) => one.textContent?.includes('重设密码')) as HTMLButtonElement
    expect(sign.disabled).toBe(true)
    expect(await faults(document.body)).toEqual([])
  })

  it('grants are taken for a reason; what is refused says so and keeps what was typed', async () => {
    let no = true
    serve('administrator', { [`GET ${at}`]: person([{}]), [`POST /api/access/grants/${ID.slice(0, -1)}0/revoke`]: () => (no ? refusal(403, 'delegation-beyond-held', '超出您本人的管理授权。', 'account_id') : person([])) })
    await visit(path, PersonPage)
    await flushPromises()
    await press('收回')
    const dialog = document.querySelector('[role="dialog"]')!
    dialog.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(dialog.querySelector('[role="alert"]')?.textContent).toContain('请写明理由')
    await type('act-reason', '调离')
    dialog.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(dialog.querySelector('[role="alert"]')?.textContent).toContain('超出您本人的管理授权。')
    expect((document.getElementById('act-reason') as HTMLInputElement).value).toBe('调离')
    no = false
    dialog.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(requests.at(-1)!.body).toEqual({ reason: '调离' })
    expect(document.querySelector('[role="status"]')?.textContent).toContain('授权已收回')
    expect(document.body.textContent).toContain('没有授权')
  })

  it('is shut out, let in, and given another password', async () => {
    serve('administrator', {
      [`GET ${at}`]: person([{}]),
      [`POST ${at}/deactivate`]: person([{}], { active: false }),
      [`POST ${at}/password`]: person([{}]),
    })
    await visit(path, PersonPage)
    await flushPromises()
    for (const [act, end] of [['重设密码', '密码已重设'], ['停用账号', '账号已停用']] as const) {
      await press(act)
      const dialog = document.querySelector('[role="dialog"]')!
      if (act === '重设密码') await press('随机生成', dialog)
      await type('act-reason', '离岗')
      dialog.querySelector('form')!.dispatchEvent(new Event('submit'))
      await flushPromises()
      expect(document.querySelector('[role="status"]')?.textContent).toContain(end)
    }
    expect(document.body.textContent).toContain('启用账号')
  })

  it('what is given is no longer than one’s own grant', async () => {
    const until = new Date(Date.now() + 40 * 86_400_000).toISOString()
    serve('administrator', {
      'GET /api/access/session': { account_id: ME, username: 'me', grants: [{ role: 'administrator', area: COUNTY, valid_from: '2020-01-01T00:00:00Z', valid_until: until }], expires_at: '2099-01-01T00:00:00Z' },
      [`GET ${at}`]: person([]),
    })
    await visit(path, PersonPage)
    await flushPromises()
    await press('给予授权')
    const dialog = document.querySelector('[role="dialog"]')!
    await type('grant-role', 'leader')
    await type('act-reason', '新任')
    dialog.querySelector('form')!.dispatchEvent(new Event('submit'))
    await flushPromises()
    expect(dialog.querySelector('[role="alert"]')?.textContent).toContain('请填写截止日期')
    expect(requests.some((one) => one.line.startsWith('POST'))).toBe(false)
  })
})
