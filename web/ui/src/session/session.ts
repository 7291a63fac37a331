/** Who is signed in. The token itself lives in a cookie that no script can read. */
import { computed, reactive, readonly } from 'vue'
import type { components } from '../api/access'
import { configure, send } from '../api/client'
import { readProblem } from '../api/problem'
import type { Language } from '../format/numbers'
import { challenge, inside, keep, random, take } from './pkce'

type Schemas = components['schemas']
export type Role = Schemas['Role']
export type Account = Schemas['SessionAnswer']

/** `lapsed`: the sign-in ran out while somebody worked; the page stays, and a dialog asks. */
type Standing = 'unknown' | 'in' | 'out' | 'lapsed'

const RENEW_BEFORE = 3 * 60_000
/** After so long without a key or a click nobody is there, and the sign-in may run out. */
const IDLE = 30 * 60_000
const CHANNEL = 'muster.session'

const state = reactive({ standing: 'unknown' as Standing, account: null as Account | null })
export const session = readonly(state)
export const grants = computed(() => state.account?.grants ?? [])

export interface Application {
  client: 'console' | 'desk'
  /** Its path, with a slash at either end. */
  base: string
  /** The word of this computer that a sign-in happens at it, where there is such a computer. */
  assertion?: () => Promise<string | null>
}

export let application: Readonly<Application> = { client: 'console', base: '/console/' }
let renewing: Promise<boolean> | null = null
let waiting: ((again: boolean) => void)[] = []
let touched = Date.now()

/** Whether one of the roles is held anywhere. */
export function holds(roles: readonly Role[]): boolean {
  return grants.value.some((grant) => roles.includes(grant.role))
}

/** Areas in which one of the roles is held, the widest first. */
export function areasOf(roles: readonly Role[]): string[] {
  const found = grants.value.filter((grant) => roles.includes(grant.role)).map((grant) => grant.area)
  return [...new Set(found)].sort((a, b) => a.length - b.length || a.localeCompare(b))
}

export function startSession(of: Application): void {
  application = of
  configure(of.client, { recover })
  for (const event of ['pointerdown', 'keydown'] as const) {
    addEventListener(event, () => (touched = Date.now()), { passive: true, capture: true })
  }
  setInterval(() => void keepUp(), 20_000)
  new BroadcastChannel(CHANNEL).addEventListener('message', (event) => {
    if (event.data === 'in') void ask().then((found) => found && back(true))
    if (event.data === 'out' && state.account !== null) leave()
  })
}

/** Who is signed in, as the server says; false when nobody is. Throws when no answer comes. */
export async function ask(): Promise<boolean> {
  return takeIn(await send('get', 'access', '/session'))
}

async function takeIn(answer: Response): Promise<boolean> {
  if (answer.status === 401) {
    if (state.account === null) state.standing = 'out'
    return false
  }
  if (!answer.ok) throw await readProblem(answer)
  state.account = (await answer.json()) as Account
  state.standing = 'in'
  return true
}

/** The address of the sign-in page of a new attempt. */
async function page(next: string, language: Language, inWindow: boolean): Promise<string> {
  const [verifier, token] = [random(), random()]
  keep(token, { verifier, next, window: inWindow })
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: application.client,
    redirect_uri: callback(),
    code_challenge: await challenge(verifier),
    code_challenge_method: 'S256',
    state: token,
    ui_locales: language,
  })
  return `/api/access/authorize?${query}`
}

function callback(): string {
  return `${application.base}signed-in`
}

/** Leaves for the sign-in page, and comes back to `next`. */
export async function goSignIn(next: string, language: Language): Promise<void> {
  location.assign(await page(inside(next, application.base), language, false))
}

/** Opens the sign-in page in a window of its own, so that what stands here stays. */
export function openSignIn(language: Language): void {
  // The attempt is kept before: a window starts with a copy of what this tab holds then. And it is opened
  // at once: after waiting for the digest a browser takes it for a pop-up that nobody asked for.
  const going = page(application.base, language, true)
  const opened = window.open('', 'muster-sign-in', 'popup,width=480,height=640')
  void going.then((url) => {
    if (opened) opened.location.href = url
    else location.assign(url)
  })
}

/** Ends an attempt with what came back; gives where to go on. Throws what the server refuses. */
export async function finishSignIn(code: string, token: string): Promise<{ next: string; window: boolean } | null> {
  const attempt = take(token)
  if (attempt === null) return null
  const assertion = await application.assertion?.()
  const body = {
    code,
    code_verifier: attempt.verifier,
    redirect_uri: callback(),
    client_id: application.client,
    ...(assertion ? { terminal_assertion: assertion } : {}),
  }
  const answer = await send('post', 'access', '/session', { body })
  if (!answer.ok) throw await readProblem(answer)
  await takeIn(answer)
  new BroadcastChannel(CHANNEL).postMessage('in')
  return { next: attempt.next, window: attempt.window }
}

/** Ends the sign-in here and in every tab. */
export async function signOut(): Promise<void> {
  await send('delete', 'access', '/session')
  new BroadcastChannel(CHANNEL).postMessage('out')
  leave()
}

function leave(): void {
  state.account = null
  state.standing = 'out'
  // The whole document goes, and with it whatever it still held of anybody.
  location.replace(application.base)
}

async function keepUp(): Promise<void> {
  if (state.standing !== 'in' || state.account === null) return
  const left = Date.parse(state.account.expires_at) - Date.now()
  if (left < RENEW_BEFORE && Date.now() - touched < IDLE) await renew().catch(() => false)
}

function renew(): Promise<boolean> {
  renewing ??= send('post', 'access', '/session/renew')
    .then(takeIn)
    .finally(() => (renewing = null))
  return renewing
}

/** A request was told to sign in: renew once; else wait until somebody has signed in again. */
export async function recover(): Promise<boolean> {
  if (state.standing !== 'lapsed' && (await renew().catch(() => false))) return true
  if (state.account === null) return false
  state.standing = 'lapsed'
  return new Promise((resolve) => waiting.push(resolve))
}

function back(again: boolean): void {
  for (const resolve of waiting.splice(0)) resolve(again)
}

/** Gives up what waits for a sign-in: it fails as refused, and the page stays. */
export function giveUp(): void {
  if (state.account !== null) state.standing = 'in'
  const given = waiting
  waiting = []
  for (const resolve of given) resolve(false)
}
