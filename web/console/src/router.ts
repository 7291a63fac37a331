/** Pages of the console, and with each who may see it. */
import { definePages, page } from '@muster/ui'
import { FIGURES, ORDERS, PEOPLE, REVIEW } from './rights'

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
    path: '/people/:area(\\d{6,12})',
    name: 'people',
    rights: PEOPLE,
    title: 'page.people',
    component: () => import('./pages/dashboard/PeoplePage.vue'),
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
])
