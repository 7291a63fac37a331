/** The catalogues of both languages. Chinese comes first; English is complete (npm run words). */
import { createI18n } from 'vue-i18n'
import type { Language } from '../format/numbers'
import en from './en.json'
import zh from './zh.json'

type Tree = { [key: string]: string | Tree }

const STORED = 'muster.language'

/** The language that was chosen here before, else the browser's, else Chinese. */
export function firstLanguage(): Language {
  const stored = remembered(STORED)
  if (stored === 'zh' || stored === 'en') return stored
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh'
}

/** The words of an application on top of those that all share. */
export function createWords(own: Record<Language, Tree>, language: Language) {
  const words = createI18n({
    legacy: false,
    locale: language,
    fallbackWarn: true,
    missingWarn: true,
    messages: { zh: { ...zh, ...own.zh }, en: { ...en, ...own.en } },
  })
  show(language)
  return words
}

/** Keeps the choice, and tells readers of screens and fonts which language the page is in. */
export function show(language: Language): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
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
