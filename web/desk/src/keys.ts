import type { Keys } from '@muster/ui'

/** Keys of pages, by the name of their route. */
export const KEYS: Readonly<Record<string, Keys>> = {
  person: [
    ['F2', 'person.keyCard'],
    ['F3', 'person.keyFind'],
    ['F4', 'person.keySection'],
    ['F8', 'person.keyMarked'],
    ['F9', 'person.keyFinish'],
    ['Ctrl+S', 'person.keySave'],
    ['Enter', 'person.keyEnter'],
    ['1-9 0 - =', 'person.keyCategory'],
  ],
}
