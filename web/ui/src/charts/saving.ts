/** Files that go out of the page into the reader's own folder. */
import type { Column } from '../components/DataTable.vue'
import { csv } from '../format/text'

export interface Saved<R> {
  caption: string
  columns: readonly Column<R>[]
  rows: readonly R[]
  total?: R | undefined
  cell: (row: R, key: string) => string | number | null
  /** Lines above and below the figures: what and when it is, what it is no basis for. */
  head: readonly string[]
  foot: readonly string[]
}

/** A table as a file that spreadsheets open. */
export function saveTable<R>({ caption, columns, rows, total, cell, head, foot }: Saved<R>): void {
  const line = (row: R) => columns.map((column) => cell(row, column.key))
  const content = csv([
    ...head.map((text) => [text]),
    columns.map((column) => column.title),
    ...(total ? [line(total)] : []),
    ...rows.map(line),
    ...foot.map((text) => [text]),
  ])
  save(new Blob([content], { type: 'text/csv;charset=utf-8' }), `${caption}.csv`)
}

export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name.replace(/[\\/:*?"<>|\s]+/g, '-')
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
