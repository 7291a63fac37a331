/** Signing in, staying signed in, and losing it in the middle of something. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { challenge, inside, keep, random, take } from '../src/session/pkce'

const account = { account_id: 'a', username: 'u', grants: [{ role: 'leader', area: '632321' }], expires_at: '2099-01-01T00:00:00Z' }
const sent = vi.fn<typeof fetch>()
const ok = () => new Response(JSON.stringify(account), { status: 200 })
const no = () => new Response('{}', { status: 401, headers: { 'content-type': 'application/problem+json' } })

class Quiet {
  addEventListener() {}
  postMessage() {}
}

async function fresh() {
  vi.resetModules()
  return import('../src/session/session')
}

beforeEach(() => {
  vi.stubGlobal('fetch', sent)
  vi.stubGlobal('BroadcastChannel', Quiet)
  sessionStorage.clear()
})
afterEach(() => {
  vi.unstubAllGlobals()
  sent.mockReset()
})

describe('the proof key', () => {
  it('is 256 random bits, and its challenge that of RFC 7636', async () => {
    expect(random()).toMatch(/^[\w-]{43}$/)
    expect(random()).not.toBe(random())
    // Appendix B of the RFC.
    expect(await challenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  })

  it('is taken once, and only by the state under which it was kept', () => {
    keep('s', { verifier: 'v', next: '/console/', window: false })
    expect(take('other')).toBeNull()
    expect(take('s')?.verifier).toBe('v')
    expect(take('s')).toBeNull()
  })

  it('leads on inside the application, and nowhere else', () => {
    expect(inside('/console/review?x=1', '/console/')).toBe('/console/review?x=1')
    for (const path of ['https://elsewhere.example/console/', '//elsewhere.example/console/', '/desk/', 'javascript:alert(1)']) {
      expect(inside(path, '/console/')).toBe('/console/')
    }
  })
})

describe('the session', () => {
  it('is nobody until the server says who', async () => {
    const { ask, session } = await fresh()
    sent.mockResolvedValueOnce(no()).mockResolvedValueOnce(ok())
    expect(await ask()).toBe(false)
    expect(session.standing).toBe('out')
    expect(await ask()).toBe(true)
    expect(session.account?.username).toBe('u')
  })

  it('sends code and verifier, and refuses a state that this tab never made', async () => {
    const { finishSignIn } = await fresh()
    expect(await finishSignIn('c', 'forged')).toBeNull()
    expect(sent).not.toHaveBeenCalled()
    keep('s', { verifier: 'v', next: '/console/review', window: false })
    sent.mockResolvedValue(ok())
    expect(await finishSignIn('c', 's')).toEqual({ next: '/console/review', window: false })
    expect(JSON.parse(String(sent.mock.calls[0]![1]?.body))).toMatchObject({ code: 'c', code_verifier: 'v' })
  })

  it('renews once for all requests that come at once', async () => {
    const { ask, recover } = await fresh()
    sent.mockImplementation(() => Promise.resolve(ok()))
    await ask()
    expect(await Promise.all([recover(), recover(), recover()])).toEqual([true, true, true])
    expect(sent).toHaveBeenCalledTimes(2)
  })

  it('waits with what was asked until somebody signs in, or gives it up', async () => {
    const { ask, giveUp, recover, session } = await fresh()
    sent.mockResolvedValueOnce(ok()).mockResolvedValue(no())
    await ask()
    const first = recover()
    await vi.waitFor(() => expect(session.standing).toBe('lapsed'))
    expect(session.account?.username).toBe('u')
    giveUp()
    expect(await first).toBe(false)
    expect(session.standing).toBe('in')
  })

  it('keeps no token where a script could read it', async () => {
    const { ask } = await fresh()
    sent.mockResolvedValue(ok())
    await ask()
    expect({ ...localStorage, ...sessionStorage }).toEqual({})
  })
})
