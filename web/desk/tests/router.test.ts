/** Rights stand in the route: every page says who may see it, and nobody else gets there. */
import { ask } from '@muster/ui'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory } from 'vue-router'
import { createPages, firstPage, listedPages, pages } from '../src/router'
import { serve } from './day'

afterEach(() => vi.unstubAllGlobals())

describe('every page', () => {
  it('declares its right and its title', () => {
    for (const route of createPages(() => 'zh', createMemoryHistory('/desk/')).getRoutes()) {
      expect(route.meta.rights, route.path).toBeTruthy()
      expect(route.meta.title, route.path).toMatch(/^page\./)
    }
  })

  it('can be reached: no page lies beside the router', () => {
    const files = readdirSync(join(import.meta.dirname, '../src/pages'), { recursive: true }).map(String).filter((name) => name.endsWith('Page.vue'))
    const routed = pages.map((page) => String((page as { component?: unknown }).component))
    for (const file of files) expect(routed.some((source) => source.includes(file.split('/').at(-1)!)), file).toBe(true)
  })
})

describe.each([
  ['collector', 'today', ['today', 'people']],
  ['township_leader', 'people', ['people']],
  ['administrator', 'no-right', []],
  ['civil_affairs_reviewer', 'no-right', []],
])('%s', (role, first, listed) => {
  it('begins where they work, and is turned away elsewhere', async () => {
    serve({}, role)
    await ask()
    const router = createPages(() => 'zh', createMemoryHistory('/desk/'))
    expect([firstPage(), listedPages().map((page) => page.name)]).toEqual([first, expect.arrayContaining(listed)])
    for (const path of ['/today', '/people', '/ending/s', '/receipt/r']) {
      await router.push(path)
      const open = role === 'collector' || (role === 'township_leader' && (path === '/people' || path === '/ending/s'))
      expect(router.currentRoute.value.name, path).toBe(open ? path.split('/')[1] : 'no-right')
    }
  })
})
