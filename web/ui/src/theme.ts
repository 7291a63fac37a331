/** Light or dark: as the system says, until somebody chooses. */
import { onScopeDispose, readonly, ref } from 'vue'
import { remember, remembered } from './words'

export type Theme = 'light' | 'dark'

const STORED = 'muster.theme'
const system = window.matchMedia('(prefers-color-scheme: dark)')
const current = ref<Theme>('light')

export const theme = readonly(current)

function apply(chosen: Theme): void {
  current.value = chosen
  document.documentElement.dataset.theme = chosen
}

export function startTheme(): void {
  const stored = remembered(STORED)
  apply(stored === 'light' || stored === 'dark' ? stored : system.matches ? 'dark' : 'light')
  system.addEventListener('change', (event) => {
    if (remembered(STORED) === null) apply(event.matches ? 'dark' : 'light')
  })
}

export function chooseTheme(chosen: Theme): void {
  remember(STORED, chosen)
  apply(chosen)
}

const told = new Set<(printing: boolean) => void>()
/** The theme on the screen, while the page stands on paper; null otherwise. */
let onScreen: string | null = null

/** Paper is white, whatever the screen is: light colours while it is printed, and back. What draws by itself
 * is told, and must be done when it returns, for the page goes to paper right after. */
function turn(printing: boolean): void {
  if (printing === (onScreen !== null)) return
  const root = document.documentElement
  if (printing) onScreen = root.dataset.theme ?? 'light'
  root.dataset.theme = printing ? 'light' : onScreen!
  if (!printing) onScreen = null
  told.forEach((tell) => tell(printing))
}
addEventListener('beforeprint', () => turn(true))
addEventListener('afterprint', () => turn(false))

/** Told before the page goes to paper, and after. */
export function usePrinting(tell: (printing: boolean) => void): void {
  told.add(tell)
  onScopeDispose(() => told.delete(tell))
}
