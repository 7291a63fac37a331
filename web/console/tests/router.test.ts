/** Rights stand in the route: every page says who may see it, and nobody else gets there. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { createMemoryHistory } from 'vue-router'
import { FIGURES, ORDERS, REVIEW } from '../src/rights'
import { createPages, firstPage, listedPages, pages } from '../src/router'
import { allowed } from '@muster/ui'
import { COUNTY, serve } from './support'

async function as(role: string) {
  const { ask } = await import('@muster/ui')
  serve(role, {})
  await ask()
  return createPages(() => 'zh', createMemoryHistory('/console/'))
}

describe('every page', () => {
  it('declares its right and its title', () => {
    const router = createPages(() => 'zh', createMemoryHistory('/console/'))
    for (const route of router.getRoutes()) {
      expect(route.meta.rights, route.path).toBeTruthy()
      expect(route.meta.title, route.path).toMatch(/^page\./)
      if (Array.isArray(route.meta.rights)) expect(route.meta.rights.length, route.path).toBeGreaterThan(0)
    }
  })

  it('is open to everybody only where somebody signs in', () => {
    expect(pages.filter((page) => page.meta?.rights === 'public').map((page) => page.name)).toEqual(['signed-in'])
  })

  it('can be reached: no page lies beside the router', () => {
    const folder = join(import.meta.dirname, '../src/pages')
    const files = readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith('Page.vue'))
    const routed = pages.map((page) => String((page as { component?: unknown }).component))
    for (const page of files) expect(routed.some((source) => source.includes(page.split('/').at(-1)!)), page).toBe(true)
  })
})

describe.each([
  ['leader', 'dashboard', ['dashboard', 'orders', 'departments']],
  ['township_leader', 'dashboard', ['dashboard', 'orders', 'departments', 'terminals']],
  ['administrator', 'dashboard', ['dashboard', 'orders', 'departments', 'import', 'candidates', 'people', 'terminals', 'profile', 'health']],
  ['civil_affairs_reviewer', 'review', ['review', 'orders', 'departments']],
  ['human_resources_reviewer', 'review', ['review', 'orders', 'departments']],
  ['department_officer', 'answer', ['answer']],
  ['collector', 'no-right', []],
  ['auditor', 'no-right', []],
])('%s', (role, first, listed) => {
  it('begins where they work, and is offered what they may see', async () => {
    await as(role)
    expect(firstPage()).toBe(first)
    expect(listedPages().map((page) => page.name)).toEqual(listed)
  })

  it('is turned away everywhere else', async () => {
    const router = await as(role)
    const within = { dashboard: 'wall', review: 'review-item', import: 'import-job', people: 'person' } as Record<string, string>
    const open = new Set(listed.flatMap((name) => [name, within[name] ?? name]))
    if (role === 'township_leader') open.add('named')
    const id = `${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`
    const office = ['/import', `/import/${id}`, ...['candidates', 'people', `people/${id}`, 'terminals', 'profile', 'health'].map((name) => `/admin/${name}`)]
    const figures = ['/dashboard', `/dashboard/${COUNTY}`, '/wall', `/wall/${COUNTY}`, `/named/${COUNTY}`]
    for (const path of [...figures, '/review', `/review/${id}`, '/orders', '/departments', '/answer', ...office]) {
      const name = String(router.resolve(path).name)
      await router.push(path)
      expect(router.currentRoute.value.name, path).toBe(open.has(name) ? name : 'no-right')
    }
  })
})

it('a right that is not held opens nothing, whatever else is held', () => {
  expect(allowed(REVIEW, ['leader', 'administrator', 'collector'])).toBe(false)
  expect(allowed(FIGURES, ['civil_affairs_reviewer'])).toBe(false)
  expect(allowed(ORDERS, [])).toBe(false)
})

it('what is no area or no id is no page', async () => {
  const router = await as('leader')
  const none = ['/dashboard/abc', '/wall/abc', '/named', '/named/x', '/dashboard/<svg>', '/review/1', '/import/1', '/admin/people/x', '/admin', '/nothing']
  for (const path of none) expect(router.resolve(path).name).toBe('not-found')
  vi.unstubAllGlobals()
})
