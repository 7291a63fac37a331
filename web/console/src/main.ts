import '@muster/ui/styles.css'
import { start } from '@muster/ui'
import App from './App.vue'
import { createPages } from './router'
import en from './words/en.json'
import zh from './words/zh.json'

start({ client: 'console', base: '/console/' }, App, { zh, en }, createPages)
