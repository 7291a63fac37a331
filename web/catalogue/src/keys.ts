import type { Keys } from '@muster/ui'

/** Keys of pages, by the name of their route. */
export const KEYS: Readonly<Record<string, Keys>> = {
  tables: [['↑ ↓ PgUp PgDn', 'keys.scroll']],
  areas: [
    ['↑ ↓', 'keys.lines'],
    ['← →', 'keys.fold'],
    ['Enter', 'keys.pick'],
  ],
}
