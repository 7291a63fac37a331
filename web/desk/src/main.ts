import '@muster/ui/styles.css'
import { start } from '@muster/ui'
import App from './App.vue'
import { assertion } from './gateway/client'
import { pairing, startPairing } from './gateway/pairing'
import { createPages } from './router'
import en from './words/en.json'
import zh from './words/zh.json'

startPairing()
start(
  {
    client: 'desk',
    base: '/desk/',
    // Without its gateway a computer is none of those that are enrolled: services say what that means.
    assertion: async () => (pairing.value === null ? null : await assertion()),
  },
  App,
  { zh, en },
  createPages,
)
