/** Pages, and with each who may see it. A page without a declared right does not compile, and
 * `tests/router.test.ts` asks every route that exists. */
import { ask, goSignIn, grants, session, type Language } from '@muster/ui'
import { nextTick, watch, type Component } from 'vue'
import { createRouter, createWebHistory, type Router, type RouteRecordRaw, type RouterHistory } from 'vue-router'
import { ADMINISTER, allowed, FIGURES, ORDERS, REVIEW, TERMINALS, type Rights } from './rights'

declare module 'vue-router' {
  interface RouteMeta {
    rights: Rights
    /** Key of its title in the catalogue. */
    title: string
    /** Whether it stands in the list of pages. */
    listed: boolean
    /** Whether it takes the whole width, without the list of pages. */
    wide: boolean
  }
}

interface Page {
  path: string
  name: string
  rights: Rights
  title: string
  listed?: true
  wide?: true
  component: () => Promise<{ default: Component }>
}

function page({ path, name, component, rights, title, listed = false as never, wide = false as never }: Page): RouteRecordRaw {
  return { path, name, component, meta: { rights, title, listed, wide } }
}

export const PAGES: readonly RouteRecordRaw[] = [
  page({
    path: '/dashboard/:area(\\d{6,12})?',
    name: 'dashboard',
    rights: FIGURES,
    title: 'page.dashboard',
    listed: true,
    component: () => import('./pages/dashboard/DashboardPage.vue'),
  }),
  page({
    path: '/review',
    name: 'review',
    rights: REVIEW,
    title: 'page.review',
    listed: true,
    component: () => import('./pages/review/QueuePage.vue'),
  }),
  page({
    path: '/review/:subject([0-9a-f-]{36})',
    name: 'review-item',
    rights: REVIEW,
    title: 'page.reviewItem',
    wide: true,
    component: () => import('./pages/review/ItemPage.vue'),
  }),
  page({
    path: '/orders/:area(\\d{6,12})?',
    name: 'orders',
    rights: ORDERS,
    title: 'page.orders',
    listed: true,
    component: () => import('./pages/orders/OrdersPage.vue'),
  }),
  page({ path: '/import', name: 'import', rights: ADMINISTER, title: 'page.import', listed: true, component: () => import('./pages/import/ImportPage.vue') }),
  page({
    path: '/import/:job([0-9a-f-]{36})',
    name: 'import-job',
    rights: ADMINISTER,
    title: 'page.importJob',
    component: () => import('./pages/import/ImportJobPage.vue'),
  }),
  page({ path: '/admin/candidates', name: 'candidates', rights: ADMINISTER, title: 'page.candidates', listed: true, component: () => import('./pages/admin/CandidatesPage.vue') }),
  page({ path: '/admin/people', name: 'people', rights: ADMINISTER, title: 'page.people', listed: true, component: () => import('./pages/admin/PeoplePage.vue') }),
  page({
    path: '/admin/people/:account([0-9a-f-]{36})',
    name: 'person',
    rights: ADMINISTER,
    title: 'page.person',
    component: () => import('./pages/admin/PersonPage.vue'),
  }),
  page({ path: '/admin/terminals', name: 'terminals', rights: TERMINALS, title: 'page.terminals', listed: true, component: () => import('./pages/admin/TerminalsPage.vue') }),
  page({ path: '/admin/profile', name: 'profile', rights: ADMINISTER, title: 'page.profile', listed: true, component: () => import('./pages/admin/ProfilePage.vue') }),
  page({ path: '/admin/health', name: 'health', rights: ADMINISTER, title: 'page.health', listed: true, component: () => import('./pages/admin/HealthPage.vue') }),
  page({ path: '/signed-in', name: 'signed-in', rights: 'public', title: 'page.signedIn', component: () => import('./pages/SignedInPage.vue') }),
  page({ path: '/no-right', name: 'no-right', rights: 'signed-in', title: 'page.noRight', component: () => import('./pages/NoRightPage.vue') }),
  page({ path: '/:rest(.*)*', name: 'not-found', rights: 'signed-in', title: 'page.notFound', component: () => import('./pages/NotFoundPage.vue') }),
]

const roles = () => grants.value.map((grant) => grant.role)

/** Where somebody with these roles begins. */
export function firstPage(): string {
  const found = PAGES.find((one) => one.meta?.listed && allowed(one.meta.rights, roles()))
  return String(found?.name ?? 'no-right')
}

export function listedPages(): readonly RouteRecordRaw[] {
  return PAGES.filter((one) => one.meta?.listed && allowed(one.meta.rights, roles()))
}

export function createPages(language: () => Language, history: RouterHistory = createWebHistory('/console/')): Router {
  const router = createRouter({
    history,
    routes: [
      { path: '/', redirect: () => ({ name: firstPage() }), meta: { rights: 'signed-in', title: 'page.noRight', listed: false, wide: false } },
      ...PAGES,
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
      await goSignIn(`/console${to.redirectedFrom?.fullPath ?? to.fullPath}`, language())
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
