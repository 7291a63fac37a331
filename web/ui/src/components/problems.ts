/** An error in words: what happened, and what one may do. */
import { useI18n } from 'vue-i18n'
import { Problem } from '../api/problem'
import type { Language } from '../format/numbers'

export interface Said {
  heading: string
  lines: { text: string }[]
  trace: string | null
}

export function useProblems() {
  const { t, locale } = useI18n()
  return function say(error: unknown): Said {
    if (error instanceof Problem) {
      const language = locale.value as Language
      return {
        heading: t(error.status === 403 ? 'error.forbidden' : error.status >= 500 ? 'error.service' : 'error.refused'),
        lines: error.reasons.map((reason) => ({ text: reason[language] })),
        trace: error.traceId,
      }
    }
    return { heading: t('error.unreachable'), lines: [{ text: t('error.unreachableDo') }], trace: null }
  }
}
