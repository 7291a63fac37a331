/** Refused rows as a grid: the file's own columns, and beside each that holds a bad cell its reasons. */
import type { Answer } from '@muster/ui'

type Page = Answer<'capture', '/imports/{import_id}/rows', 'get'>
export type Row = Page['rows'][number]
export type Reason = Row['reasons'][number]

/** A column of the file, or (`at` of the column before it) of reasons; -1 is the row's number. */
export interface GridColumn {
  at: number
  reasons: boolean
}

export interface Bad {
  row: number
  /** Column of the file; -1 when the reason is about the row as a whole. */
  at: number
}

type Columns = Page['columns']

/** Which columns of a row each of its reasons is about; [-1] when it is about none. */
export function pointed(columns: Columns, reason: Reason): number[] {
  const found = columns.flatMap((column, at) => (column.field === reason.field ? [at] : []))
  return found.length ? found : [-1]
}

/** Reasons of a row that stand beside this column. Of several columns of one field the last has them. */
export function reasonsAt(columns: Columns, row: Row, at: number): Reason[] {
  return row.reasons.filter((reason) => pointed(columns, reason).at(-1) === at)
}

export function isBad(columns: Columns, row: Row, at: number): boolean {
  return row.reasons.some((reason) => pointed(columns, reason).includes(at))
}

/** The columns in their order, with one of reasons behind each that some row needs. */
export function layout(columns: Columns, rows: readonly Row[]): GridColumn[] {
  const needed = new Set(rows.flatMap((row) => row.reasons.map((reason) => pointed(columns, reason).at(-1)!)))
  return [-1, ...columns.keys()].flatMap((at) => [
    ...(at < 0 ? [] : [{ at, reasons: false }]),
    ...(needed.has(at) ? [{ at, reasons: true }] : []),
  ])
}

/** Every bad cell, by row and then from left to right. */
export function badCells(columns: Columns, rows: readonly Row[]): Bad[] {
  return rows.flatMap((row, place) => [...new Set(row.reasons.flatMap((reason) => pointed(columns, reason)))].sort((a, b) => a - b).map((at) => ({ row: place, at })))
}
