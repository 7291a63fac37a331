/** Roles by what they do at a desk. */
import type { Some } from '@muster/ui'

export const COLLECT: Some = ['collector']
