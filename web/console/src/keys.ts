import type { Keys } from '@muster/ui'

/** Keys of pages, by the name of their route. */
export const KEYS: Readonly<Record<string, Keys>> = {
  review: [
    ['↑ ↓', 'keys.rows'],
    ['Enter', 'keys.open'],
  ],
  'import-job': [['F8 / Shift+F8', 'keys.bad']],
  'review-item': [
    ['↑ ↓', 'keys.fields'],
    ['Space', 'keys.settle'],
    ['E / Enter', 'keys.complete'],
    ['F8 / Shift+F8', 'keys.difference'],
    ['F9', 'keys.verify'],
    ['F10', 'keys.return'],
    ['Ctrl+Enter', 'keys.send'],
    ['+ − R', 'keys.paper'],
  ],
}
