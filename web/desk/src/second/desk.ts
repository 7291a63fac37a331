/** The desk's side of the screen that faces the person: opens it, shows a sheet on it, and hears how far
 * the person is. The window stays open from one person to the next; what it shows does not. */
import { newId } from '@muster/ui/forms'
import { reactive, readonly } from 'vue'
import { isTrace } from '../take/trace'
import { Line } from './line'
import { ADDRESS, isHere, JOINED, type Sheet, type Signed, type ToDesk, type ToPerson } from './protocol'

/** `opening` until the screen has shown the sheet; `lost`, `differs` and `blocked` say why it shows none. */
export type At = 'opening' | 'reading' | 'signing' | 'signed' | 'returned' | 'lost' | 'differs' | 'blocked'

const NAME = 'muster-second'
const LOOK = 'popup,width=1024,height=768'

interface Showing {
  turn: string
  sheet: Sheet
  /** What the sheet's digest must be. */
  digest: string
  signed: (trace: Signed['trace']) => void
}

const state = reactive({ connected: false, at: null as At | null })
export const second = readonly(state)

let line: Line<ToPerson, ToDesk> | null = null
let joined: { window: Window; page: string } | null = null
let showing: Showing | null = null
let listening = false

/** Shows a sheet to the person, on a window that is opened if there is none. It is called by a press of a
 * button: without one, browsers open no window. `signed` gets what was drawn under this very digest. */
export function present(sheet: Sheet, digest: string, signed: Showing['signed']): void {
  const awaited = state.at === 'opening'
  showing = { turn: newId(), sheet, digest, signed }
  state.at = 'opening'
  if (line) line.say({ say: 'show', turn: showing.turn, sheet })
  else if (!awaited) open()
}

/** Takes from the person's screen whatever it shows. */
export function withdraw(): void {
  stop(null)
}

/** Listens for a screen that was opened before this page was loaded again. */
export function expectSecond(): void {
  if (listening) return
  listening = true
  addEventListener('message', greet)
  // With this page goes what it was showing.
  addEventListener('pagehide', () => line?.end())
}

function stop(at: At | null): void {
  if (showing) line?.say({ say: 'forget' })
  showing = null
  state.at = at
}

function open(): void {
  expectSecond()
  const opened = window.open(ADDRESS, NAME, LOOK)
  if (opened === null) return stop('blocked')
  void place(opened)
}

interface Screens {
  getScreenDetails?: () => Promise<{ screens: Place[]; currentScreen: Place }>
  screen: { isExtended?: boolean }
}
type Place = { availLeft: number; availTop: number; availWidth: number; availHeight: number }

/** To the other screen of this computer, where the browser can and may; else it is dragged there. */
async function place(opened: Window): Promise<void> {
  const here = window as unknown as Screens
  if (!here.screen.isExtended || !here.getScreenDetails) return
  const found = await here.getScreenDetails().catch(() => null)
  const other = found?.screens.find((one) => one !== found.currentScreen)
  if (!other || opened.closed) return
  opened.moveTo(other.availLeft, other.availTop)
  opened.resizeTo(other.availWidth, other.availHeight)
}

/** Only a window that this one opened, at that address of this origin, is given a port. */
function greet(event: MessageEvent): void {
  if (event.origin !== location.origin || !isHere(event.data)) return
  const from = event.source as Window | null
  if (from === null || from.opener !== window || from.location.pathname !== ADDRESS) return
  if (line && joined && (joined.page === event.data.page || (joined.window !== from && !joined.window.closed))) return
  line?.end()
  joined = { window: from, page: event.data.page }
  const { port1, port2 } = new MessageChannel()
  const mine = new Line<ToPerson, ToDesk>(port1, hear, () => {
    if (line === mine) left()
  })
  line = mine
  state.connected = true
  from.postMessage(JOINED, location.origin, [port2])
  if (showing) line.say({ say: 'show', turn: showing.turn, sheet: showing.sheet })
}

function left(): void {
  line = joined = null
  state.connected = false
  // What was signed before is here already, and holds.
  if (showing && state.at !== 'signed') stop('lost')
}

function hear(message: ToDesk): void {
  if (showing === null || message.turn !== showing.turn || state.at === 'signed') return
  if (message.say === 'returned') {
    state.at = 'returned'
  } else if (message.digest !== showing.digest) {
    stop('differs')
  } else if (message.say === 'at') {
    state.at = message.at
  } else if (isTrace(message.trace)) {
    state.at = 'signed'
    showing.signed(message.trace)
  }
}
