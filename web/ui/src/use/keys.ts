/** Keys of a page. Nothing acts while an input method composes, or beneath an open dialog. */
import { onScopeDispose } from 'vue'

/** `F8`, `Shift+F8`, `Ctrl+S` ... */
export function keyOf(event: KeyboardEvent): string {
  const held = [event.ctrlKey && 'Ctrl', event.altKey && 'Alt', event.metaKey && 'Meta', event.shiftKey && 'Shift']
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key
  return [...held.filter(Boolean), key].join('+')
}

/** Whether an input method is at work: what is typed then is not yet typed. */
export function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229
}

/** Function keys and chords of the whole page; single letters belong to the widget with the focus. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const listen = (event: KeyboardEvent) => {
    const act = keys[keyOf(event)]
    if (act === undefined || composing(event) || event.defaultPrevented) return
    if (document.querySelector('[role="dialog"][aria-modal="true"]:not([hidden])')?.checkVisibility?.()) return
    event.preventDefault()
    act()
  }
  addEventListener('keydown', listen)
  onScopeDispose(() => removeEventListener('keydown', listen))
}
