/** Roles by what they do at a desk. */
import type { Some } from '@muster/ui'

export const COLLECT: Some = ['collector']
/** Who sees by name who is not yet collected, and may say what became of them. */
export const LISTS: Some = ['collector', 'township_leader']
