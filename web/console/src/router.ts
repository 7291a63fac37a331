/** Pages of the console, and with each who may see it. */
import { definePages, page } from '@muster/ui'
import { ADMINISTER, FIGURES, NAMES, ORDERS, REVIEW, TERMINALS } from './rights'

export const { pages, listedPages, firstPage, createPages } = definePages('/console/', [
  page({
    path: '/dashboard/:area(\\d{6,12})?',
    name: 'dashboard',
    rights: FIGURES,
    title: 'page.dashboard',
    listed: true,
    component: () => import('./pages/dashboard/DashboardPage.vue'),
  }),
  page({
    path: '/uncollected/:area(\\d{6,12})',
    name: 'uncollected',
    rights: NAMES,
    title: 'page.uncollected',
    component: () => import('./pages/dashboard/UncollectedPage.vue'),
  }),
  page({
    path: '/wall/:area(\\d{6,12})?',
    name: 'wall',
    rights: FIGURES,
    title: 'page.wall',
    bare: true,
    component: () => import('./pages/dashboard/WallPage.vue'),
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
])
