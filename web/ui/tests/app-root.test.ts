// A page that does not come is said on the page that one is on, and everything there stays.
import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { h } from 'vue'
import { createMemoryHistory, createRouter, type RouteRecordRaw } from 'vue-router'
import { faults } from '../../tests/axe'
import AppRoot from '../src/pages/AppRoot.vue'
import { createWords } from '../src/words'

enableAutoUnmount(afterEach)
afterEach(() => {
  document.body.replaceChildren()
  vi.unstubAllGlobals()
})

const alert = () => document.querySelector<HTMLElement>('main [role="alert"]')

async function press(words: string): Promise<void> {
  const found = [...document.querySelectorAll<HTMLElement>('a, button')].find((one) => one.textContent!.trim() === words)
  found!.click()
  await flushPromises()
}

async function at(path: string) {
  const door = { down: true }
  const come = async (words: string) => {
    if (door.down) throw new TypeError('Failed to fetch dynamically imported module')
    return { render: () => h('h1', words) }
  }
  const one = (name: string, component: RouteRecordRaw['component'], bare = false): RouteRecordRaw =>
    ({ path: `/${name}`, name, component: component!, meta: { rights: 'signed-in', title: `page.${name}`, listed: true, wide: false, bare } })
  const here = { render: () => [h('h1', '甲'), h('input', { id: 'typed', 'aria-label': '填写' })] }
  const routes = [one('first', here), one('second', () => come('乙正文')), one('third', () => come('丙正文')), one('wall', here, true)]
  const titles = { page: { first: '甲页', second: '乙页', third: '丙页', wall: '大屏' } }
  const router = createRouter({ history: createMemoryHistory('/console/'), routes })
  await router.push(path)
  mount(AppRoot, { props: { listed: () => routes, keys: {} }, attachTo: document.body, global: { plugins: [createWords({ zh: titles, en: titles }, 'zh'), router] } })
  await flushPromises()
  document.querySelector<HTMLInputElement>('#typed')!.value = '填到一半'
  return { door, router }
}

it('within the frame it says what happened and what was kept, until the page comes', async () => {
  const { door } = await at('/first')
  expect(alert()).toBeNull()
  await press('乙页')
  expect(alert()!.textContent).toContain('要去的页面没有打开')
  expect(alert()!.textContent).toContain('页面上的内容都还在')
  expect(document.activeElement).toBe(alert())
  expect(document.querySelector<HTMLInputElement>('#typed')!.value).toBe('填到一半')
  expect(await faults(document.body)).toEqual([])
  const first = alert()
  await press('重试')
  // Said anew: who hears it knows that it was tried.
  expect(alert()).not.toBe(first)
  expect(document.activeElement).toBe(alert())
  door.down = false
  await press('重试')
  expect(document.body.textContent).toContain('乙正文')
  expect(alert()).toBeNull()
})

it('is said no more once another page has come', async () => {
  const { door } = await at('/first')
  await press('丙页')
  expect(alert()).not.toBeNull()
  door.down = false
  await press('乙页')
  expect(alert()).toBeNull()
})

it('can be fetched anew, with the pages as they are built now', async () => {
  const { router } = await at('/first')
  await press('丙页')
  const assign = vi.fn()
  vi.stubGlobal('location', { assign })
  await press('刷新打开')
  expect(assign).toHaveBeenCalledExactlyOnceWith('/console/third')
  expect(router.currentRoute.value.name).toBe('first')
})

it('is said on a page without a frame too', async () => {
  const { router } = await at('/wall')
  await router.push('/second').catch(() => undefined)
  await flushPromises()
  expect(alert()!.textContent).toContain('要去的页面没有打开')
  expect(document.querySelector<HTMLInputElement>('#typed')!.value).toBe('填到一半')
})
