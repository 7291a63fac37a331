/** What the workbook says, from the catalogues: written in the language of the page, read in either. */
import { useCampaign } from '@muster/ui'
import { useI18n } from 'vue-i18n'
import { VERDICTS } from './requests'
import type { Words } from './workbook'

export function useWorkbookWords(): () => Words {
  const { t, messages } = useI18n()
  const { field, value } = useCampaign()
  return () => {
    const every = Object.values(messages.value) as { state: Record<string, string> }[]
    const known = VERDICTS.flatMap((one) => [one as string, ...every.map((words) => words.state[one]!)].map((word) => [word.toLowerCase(), one] as const))
    return {
      sheet: t('answer.sheet'),
      headings: ['number', 'name', 'residentNumber', 'birth', 'asks', 'value', 'verdict', 'remark', 'reference'].map((name) => t(`answer.column.${name}`)),
      field,
      value: (id, given) => value(id, given) ?? '',
      verdict: (one) => t(`state.${one}`),
      known: new Map(known),
      errorTitle: t('answer.pickTitle'),
      error: t('answer.pick'),
    }
  }
}
