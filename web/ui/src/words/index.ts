/** The catalogues of both languages. Chinese comes first; English is complete (npm run words). */
import { createI18n } from 'vue-i18n'
import type { Language } from '../format/numbers'
import en from './en.json'
import zh from './zh.json'

export type Words = { [key: string]: string | Words }

const STORED = 'muster.language'

/** The language that was chosen here before, else the browser's, else Chinese. */
export function firstLanguage(): Language {
  const stored = remembered(STORED)
  if (stored === 'zh' || stored === 'en') return stored
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh'
}

/** The words of an application on top of those that all share. */
export function createWords(own: Record<Language, Words>, language: Language) {
  const words = createI18n({
    legacy: false,
    locale: language,
    fallbackWarn: true,
    missingWarn: true,
    messages: { zh: joined(zh, own.zh), en: joined(en, own.en) },
  })
  show(language)
  return words
}

/** Groups of the same name hold words of both; `npm run words` sees that no word stands in both. */
function joined(shared: Words, own: Words): Words {
  const found: Words = { ...shared }
  for (const [group, words] of Object.entries(own)) {
    const held = found[group]
    found[group] = typeof held === 'object' && typeof words === 'object' ? { ...held, ...words } : words
  }
  return found
}

/** Tells readers of screens and fonts which language the page is in. */
export function speak(language: Language): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

/** The same, and keeps the choice. */
export function show(language: Language): void {
  speak(language)
  remember(STORED, language)
}

/** Storage may be switched off; nothing that is kept there is needed. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // It is asked for again the next time.
  }
}
