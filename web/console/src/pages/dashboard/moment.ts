/** When a panel's figures are from: of its own answer, for answers are of different moments. */
import { minute } from '@muster/ui'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

/** In words for the panel, and with the area's name above what is exported. */
export function useMoment(name: () => string, at: () => string | null) {
  const { t } = useI18n()
  const when = computed(() => {
    const found = at()
    return found === null ? '' : t('dashboard.asOf', { at: minute(found) })
  })
  const head = computed(() => [name(), when.value].filter(Boolean))
  return { when, head }
}
