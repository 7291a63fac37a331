import '@muster/ui/styles.css'
import { createWords, firstLanguage, loadCampaign, session, startSession, startTheme, type Language } from '@muster/ui'
import { createApp, watch } from 'vue'
import App from './App.vue'
import { createPages } from './router'
import en from './words/en.json'
import zh from './words/zh.json'

startTheme()
startSession('console', '/console/')

const words = createWords({ zh, en }, firstLanguage())
const router = createPages(() => words.global.locale.value as Language)

watch(
  () => session.account?.account_id,
  // A failure shows where its words are missing, as codes; pages that need them load them again.
  (account) => account && loadCampaign().catch(() => undefined),
)

createApp(App).use(words).use(router).mount('#app')
