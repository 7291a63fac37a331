/** Proof key for code exchange (RFC 7636), and what is kept while the sign-in page is open. */

export interface Attempt {
  verifier: string
  /** Where to go on afterwards, inside this application. */
  next: string
  /** Whether it happens in a window of its own, over a page that stays as it is. */
  window: boolean
}

const PREFIX = 'muster.signing-in.'

function text(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** 256 random bits as text for a URL. */
export function random(): string {
  return text(crypto.getRandomValues(new Uint8Array(32)))
}

/** The challenge of a verifier, by S256. */
export async function challenge(verifier: string): Promise<string> {
  return text(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

/** Keeps an attempt under its state, in this tab alone. It is worth nothing without its code. */
export function keep(state: string, attempt: Attempt): void {
  sessionStorage.setItem(PREFIX + state, JSON.stringify(attempt))
}

/** The attempt of a state, once; null for a state that this tab never made. */
export function take(state: string): Attempt | null {
  const kept = sessionStorage.getItem(PREFIX + state)
  sessionStorage.removeItem(PREFIX + state)
  return kept === null ? null : (JSON.parse(kept) as Attempt)
}

/** A path inside this application, and nothing else: an address from outside leads nowhere. */
export function inside(path: string, base: string): string {
  const url = new URL(path, location.origin)
  const whole = url.pathname + url.search
  return url.origin === location.origin && whole.startsWith(base) ? whole : base
}
