/** Files on their way to a service. `fetch` does not say how much of a body has gone; this does. */
import { Unreachable } from './problem'

export interface Way {
  /** Hears how much has gone, from 0 to 1. */
  progress?: (part: number) => void
  signal?: AbortSignal
}

/** One POST of a form. Its answer is as `fetch` gives it; rejects with Unreachable when none comes. */
export function sendForm(url: string, form: FormData, headers: Record<string, string>, way: Way): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', url)
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) way.progress?.(event.loaded / event.total)
    })
    request.upload.addEventListener('load', () => way.progress?.(1))
    request.addEventListener('load', () =>
      resolve(new Response(request.responseText || null, { status: request.status, headers: { 'content-type': request.getResponseHeader('content-type') ?? '' } })),
    )
    request.addEventListener('error', () => reject(new Unreachable(null, true)))
    request.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
    way.signal?.addEventListener('abort', () => request.abort(), { once: true })
    request.send(form)
  })
}
