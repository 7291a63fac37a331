/** What a service says when it refuses (RFC 9457), and what is said when none answers. */

export interface Reason {
  field: string
  rule: string
  zh: string
  en: string
}

/** A refusal with its reasons in both languages. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** The last part of its type: `invalid`, `conflict`, `forbidden` ... */
    readonly kind: string,
    readonly reasons: readonly Reason[],
    readonly traceId: string | null,
    /** Whether what was asked was to change something. */
    readonly writing = false,
  ) {
    super(`${status} ${kind}`)
    this.name = 'Problem'
  }

  /** Whether one of the reasons is this rule. */
  has(rule: string): boolean {
    return this.reasons.some((reason) => reason.rule === rule)
  }
}

/** No answer at all, or one that is not ours: the network, a proxy, a service that is down. */
export class Unreachable extends Error {
  constructor(
    readonly status: number | null,
    /** Whether what was asked was to change something: it may have been done all the same. */
    readonly writing = false,
  ) {
    super(`unreachable ${status ?? ''}`)
    this.name = 'Unreachable'
  }
}

/** Whether something was to be changed and nobody says whether it was: no answer of the service came, or
 * the door says that none came to it. */
export function unanswered(error: unknown): boolean {
  if (error instanceof Unreachable) return error.writing
  return error instanceof Problem && error.writing && (error.status === 502 || error.status === 504)
}

/** Reads a refusal; never throws, whatever the body is. */
export async function readProblem(answer: Response, writing = false): Promise<Problem | Unreachable> {
  if (!(answer.headers.get('content-type') ?? '').startsWith('application/problem+json')) {
    return new Unreachable(answer.status, writing)
  }
  try {
    const body = (await answer.json()) as Record<string, unknown>
    const kind = String(body.type ?? '').split(':').at(-1) ?? 'invalid'
    const reasons = Array.isArray(body.reasons) ? body.reasons.filter(isReason) : []
    const trace = typeof body.trace_id === 'string' ? body.trace_id : null
    return new Problem(answer.status, kind, reasons, trace, writing)
  } catch {
    return new Unreachable(answer.status, writing)
  }
}

function isReason(value: unknown): value is Reason {
  const reason = value as Reason | null
  return (
    typeof reason === 'object' &&
    reason !== null &&
    typeof reason.zh === 'string' &&
    typeof reason.en === 'string' &&
    typeof reason.rule === 'string'
  )
}
