/** Pages of the catalogue: open to everybody, for they hold nothing of anybody. */
import { page } from '@muster/ui'
import { nextTick } from 'vue'
import { createRouter, createWebHistory, type Router, type RouterHistory } from 'vue-router'

const open = { rights: 'public', listed: true } as const

export const pages = [
  page({ ...open, path: '/colours', name: 'colours', title: 'page.colours', component: () => import('./pages/ColoursPage.vue') }),
  page({ ...open, path: '/type', name: 'type', title: 'page.type', component: () => import('./pages/TypePage.vue') }),
  page({ ...open, path: '/states', name: 'states', title: 'page.states', component: () => import('./pages/StatesPage.vue') }),
  page({ ...open, path: '/figures', name: 'figures', title: 'page.figures', component: () => import('./pages/FiguresPage.vue') }),
  page({ ...open, path: '/tables', name: 'tables', title: 'page.tables', component: () => import('./pages/TablesPage.vue') }),
  page({ ...open, path: '/inputs', name: 'inputs', title: 'page.inputs', component: () => import('./pages/InputsPage.vue') }),
  page({ ...open, path: '/waiting', name: 'waiting', title: 'page.waiting', component: () => import('./pages/WaitingPage.vue') }),
  page({ ...open, path: '/dialogs', name: 'dialogs', title: 'page.dialogs', component: () => import('./pages/DialogsPage.vue') }),
  page({ ...open, path: '/areas', name: 'areas', title: 'page.areas', component: () => import('./pages/AreasPage.vue') }),
  page({ ...open, path: '/charts', name: 'charts', title: 'page.charts', component: () => import('./pages/ChartsPage.vue') }),
]

export function createPages(history: RouterHistory = createWebHistory('/catalogue/')): Router {
  const router = createRouter({
    history,
    routes: [...pages, { path: '/:rest(.*)*', redirect: { name: 'colours' } }],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
  router.afterEach(async (to, from, failure) => {
    if (failure || to.path === from.path) return
    await nextTick()
    document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
  })
  return router
}
