/** Pages of the desk, and with each who may see it. */
import { definePages, page } from '@muster/ui'
import { COLLECT } from './rights'

export const { pages, listedPages, firstPage, createPages } = definePages('/desk/', [
  page({ path: '/today', name: 'today', rights: COLLECT, title: 'page.today', listed: true, component: () => import('./pages/TodayPage.vue') }),
  page({ path: '/person/:draft?', name: 'person', rights: COLLECT, title: 'page.person', wide: true, component: () => import('./pages/person/PersonPage.vue') }),
])
