/** Files on their way: how much has gone, a sign-in that runs out, no answer; and files that come. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { configure, getFile, postForm } from '../src/api/client'
import { Unreachable } from '../src/api/problem'

const recover = vi.fn<() => Promise<boolean>>()
let answers: { status: number; body: string; type: string }[] = []
const sent: { url: string; headers: Record<string, string>; body: unknown }[] = []

class Request extends EventTarget {
  upload = new EventTarget()
  status = 0
  responseText = ''
  private mine = { url: '', headers: {} as Record<string, string>, body: null as unknown }
  private type = ''
  open(_: string, url: string) {
    this.mine.url = url
  }
  setRequestHeader(name: string, value: string) {
    this.mine.headers[name] = value
  }
  getResponseHeader() {
    return this.type
  }
  abort() {
    this.dispatchEvent(new Event('abort'))
  }
  send(body: unknown) {
    sent.push({ ...this.mine, body })
    const answer = answers.shift()
    if (!answer) return
    this.upload.dispatchEvent(new ProgressEvent('progress', { lengthComputable: true, loaded: 3, total: 4 }))
    this.upload.dispatchEvent(new ProgressEvent('progress', { lengthComputable: false, loaded: 3 }))
    this.upload.dispatchEvent(new ProgressEvent('load'))
    this.status = answer.status
    this.type = answer.type
    this.responseText = answer.body
    this.dispatchEvent(new Event(answer.status ? 'load' : 'error'))
  }
}

const job = { status: 200, body: JSON.stringify({ import_id: 'i', refused: 2 }), type: 'application/json' }
const lapsed = { status: 401, body: JSON.stringify({ type: 'urn:muster:problem:unauthorised', status: 401, reasons: [], trace_id: null }), type: 'application/problem+json' }

beforeEach(() => {
  vi.stubGlobal('XMLHttpRequest', Request)
  sent.length = 0
  recover.mockReset().mockResolvedValue(false)
  configure('console', { recover })
})
afterEach(() => void vi.unstubAllGlobals())

function form(): FormData {
  const made = new FormData()
  made.set('file', new File(['x'], 'a.csv'))
  return made
}

it('goes as a form that says who asks, and tells how much has gone', async () => {
  answers = [job]
  const parts: number[] = []
  const body = form()
  expect(await postForm('capture', '/imports', body, { progress: (part) => parts.push(part) })).toMatchObject({ refused: 2 })
  expect(parts).toEqual([0.75, 1])
  expect(sent).toEqual([{ url: '/api/capture/imports', headers: { accept: 'application/json', 'x-muster-client': 'console' }, body }])
})

it('goes once more after a sign-in that had run out was renewed, whole', async () => {
  answers = [lapsed, job]
  recover.mockResolvedValue(true)
  const body = form()
  expect(await postForm('capture', '/imports', body)).toMatchObject({ import_id: 'i' })
  expect(sent.map((one) => one.body)).toEqual([body, body])
})

it('without an answer is unreachable, and is ended when nobody wants it', async () => {
  answers = [{ status: 0, body: '', type: '' }]
  await expect(postForm('capture', '/imports', form())).rejects.toBeInstanceOf(Unreachable)
  answers = []
  const ending = new AbortController()
  const going = postForm('capture', '/imports', form(), { signal: ending.signal })
  ending.abort()
  await expect(going).rejects.toMatchObject({ name: 'AbortError' })
})

it('a file that a service makes comes whole; its refusal is a refusal and no file', async () => {
  const fetched = vi.fn<typeof fetch>().mockResolvedValueOnce(new Response('rows'))
  vi.stubGlobal('fetch', fetched)
  expect((await getFile('capture', '/imports/{import_id}/refusals.xlsx', { at: { import_id: 'i' } })).size).toBe(4)
  expect(fetched.mock.calls[0]![0]).toBe('/api/capture/imports/i/refusals.xlsx')
  const body = { type: 'urn:muster:problem:not-found', status: 404, reasons: [{ field: 'import_id', rule: 'not-found', zh: '没有', en: 'None' }], trace_id: 't' }
  fetched.mockResolvedValueOnce(new Response(JSON.stringify(body), { status: 404, headers: { 'content-type': 'application/problem+json' } }))
  await expect(getFile('capture', '/imports/{import_id}/refusals.xlsx', { at: { import_id: 'i' } })).rejects.toMatchObject({ status: 404 })
})
