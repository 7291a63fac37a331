/** Computers at desks: those that were enrolled, with what was heard of them. */
import { get, type Answer } from '@muster/ui'

export type Terminal = Answer<'access', '/terminals', 'get'>['terminals'][number]
export type Device = Answer<'reporting', '/devices', 'get'>['devices'][number]
export type Department = Answer<'access', '/departments', 'get'>['departments'][number]

/** Every page of terminals, those that hold first, each in order of its label. */
export async function everyTerminal(signal: AbortSignal): Promise<Terminal[]> {
  const found: Terminal[] = []
  for (let after: string | null | undefined; after !== null; ) {
    const page = await get('access', '/terminals', { query: after ? { after } : {}, signal })
    found.push(...page.terminals)
    after = page.next
  }
  return found.sort((a, b) => Number(a.revoked_at !== null) - Number(b.revoked_at !== null) || a.label.localeCompare(b.label, 'zh'))
}

/** What was heard of devices in these areas; areas within one another are asked once. */
export async function everyDevice(areas: readonly string[], within: (code: string, ancestor: string) => boolean, signal: AbortSignal): Promise<Device[]> {
  const widest = areas.filter((area) => !areas.some((other) => other !== area && within(area, other)))
  const answers = await Promise.all(widest.map((area) => get('reporting', '/devices', { query: { area }, signal })))
  return answers.flatMap((answer) => answer.devices)
}
