/** Whom another page wants opened: a number is never in an address. Taken once. */
import { ref } from 'vue'
import type { From } from './opening'

export const asked = ref<From | null>(null)

export function takeAsked(): From | null {
  const found = asked.value
  asked.value = null
  return found
}
