import '@muster/ui/styles.css'
import { start } from '@muster/ui'
import App from './App.vue'
import { assertion } from './gateway/client'
import { pairing, startPairing } from './gateway/pairing'
import { watchGateway } from './gateway/state'
import { createPages } from './router'
import { ADDRESS } from './second/protocol'
import en from './words/en.json'
import { watchQueue } from './work/queue'
import zh from './words/zh.json'

/** The desk itself; the screen that faces the person is another window at an address of its own. */
function startDesk(): void {
  startPairing()
  start(
    {
      client: 'desk',
      base: '/desk/',
      // Without its gateway's word a computer is none of those that are enrolled: the page says what that
      // means, and the services what it does not allow.
      assertion: async () => (pairing.value === null ? null : await assertion().catch(() => null)),
    },
    App,
    { zh, en },
    createPages,
  )
  watchGateway()
  watchQueue()
}

if (location.pathname === ADDRESS) void import('./second/start').then(({ startSecond }) => startSecond({ zh, en }))
else startDesk()
