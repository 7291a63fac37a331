/** How this computer's gateway is, asked every few seconds, and what keeps it from its work. */
import { Problem, session } from '@muster/ui'
import { computed, reactive, readonly } from 'vue'
import { gatewayStatus, type GatewayStatus } from './client'
import { pairing } from './pairing'

/** `unpaired`: this browser knows none. `away`: it does not answer. `refused`: it does not take this
 * browser's word, as after it was set up anew. */
export type GatewayStanding = 'unpaired' | 'asking' | 'away' | 'refused' | 'ready'

const EVERY = 10_000

const state = reactive({ standing: 'asking' as GatewayStanding, status: null as GatewayStatus | null })
export const gateway = readonly(state)

export async function askGateway(): Promise<void> {
  if (pairing.value === null) {
    state.standing = 'unpaired'
    state.status = null
    return
  }
  try {
    state.status = await gatewayStatus(AbortSignal.timeout(EVERY / 2))
    state.standing = 'ready'
  } catch (error) {
    state.standing = error instanceof Problem && error.status < 500 ? 'refused' : 'away'
  }
}

/** Asks again and again while the page is looked at. */
export function watchGateway(): void {
  void askGateway()
  setInterval(() => document.visibilityState === 'visible' && void askGateway(), EVERY)
}

export type ReaderStanding = 'unknown' | 'none' | 'ready' | 'trouble'

/** The readers as one: one that is ready will do. */
export const readers = computed<ReaderStanding>(() => {
  if (state.standing !== 'ready' || state.status === null) return 'unknown'
  const found = Object.values(state.status.readers)
  if (found.length === 0) return 'none'
  return found.includes('ready') ? 'ready' : 'trouble'
})

/** Whether the sign-in happened at another computer than this, so that services keep people from it. */
export const signedInElsewhere = computed(() => {
  const { account } = session
  if (account === null || state.status === null || state.standing !== 'ready') return false
  return 'terminal_id' in account && account.terminal_id !== state.status.terminal_id
})
