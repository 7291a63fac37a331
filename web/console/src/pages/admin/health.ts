/** How each service is: what it waits for, and what it could not take. */
import { get, send, type Answer, type Service } from '@muster/ui'

export const SERVICES = ['access', 'capture', 'verification', 'crosscheck', 'reporting'] as const satisfies readonly Service[]

export type Troubles = Answer<'capture', '/troubles', 'get'>

export interface Health {
  service: (typeof SERVICES)[number]
  /** Null when it does not answer at all. */
  ready: { ready: boolean; waitingFor: string[] } | null
  /** Null when it did not say: it does not answer, or one may not know. */
  troubles: Troubles | null
  error: unknown
}

/** A service that is not ready says so with 503 and what it waits for: that is an answer, too. */
async function readiness(service: Service, signal: AbortSignal): Promise<Health['ready']> {
  try {
    const answer = await send('get', service, '/ready', { signal })
    const body = (await answer.json()) as { ready?: unknown; waiting_for?: unknown }
    if (typeof body.ready !== 'boolean' || !Array.isArray(body.waiting_for)) return null
    return { ready: body.ready, waitingFor: body.waiting_for.map(String) }
  } catch {
    signal.throwIfAborted()
    return null
  }
}

/** All services, asked at once; one that is away keeps the others' answers from nobody. */
export function everyHealth(asksTroubles: boolean, signal: AbortSignal): Promise<Health[]> {
  return Promise.all(
    SERVICES.map(async (service) => {
      const ready = await readiness(service, signal)
      if (ready === null || !asksTroubles) return { service, ready, troubles: null, error: null }
      try {
        return { service, ready, troubles: await get(service, '/troubles', { signal }), error: null }
      } catch (error) {
        signal.throwIfAborted()
        return { service, ready, troubles: null, error }
      }
    }),
  )
}

/** What a service waits for: a key of the catalogue, with a name of a part or a topic in it. */
export function waitingWords(waiting: string): { key: string; name: string } {
  if (waiting === 'database' || waiting === 'broker') return { key: `health.waits.${waiting}`, name: '' }
  const halted = /^halted: (.*)$/.exec(waiting)
  if (halted) return { key: 'health.waits.halted', name: halted[1]! }
  return { key: 'health.waits.part', name: waiting }
}

const sum = (list: readonly { messages: number }[] | undefined) => list?.reduce((all, one) => all + one.messages, 0) ?? 0
export const parkedIn = (one: Health) => sum(one.troubles?.parked)
export const deadIn = (one: Health) => sum(one.troubles?.dead_letters)

/** The finding: how many are not ready, and how many messages stand aside. */
export function finding(all: readonly Health[]): { away: number; aside: number } {
  return { away: all.filter((one) => !one.ready?.ready).length, aside: all.reduce((n, one) => n + parkedIn(one) + deadIn(one), 0) }
}
