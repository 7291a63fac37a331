/** The demo's box of simulated cards, which it lays on this desk's reader. */
import { readProblem, Unreachable } from '@muster/ui'
import { pairing } from './pairing'

export interface SimulatedCard {
  id: string
  name: string
  number: string
  hint_zh: string
  hint_en: string
}

async function request(method: 'GET' | 'POST', path: string): Promise<Response> {
  const box = pairing.value?.cards
  if (box === undefined) throw new Unreachable(null)
  const answer = await fetch(box.url + path, {
    method,
    headers: { authorization: `Bearer ${box.token}` },
    credentials: 'omit',
    cache: 'no-store',
  }).catch(() => {
    throw new Unreachable(null)
  })
  if (!answer.ok) throw await readProblem(answer)
  return answer
}

/** Whether this desk's reader is a simulated one. */
export function simulated(): boolean {
  return pairing.value?.cards !== undefined
}

export async function simulatedCards(): Promise<SimulatedCard[]> {
  const answer = await request('GET', `/cards?desk=${encodeURIComponent(pairing.value?.cards?.desk ?? '')}`)
  return ((await answer.json()) as { cards: SimulatedCard[] }).cards
}

export async function place(id: string): Promise<void> {
  await request('POST', `/cards/${encodeURIComponent(id)}/place`)
}

export async function lift(): Promise<void> {
  await request('POST', '/cards/lift')
}
