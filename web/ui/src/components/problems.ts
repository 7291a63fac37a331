/** An error in words: what happened, and what one may do. */
import { useI18n } from 'vue-i18n'
import { Problem, unanswered } from '../api/problem'
import type { Language } from '../format/numbers'
import type { SummaryLine } from './ErrorSummary.vue'

export interface Said {
  heading: string
  lines: SummaryLine[]
  trace: string | null
}

export function useProblems() {
  const { t, locale } = useI18n()
  /** `inputs` are ids of inputs by the field that a reason is about. `doing` is for who knows more than the
   * method says: it only reads, though it is a POST; or the page sends the same again under the same id. */
  return function say(error: unknown, inputs: Readonly<Record<string, string>> = {}, doing?: 'reading' | 'sameAgain'): Said {
    if (doing !== 'reading' && unanswered(error)) {
      return { heading: t('error.lost'), lines: [{ text: t(doing === 'sameAgain' ? 'error.lostSafe' : 'error.lostDo') }], trace: null }
    }
    if (error instanceof Problem) {
      const language = locale.value as Language
      return {
        heading: t(error.status === 403 ? 'error.forbidden' : error.status >= 500 ? 'error.service' : 'error.refused'),
        lines: error.reasons.map((reason) => ({ text: reason[language], ...(inputs[reason.field] ? { target: inputs[reason.field]! } : {}) })),
        trace: error.traceId,
      }
    }
    return { heading: t('error.unreachable'), lines: [{ text: t('error.unreachableDo') }], trace: null }
  }
}
