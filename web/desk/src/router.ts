/** Pages of the desk, and with each who may see it. */
import { definePages, page } from '@muster/ui'
import { COLLECT, LISTS } from './rights'

export const { pages, listedPages, firstPage, createPages } = definePages('/desk/', [
  page({ path: '/today', name: 'today', rights: COLLECT, title: 'page.today', listed: true, component: () => import('./pages/today/TodayPage.vue') }),
  page({ path: '/people/:area?', name: 'people', rights: LISTS, title: 'page.people', listed: true, component: () => import('./pages/people/PeoplePage.vue') }),
  page({ path: '/ending/:subject', name: 'ending', rights: LISTS, title: 'page.ending', component: () => import('./pages/ending/EndingPage.vue') }),
  page({ path: '/receipt/:record', name: 'receipt', rights: COLLECT, title: 'page.receipt', component: () => import('./pages/receipt/ReceiptPage.vue') }),
  page({ path: '/person/:draft?', name: 'person', rights: COLLECT, title: 'page.person', wide: true, component: () => import('./pages/person/PersonPage.vue') }),
])
