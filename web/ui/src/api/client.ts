/** Asks the services, in the types of their own OpenAPI documents. */

import type { paths as Access } from './access'
import type { paths as Capture } from './capture'
import type { paths as Crosscheck } from './crosscheck'
import { readProblem, Unreachable } from './problem'
import type { paths as Reporting } from './reporting'
import { sendForm, type Way } from './upload'
import type { paths as Verification } from './verification'

interface Services {
  access: Access
  capture: Capture
  crosscheck: Crosscheck
  reporting: Reporting
  verification: Verification
}

export type Service = keyof Services
export type Method = 'get' | 'post' | 'delete'

type Paths<S extends Service, M extends Method> = {
  [P in keyof Services[S]]: Services[S][P] extends Record<M, { responses: unknown }> ? P : never
}[keyof Services[S]] &
  string
type Operation<S extends Service, P, M extends Method> = P extends keyof Services[S]
  ? Services[S][P] extends Record<M, infer O>
    ? O
    : never
  : never
/** Paths that take a form with a file. */
type FormPaths<S extends Service> = {
  [P in Paths<S, 'post'>]: Operation<S, P, 'post'> extends { requestBody: { content: { 'multipart/form-data': unknown } } } ? P : never
}[Paths<S, 'post'>]
/** What a path answers when all is well. */
export type Answer<S extends Service, P, M extends Method> =
  Operation<S, P, M> extends { responses: { 200: Json<infer T> } | { 201: Json<infer T> } } ? T : undefined
interface Json<T> {
  content: { 'application/json': T }
}
type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never
type At<O> = O extends { parameters: { path: infer P } } ? P : never
type Body<O> = O extends { requestBody: { content: { 'application/json': infer B } } }
  ? B
  : O extends { requestBody: { content: { 'application/jose': infer B } } }
    ? B
    : never

export interface Asked<O> {
  query?: Query<O>
  at?: At<O>
  body?: Body<O>
  signal?: AbortSignal
}

/** What stands between a request and a person: who renews a sign-in that has run out. */
export interface Doorkeeper {
  /** Tries to have a valid sign-in again. Resolves to false when the request is to be given up. */
  recover(): Promise<boolean>
}

let client = 'console'
let doorkeeper: Doorkeeper | null = null

/** Names this application to the services, and who looks after its sign-in. */
export function configure(name: 'console' | 'desk', keeper: Doorkeeper): void {
  client = name
  doorkeeper = keeper
}

export function get<S extends Service, P extends Paths<S, 'get'>>(
  service: S,
  path: P,
  asked: Asked<Operation<S, P, 'get'>> = {},
): Promise<Answer<S, P, 'get'>> {
  return request('get', service, path, asked) as Promise<Answer<S, P, 'get'>>
}

export function post<S extends Service, P extends Paths<S, 'post'>>(
  service: S,
  path: P,
  asked: Asked<Operation<S, P, 'post'>> = {},
): Promise<Answer<S, P, 'post'>> {
  return request('post', service, path, asked) as Promise<Answer<S, P, 'post'>>
}

/** Sends a form with a file, and tells how much of it has gone. */
export function postForm<S extends Service, P extends FormPaths<S>>(service: S, path: P, form: FormData, way: Way = {}): Promise<Answer<S, P, 'post'>> {
  return renewed(() => sendForm(address(service, path), form, ours(), way)).then((answer) => settle(answer, true)) as Promise<Answer<S, P, 'post'>>
}

/** A file that a service makes, to be saved. */
export async function getFile(service: Service, path: string, asked: { at?: Record<string, string>; signal?: AbortSignal } = {}): Promise<Blob> {
  const answer = await renewed(() => send('get', service, path, asked))
  if (!answer.ok) throw await readProblem(answer)
  return answer.blob()
}

/** The address of something that the browser itself loads, such as a picture. */
export function address(service: Service, path: string, at: Record<string, string> = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(at[name] ?? ''))
  return `/api/${service}${filled}`
}

interface Loose {
  query?: unknown
  at?: unknown
  body?: unknown
  signal?: AbortSignal
}

async function request(method: Method, service: Service, path: string, asked: Loose): Promise<unknown> {
  return settle(await renewed(() => send(method, service, path, asked)), method !== 'get')
}

/** A request, and once more when the sign-in had run out and was renewed. */
async function renewed(work: () => Promise<Response>): Promise<Response> {
  const answer = await work()
  return answer.status === 401 && doorkeeper !== null && (await doorkeeper.recover()) ? work() : answer
}

const ours = (): Record<string, string> => ({ accept: 'application/json', 'x-muster-client': client })

/** One request, without anybody who renews; the session itself asks by this. */
export async function send(method: Method, service: Service, path: string, asked: Loose = {}): Promise<Response> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries((asked.query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value))
  }
  const url = address(service, path, (asked.at ?? {}) as Record<string, string>)
  const headers = ours()
  // A text is a packet, signed and sealed; it travels as it is.
  const packet = typeof asked.body === 'string' ? asked.body : undefined
  if (asked.body !== undefined) headers['content-type'] = packet === undefined ? 'application/json' : 'application/jose'
  try {
    return await fetch(query.size ? `${url}?${query}` : url, {
      method: method.toUpperCase(),
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      ...(asked.body === undefined ? {} : { body: packet ?? JSON.stringify(asked.body) }),
      ...(asked.signal ? { signal: asked.signal } : {}),
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Unreachable(null, method !== 'get')
  }
}

async function settle(answer: Response, writing: boolean): Promise<unknown> {
  if (!answer.ok) throw await readProblem(answer, writing)
  if (answer.status === 204) return undefined
  try {
    return await answer.json()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    // It was cut off on its way: as good as none.
    throw new Unreachable(answer.status, writing)
  }
}
