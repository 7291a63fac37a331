/** The file on its way. It lives beside the pages, so that one may go elsewhere meanwhile. */
import { get, postForm, Problem, unanswered, Unreachable, type Answer } from '@muster/ui'
import { shallowReactive } from 'vue'

export type Job = Answer<'capture', '/imports/{import_id}', 'get'>
export type Kind = 'baseline' | 'roster'

interface Upload {
  /** Chosen and not sent yet, or sent and refused: it stays chosen. */
  file: File | null
  /** `sending`: it is on its way; `reading`: it is there, and is read. */
  stage: 'idle' | 'sending' | 'reading'
  importId: string
  sent: number
  error: unknown
  /** The finished job, until a page took it. */
  job: Job | null
  /** Whether a page shows the job already, before it is finished. */
  followed: boolean
}

const EMPTY: Upload = { file: null, stage: 'idle', importId: '', sent: 0, error: null, job: null, followed: false }
export const upload = shallowReactive<Upload>({ ...EMPTY })

/** Most bytes of a file (capture's import_limit). */
export const LARGEST = 128 * 1024 * 1024

/** What is wrong with a file before anything is sent: a key of the catalogue, or null. */
export function unfit(file: File | null): string | null {
  if (file === null) return 'import.fileMissing'
  if (!/\.(xlsx|csv)$/i.test(file.name)) return 'import.fileKind'
  if (file.size === 0) return 'import.fileEmpty'
  return file.size > LARGEST ? 'import.fileLarge' : null
}

const warn = (event: BeforeUnloadEvent) => event.preventDefault()

/** Sends the chosen file; the service answers once it has read it to its end. */
export async function start(kind: Kind, area: string): Promise<void> {
  if (upload.file === null || upload.stage !== 'idle') return
  Object.assign(upload, { stage: 'sending', importId: crypto.randomUUID(), sent: 0, error: null, job: null, followed: false })
  addEventListener('beforeunload', warn)
  const form = new FormData()
  form.set('import_id', upload.importId)
  form.set('kind', kind)
  form.set('area', area)
  form.set('file', upload.file)
  try {
    const job = await postForm('capture', '/imports', form, { progress })
    end(job)
  } catch (error) {
    await lost(error)
  } finally {
    removeEventListener('beforeunload', warn)
  }
}

function end(job: Job): void {
  Object.assign(upload, { ...EMPTY, job: upload.followed ? null : job })
}

function progress(part: number): void {
  upload.sent = part
  if (part < 1) return
  // It is there: whoever leaves now stops nothing.
  upload.stage = 'reading'
  removeEventListener('beforeunload', warn)
}

/** No answer came, or a no: when the file is being read all the same, that is no failure. */
async function lost(error: unknown): Promise<void> {
  if (unanswered(error)) {
    const job = await get('capture', '/imports/{import_id}', { at: { import_id: upload.importId } }).catch(() => null)
    if (job) return end(job)
  }
  Object.assign(upload, { stage: 'idle', sent: 0, error })
}

/** The job of what is on its way, once its first rows are read; null before. */
export async function begun(): Promise<Job | null> {
  if (upload.stage !== 'reading') return null
  try {
    return await get('capture', '/imports/{import_id}', { at: { import_id: upload.importId } })
  } catch (error) {
    if (error instanceof Problem || error instanceof Unreachable) return null
    throw error
  }
}

/** Forgets all of it, as tests do. */
export function forget(): void {
  Object.assign(upload, EMPTY)
}
