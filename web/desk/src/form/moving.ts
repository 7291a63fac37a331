/** Going through a form by keys: to the next field, section, error or difference. */
import { composing } from '@muster/ui'

const INPUTS = 'input:checked, input, textarea, select'

function focusRow(row: Element | undefined): boolean {
  const input = row?.querySelector<HTMLElement>('input:checked') ?? row?.querySelector<HTMLElement>(INPUTS)
  input?.focus()
  return input !== null && input !== undefined
}

/** The first of `rows` after the place of the focus (before it, for -1), round the end. */
function near(rows: readonly Element[], step: 1 | -1): Element | undefined {
  const here = document.activeElement
  const after = (row: Element) => {
    if (!here || row.contains(here)) return false
    return Boolean(here.compareDocumentPosition(row) & (step === 1 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING))
  }
  return step === 1 ? (rows.find(after) ?? rows[0]) : (rows.findLast(after) ?? rows.at(-1))
}

/** To the next row that fits `selector`; false where there is none. */
export function goNear(root: Element | null, selector: string, step: 1 | -1): boolean {
  return focusRow(near([...(root?.querySelectorAll(selector) ?? [])], step))
}

export function goFirst(root: Element | null, selector = '[data-field]'): boolean {
  return focusRow(root?.querySelector(selector) ?? undefined)
}

/** Enter goes to the next field, except where it has a meaning of its own, and never round the end. */
export function enterNext(event: KeyboardEvent, root: Element | null): void {
  const target = event.target as HTMLElement
  if (event.key !== 'Enter' || composing(event) || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
  if (event.defaultPrevented || !(target instanceof HTMLInputElement)) return
  event.preventDefault()
  const rows = [...(root?.querySelectorAll('[data-field]') ?? [])]
  const place = rows.findIndex((row) => row.contains(target))
  focusRow(rows[place + 1])
}
