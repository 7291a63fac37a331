/** The screen that faces the person: what it is given it shows, and signs under the digest of what it
 * showed. Afterwards it holds nothing of it, and nothing when the desk is gone. */
import { forgetCampaign, takeCampaign } from '@muster/ui'
import { newId, recordDigest } from '@muster/ui/forms'
import { onScopeDispose, readonly, ref, shallowRef } from 'vue'
import type { Trace } from '../gateway/client'
import { Line } from './line'
import { JOINED, type Sheet, type ToDesk, type ToPerson } from './protocol'

/** `alone`: no desk opened this window. `signed` and `returned` thank the person; nothing of them stands there. */
export type Face = 'alone' | 'waiting' | 'sheet' | 'signed' | 'returned'

const CALL = 1_000

export function usePersonScreen(begun: (sheet: Sheet) => void) {
  const page = newId()
  const face = ref<Face>('waiting')
  const sheet = shallowRef<Sheet | null>(null)
  const digest = ref('')
  let turn = ''
  let said = ''
  let line: Line<ToDesk, ToPerson> | null = null

  function forget(next: Face): void {
    face.value = next
    sheet.value = null
    digest.value = turn = said = ''
    forgetCampaign()
  }

  function call(): void {
    if (line) return
    const desk = window.opener as Window | null
    if (desk === null || desk.closed) return void (face.value = 'alone')
    face.value = 'waiting'
    desk.postMessage({ muster: 'second.here', page }, location.origin)
  }

  function join(event: MessageEvent): void {
    const port = event.ports[0]
    if (event.origin !== location.origin || event.source !== window.opener || event.data !== JOINED || !port) return
    line?.end()
    const mine = new Line<ToDesk, ToPerson>(port, hear, () => {
      if (line !== mine) return
      line = null
      forget('waiting')
    })
    line = mine
  }

  function hear(message: ToPerson): void {
    if (message.say === 'show') void show(message.turn, message.sheet)
    else forget('waiting')
  }

  async function show(now: string, given: Sheet): Promise<void> {
    forget('sheet')
    turn = now
    takeCampaign(given.profile, given.areas)
    sheet.value = given
    begun(given)
    const made = await recordDigest(given.content, given.papers.map((one) => one.digest), given.recordId, given.salt).catch(() => '')
    if (turn !== now) return
    // Nothing can be signed here, as the desk then learns.
    if (made === '') return handBack()
    digest.value = made
    tell('reading')
  }

  /** How far the person is. */
  function tell(at: 'reading' | 'signing'): void {
    if (said === at || digest.value === '') return
    said = at
    line?.say({ say: 'at', turn, at, digest: digest.value })
  }

  function sign(trace: Trace): void {
    if (digest.value === '') return
    line?.say({ say: 'signed', turn, digest: digest.value, trace })
    forget('signed')
  }

  /** Without a signature: something is not right. */
  function handBack(): void {
    line?.say({ say: 'returned', turn })
    forget('returned')
  }

  function leave(): void {
    line?.end()
    forget('waiting')
  }

  addEventListener('message', join)
  // A page that the browser keeps for going back is kept empty.
  addEventListener('pagehide', leave)
  const calling = setInterval(call, CALL)
  call()
  onScopeDispose(() => {
    removeEventListener('message', join)
    removeEventListener('pagehide', leave)
    clearInterval(calling)
    leave()
  })
  return { face: readonly(face), sheet, digest: readonly(digest), tell, sign, handBack }
}
