/** Pages of an application, and with each who may see it. A page without a declared right does not
 * compile, and each application's `tests/router.test.ts` asks every route that exists. */
import { nextTick, watch, type Component } from 'vue'
import { createRouter, createWebHistory, type Router, type RouteRecordRaw, type RouterHistory } from 'vue-router'
import type { Language } from '../format/numbers'
import { ask, goSignIn, grants, session } from '../session/session'
import { allowed, type Rights } from './rights'

declare module 'vue-router' {
  interface RouteMeta {
    rights: Rights
    /** Key of its title in the catalogue. */
    title: string
    /** Whether it stands in the list of pages. */
    listed: boolean
    /** Whether it takes the whole width, without the list of pages. */
    wide: boolean
    /** Whether it stands alone, without bar and list. */
    bare: boolean
  }
}

export interface Page {
  path: string
  name: string
  rights: Rights
  title: string
  listed?: true
  wide?: true
  bare?: true
  component: () => Promise<{ default: Component }>
}

export function page({ path, name, component, rights, title, listed = false as never, wide = false as never, bare = false as never }: Page): RouteRecordRaw {
  return { path, name, component, meta: { rights, title, listed, wide, bare } }
}

/** Pages that every application has. */
const COMMON: readonly RouteRecordRaw[] = [
  page({ path: '/signed-in', name: 'signed-in', rights: 'public', title: 'page.signedIn', component: () => import('./SignedInPage.vue') }),
  page({ path: '/no-right', name: 'no-right', rights: 'signed-in', title: 'page.noRight', component: () => import('./NoRightPage.vue') }),
  page({ path: '/:rest(.*)*', name: 'not-found', rights: 'signed-in', title: 'page.notFound', component: () => import('./NotFoundPage.vue') }),
]

const roles = () => grants.value.map((grant) => grant.role)

/** The pages of an application at `base` (`/console/`). */
export function definePages(base: string, own: readonly RouteRecordRaw[]) {
  const pages = [...own, ...COMMON]
  const root = base.slice(0, -1)

  function listedPages(): readonly RouteRecordRaw[] {
    return pages.filter((one) => one.meta?.listed && allowed(one.meta.rights, roles()))
  }

  /** Where somebody with these roles begins. */
  function firstPage(): string {
    return String(listedPages()[0]?.name ?? 'no-right')
  }

  function createPages(language: () => Language, history: RouterHistory = createWebHistory(base)): Router {
    const router = createRouter({
      history,
      routes: [
        { path: '/', redirect: () => ({ name: firstPage() }), meta: { rights: 'signed-in', title: 'page.noRight', listed: false, wide: false, bare: false } },
        ...pages,
      ],
      scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
    })

    router.beforeEach(async (to) => {
      if (to.meta.rights === 'public') return true
      if (session.standing === 'unknown') {
        const signedIn = await ask()
        // Who came to the door before anybody was known is sent on by who they are now.
        if (signedIn && to.redirectedFrom?.path === '/') return { name: firstPage() }
      }
      if (session.account === null) {
        await goSignIn(`${root}${to.redirectedFrom?.fullPath ?? to.fullPath}`, language())
        return false
      }
      return allowed(to.meta.rights, roles()) ? true : { name: 'no-right' }
    })

    router.afterEach(async (to, from, failure) => {
      if (failure || to.path === from.path) return
      await nextTick()
      document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
    })

    // Rights stay watched: when one is lost, what stood on the page goes at once.
    watch(grants, () => {
      const { meta } = router.currentRoute.value
      if (session.account !== null && meta.rights && !allowed(meta.rights, roles())) void router.replace({ name: 'no-right' })
    })
    return router
  }

  return { pages, listedPages, firstPage, createPages }
}
