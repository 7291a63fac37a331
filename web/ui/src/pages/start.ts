/** The first steps of every application. */
import { createApp, watch, type Component } from 'vue'
import type { Router } from 'vue-router'
import type { Language } from '../format/numbers'
import { session, startSession, type Application } from '../session/session'
import { startTheme } from '../theme'
import { loadCampaign } from '../use/campaign'
import { createWords, firstLanguage, type Words } from '../words'

/** Mounts `root` with its catalogue and its pages, in the language that was chosen here before. */
export function start(of: Application, root: Component, own: Record<Language, Words>, createPages: (language: () => Language) => Router): void {
  startTheme()
  startSession(of)
  const words = createWords(own, firstLanguage())
  const router = createPages(() => words.global.locale.value as Language)
  watch(
    () => session.account?.account_id,
    // A failure shows where its words are missing, as codes; pages that need them load them again.
    (account) => account && loadCampaign().catch(() => undefined),
  )
  createApp(root).use(words).use(router).mount('#app')
}
