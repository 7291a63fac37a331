/** How the services are asked, and what becomes of a no. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { address, configure, get, post } from '../src/api/client'
import { Problem, unanswered, Unreachable } from '../src/api/problem'

const sent = vi.fn<typeof fetch>()
const recover = vi.fn<() => Promise<boolean>>()

function answer(status: number, body: unknown, type = status < 400 ? 'application/json' : 'application/problem+json'): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'content-type': type } })
}

const refusal = (status: number, rule: string) =>
  answer(status, { type: 'urn:muster:problem:conflict', status, reasons: [{ field: 'a', rule, zh: '不行', en: 'No' }], trace_id: 't' })

beforeEach(() => {
  vi.stubGlobal('fetch', sent)
  recover.mockResolvedValue(false)
  configure('console', { recover })
})
afterEach(() => {
  vi.unstubAllGlobals()
  sent.mockReset()
  recover.mockReset()
})

it('asks on the same origin, says who asks, and leaves nothing in a cache', async () => {
  sent.mockResolvedValue(answer(200, { items: [], next: null }))
  await get('verification', '/queue', { query: { limit: 5, area: null } })
  const [url, how] = sent.mock.calls[0]!
  expect(url).toBe('/api/verification/queue?limit=5')
  expect(how).toMatchObject({ credentials: 'same-origin', cache: 'no-store', redirect: 'error', headers: { 'x-muster-client': 'console' } })
})

it('puts ids into paths as what they are, and nothing else', () => {
  expect(address('capture', '/subjects/{id}/evidence/{digest}', { id: '../x', digest: 'sha256:ab' })).toBe('/api/capture/subjects/..%2Fx/evidence/sha256%3Aab')
})

describe('a refusal', () => {
  const at = { subject_id: 's', version: 1 }
  const body = { digest: 'd', reasons: [] }

  it('comes with its reasons in both languages', async () => {
    sent.mockResolvedValue(refusal(409, 'changed'))
    const error = await post('verification', '/items/{subject_id}/{version}/return', { at, body }).catch((one: unknown) => one)
    expect(error).toBeInstanceOf(Problem)
    expect(error).toMatchObject({ status: 409, kind: 'conflict', traceId: 't' })
    expect((error as Problem).has('changed')).toBe(true)
  })

  it.each([
    ['an answer of a proxy', () => Promise.resolve(answer(502, '<html>', 'text/html'))],
    ['a broken body', () => Promise.resolve(answer(500, '{', 'application/problem+json'))],
    ['no network', () => Promise.reject(new TypeError('failed'))],
  ])('%s is no answer', async (_, made) => {
    sent.mockImplementation(made)
    await expect(get('reporting', '/pulse')).rejects.toBeInstanceOf(Unreachable)
  })

  it.each([
    ['an answer of a proxy', true, () => Promise.resolve(answer(502, '<html>', 'text/html'))],
    ['no network', true, () => Promise.reject(new TypeError('failed'))],
    ['an answer that was cut off', true, () => Promise.resolve(answer(200, '{"a":'))],
    ['what the door says when no service answered it', true, () => Promise.resolve(refusal(504, 'service-late'))],
    ['a no of the service', false, () => Promise.resolve(refusal(409, 'changed'))],
  ])('after %s, what was to be written may have been: %s', async (_, may, made) => {
    sent.mockImplementation(made)
    const failed = (work: Promise<unknown>) => work.then(() => null, unanswered)
    expect(await failed(post('verification', '/items/{subject_id}/{version}/return', { at, body }))).toBe(may)
    expect(await failed(get('reporting', '/pulse'))).toBe(false)
  })
})

describe('a sign-in that has run out', () => {
  it('is renewed, and the request goes once more', async () => {
    sent.mockResolvedValueOnce(refusal(401, 'token-expired')).mockResolvedValueOnce(answer(200, []))
    recover.mockResolvedValue(true)
    expect(await get('verification', '/return-reasons')).toEqual([])
    expect(sent).toHaveBeenCalledTimes(2)
  })

  it('is not asked for twice: a second no is the answer', async () => {
    sent.mockImplementation(() => Promise.resolve(refusal(401, 'token-expired')))
    recover.mockResolvedValue(true)
    await expect(get('verification', '/return-reasons')).rejects.toMatchObject({ status: 401 })
    expect(sent).toHaveBeenCalledTimes(2)
    expect(recover).toHaveBeenCalledTimes(1)
  })
})

it('sends a packet as the text that it is, again after a sign-in was renewed', async () => {
  sent.mockResolvedValueOnce(refusal(401, 'token')).mockResolvedValueOnce(answer(200, { packet_id: 'p', accepted: 0, refused: 0, receipts: [] }))
  recover.mockResolvedValue(true)
  await post('capture', '/uploads', { body: 'a.b.c.d.e' })
  expect(sent.mock.calls.map(([, how]) => [how!.body, (how!.headers as Record<string, string>)['content-type']])).toEqual([
    ['a.b.c.d.e', 'application/jose'],
    ['a.b.c.d.e', 'application/jose'],
  ])
})
