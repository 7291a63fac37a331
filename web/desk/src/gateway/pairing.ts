/** Which gateway is this computer's. Its link is opened once; what it says is kept in this browser.
 *
 * Decision 15: the token opens nothing but the gateway of this very computer, and no person's data
 * are kept there.
 */
import { shallowRef } from 'vue'

export interface CardBox {
  url: string
  token: string
  desk: string
}

export interface Pairing {
  url: string
  token: string
  /** Where the demo lays its simulated cards on the reader. */
  cards?: CardBox
}

const STORED = 'muster.desk.gateway'

/** Addresses of this computer alone: whatever a link says, nothing is sent anywhere else. */
function local(text: string | null): string | null {
  try {
    const url = new URL(text ?? '')
    return url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname) ? url.origin : null
  } catch {
    return null
  }
}

/** What the part behind # of a link says; null when it says nothing of a gateway of this computer. */
export function readLink(hash: string): Pairing | null {
  const said = new URLSearchParams(hash.replace(/^#/, ''))
  const [url, token] = [local(said.get('gateway')), said.get('token')]
  if (url === null || !token) return null
  const [cards, cardsToken, desk] = [local(said.get('cards')), said.get('cards_token'), said.get('desk')]
  return cards !== null && cardsToken && desk ? { url, token, cards: { url: cards, token: cardsToken, desk } } : { url, token }
}

function remembered(): Pairing | null {
  try {
    const kept = JSON.parse(localStorage.getItem(STORED) ?? 'null') as Pairing | null
    return kept !== null && local(kept.url) === kept.url && typeof kept.token === 'string' ? kept : null
  } catch {
    return null
  }
}

export const pairing = shallowRef<Pairing | null>(null)

/** Takes a link that was just opened, else what this browser keeps. The link leaves the address bar. */
export function startPairing(): void {
  const found = readLink(location.hash)
  if (found !== null) {
    history.replaceState(history.state, '', location.pathname + location.search)
    localStorage.setItem(STORED, JSON.stringify(found))
  }
  pairing.value = found ?? remembered()
}

/** Forgets the gateway, as before another one is paired. */
export function forgetPairing(): void {
  localStorage.removeItem(STORED)
  pairing.value = null
}
