/** That this reviewer looks at a record: said at the beginning and while it is so, and shown to others. */
import { send, type Answer } from '@muster/ui'
import { onScopeDispose, ref } from 'vue'
import type { Item } from './compare'

export type Stand = Answer<'verification', '/items/{subject_id}/claim', 'post'>

/** Said again this often: three times before it ends by itself. */
const AGAIN = 60_000

/** Whether a copy of a record is not what the record is now. */
export function outOfDate(copy: Item, now: Stand): boolean {
  const flagged = copy.attestation?.reading === 'flagged' || copy.attestation?.signature === 'flagged'
  const answered = copy.departments.filter((one) => one.received_at !== null).length
  return copy.version !== now.version || copy.digest !== now.digest || copy.reviewable !== now.reviewable || answered !== now.answered || flagged !== now.flagged
}

async function claim(subject: string, takeOver: boolean): Promise<Stand | null> {
  try {
    const answer = await send('post', 'verification', '/items/{subject_id}/claim', { at: { subject_id: subject }, body: { take_over: takeOver } })
    return answer.ok ? ((await answer.json()) as Stand) : null
  } catch {
    return null
  }
}

export function useLooking() {
  /** Since when another looks at it; null when nobody does, or that is not known. */
  const other = ref<string | null>(null)
  /** It was this reviewer's before. */
  const lost = ref(false)
  let subject = ''
  let mine = false

  /** Nothing hangs on it: where it is refused or there is no answer, nothing is said of it, and a sign-in
   * that has run out is left to whoever asks for more. */
  async function say(takeOver = false): Promise<Stand | null> {
    const about = subject
    if (!about) return null
    const now = await claim(about, takeOver)
    if (about !== subject || now === null) return null
    lost.value = !now.looking.own && (mine || lost.value)
    mine = now.looking.own
    other.value = now.looking.own ? null : now.looking.since
    return now
  }

  function leave(): void {
    if (mine && subject) void send('delete', 'verification', '/items/{subject_id}/claim', { at: { subject_id: subject } }).catch(() => undefined)
    subject = ''
    mine = lost.value = false
    other.value = null
  }

  function begin(next: string): Promise<Stand | null> {
    leave()
    subject = next
    return say()
  }

  // Who turned to something else looks at it no longer.
  const seen = () => document.visibilityState === 'visible' && void say()
  const timer = setInterval(seen, AGAIN)
  document.addEventListener('visibilitychange', seen)
  onScopeDispose(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', seen)
    leave()
  })
  /** It was decided: the service has ended it with the decision. */
  const ended = () => void (mine = false)
  return { other, lost, begin, ended, takeOver: () => say(true) }
}
