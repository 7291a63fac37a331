/** F2 and F3 on pages that have no person yet: both lead to the page that opens one. */
import { useKeys } from '@muster/ui'
import { useRouter } from 'vue-router'
import { ask } from '../work/asked'

export function useFindKeys(): void {
  const router = useRouter()
  useKeys({
    F2: () => {
      ask({ card: true })
      void router.push({ name: 'person' })
    },
    F3: () => void router.push({ name: 'person' }),
  })
}
