/** The workbook that an officer fills in at the office: a row for each value that wants a verdict. What is
 * read back counts only where its row is as it was written. */
import { readXlsx, writeXlsx } from 'hucre/xlsx'
import { REMARK, VERDICTS, type Asked, type Filled, type Verdict } from './requests'

/** What the workbook says in words, in the reader's language. */
export interface Words {
  sheet: string
  /** Headings in the order of COLUMNS. */
  headings: readonly string[]
  field: (id: string) => string
  value: (id: string, value: unknown) => string
  verdict: (one: Verdict) => string
  /** Words of a verdict in whatever language the workbook was written. */
  known: ReadonlyMap<string, Verdict>
  errorTitle: string
  error: string
}

const COLUMNS = ['number', 'name', 'resident_number', 'birth_date', 'asks', 'value', 'verdict', 'remark', 'reference'] as const
const WIDTHS = [6, 14, 22, 12, 18, 30, 14, 30, 10]
const [VERDICT, REMARKS, REFERENCE] = [6, 7, 8]
/** Signs of one cell that are read. */
const LONGEST_CELL = 2_000
/** Bytes of the largest workbook that is opened. */
export const LARGEST = 32 * 1024 * 1024

/** Why a cell was not taken; the sentence stands in the catalogue under `answer.fault`. */
export interface Fault {
  cell: string
  rule: 'heading' | 'unknown' | 'changed' | 'twice' | 'verdict' | 'missing' | 'remark'
}

export interface Read {
  filled: Map<string, Filled>
  faults: Fault[]
}

/** The file cannot be read as a workbook at all. */
export class NoWorkbook extends Error {}

interface Row {
  request: Asked
  field: string
  cells: readonly string[]
}

function rowsOf(requests: readonly Asked[], words: Words): Row[] {
  const text = (request: Asked, id: string) => String(request.fields[id] ?? '')
  return requests.flatMap((request, at) =>
    request.asked.map((field) => ({
      request,
      field,
      cells: [
        String(at + 1),
        text(request, 'name'),
        text(request, 'resident_number'),
        text(request, 'birth_date'),
        words.field(field),
        words.value(field, request.fields[field]),
      ].map(plain),
    })),
  )
}

/** What a cell can hold and gives back unchanged: no control signs, no space around it. */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim().slice(0, LONGEST_CELL)
}

/** `_x0041_` is how a workbook writes a sign by its number; where it is meant as it stands, its first line
 * is written so itself. */
const literal = (text: string): string => text.replace(/_(?=x[0-9a-f]{4}_)/gi, '_x005F_')

/** A workbook of these requests. Every cell is text, whatever it begins with: nothing is a formula. */
export async function write(requests: readonly Asked[], words: Words, filled: ReadonlyMap<string, Filled> = new Map()): Promise<Uint8Array> {
  const rows = rowsOf(requests, words)
  const data = rows.map(({ request, field, cells }) => {
    const held = filled.get(request.id)
    const verdict = held?.verdicts[field]
    const first = request.asked[0] === field
    return [...cells, verdict ? words.verdict(verdict) : '', first ? plain(held?.remark ?? '') : '', `${request.id}/${field}`]
  })
  const column = String.fromCharCode(65 + VERDICT)
  return writeXlsx({
    sheets: [
      {
        name: words.sheet,
        columns: WIDTHS.map((width, at) => ({ width, numFmt: '@', hidden: at === REFERENCE })),
        rows: [[...words.headings], ...data].map((row) => row.map(literal)),
        freezePane: { rows: 1 },
        dataValidations: [
          {
            type: 'list',
            values: VERDICTS.map((one) => words.verdict(one)),
            range: `${column}2:${column}${Math.max(2, rows.length + 1)}`,
            allowBlank: true,
            showErrorMessage: true,
            errorTitle: words.errorTitle,
            errorMessage: words.error,
          },
        ],
      },
    ],
  })
}

/** What a filled workbook says about these requests, and what of it is not taken, by cell. Rows that were
 * left empty stay open; one fault holds back its own request and no other. Throws NoWorkbook. */
export async function read(bytes: Uint8Array, requests: readonly Asked[], words: Words): Promise<Read> {
  let rows: readonly (readonly unknown[])[]
  try {
    rows = (await readXlsx(bytes)).sheets[0]?.rows ?? []
  } catch {
    throw new NoWorkbook()
  }
  const faults: Fault[] = []
  const cell = (at: number, column: number) => textOf(rows[at]?.[column])
  if (COLUMNS.some((_, at) => at !== VERDICT && at !== REMARKS && !cell(0, at)) || rows.length < 1) return { filled: new Map(), faults: [{ cell: 'A1', rule: 'heading' }] }

  const wanted = new Map(rowsOf(requests, words).map((row) => [`${row.request.id}/${row.field}`, row]))
  const found = new Map<string, Filled>()
  const wrong = new Set<string>()
  const seen = new Set<string>()
  const places = new Map<string, string>()
  const fault = (at: number, column: number, rule: Fault['rule'], request?: string) => {
    faults.push({ cell: `${String.fromCharCode(65 + column)}${at + 1}`, rule })
    if (request !== undefined) wrong.add(request)
  }
  for (let at = 1; at < rows.length; at += 1) {
    if (COLUMNS.every((_, column) => !cell(at, column))) continue
    const reference = cell(at, REFERENCE)
    const row = wanted.get(reference)
    if (!row) {
      fault(at, REFERENCE, 'unknown')
      continue
    }
    const id = row.request.id
    if (seen.has(reference)) fault(at, REFERENCE, 'twice', id)
    seen.add(reference)
    places.set(reference, `${String.fromCharCode(65 + VERDICT)}${at + 1}`)
    // The number in front may be renumbered; what is asked about whom may not.
    row.cells.forEach((value, column) => {
      if (column > 0 && cell(at, column) !== value) fault(at, column, 'changed', id)
    })
    const held = found.get(id) ?? { verdicts: Object.fromEntries(row.request.asked.map((field) => [field, ''])), remark: '' }
    found.set(id, held)
    const said = cell(at, VERDICT)
    const verdict = words.known.get(said.toLowerCase())
    if (said && !verdict) fault(at, VERDICT, 'verdict', id)
    if (verdict) held.verdicts[row.field] = verdict
    const remark = cell(at, REMARKS)
    if (remark && !held.remark.includes(remark)) held.remark = held.remark ? `${held.remark}; ${remark}` : remark
    if (held.remark.length > REMARK) fault(at, REMARKS, 'remark', id)
  }
  for (const [id, held] of found) {
    const empty = Object.entries(held.verdicts).filter(([, verdict]) => !verdict)
    const untouched = empty.length === Object.keys(held.verdicts).length && !held.remark
    if (untouched) found.delete(id)
    else {
      for (const [field] of empty) {
        if (!wrong.has(id)) faults.push({ cell: places.get(`${id}/${field}`) ?? 'A1', rule: 'missing' })
      }
      if (empty.length) wrong.add(id)
    }
  }
  wrong.forEach((id) => found.delete(id))
  return { filled: found, faults }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  return plain(String(value))
}
