import '@muster/ui/styles.css'
import { createWords, firstLanguage, startTheme } from '@muster/ui'
import { createApp } from 'vue'
import App from './App.vue'
import { createPages } from './router'
import en from './words/en.json'
import zh from './words/zh.json'

startTheme()
createApp(App)
  .use(createWords({ zh, en }, firstLanguage()))
  .use(createPages())
  .mount('#app')
