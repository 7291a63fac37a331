/** Light or dark: as the system says, until somebody chooses. */
import { readonly, ref } from 'vue'
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
