import type { StateName } from '@muster/ui'

/** Every state once, by what it is about. */
export const GROUPS = {
  record: ['draft', 'submitted', 'returned', 'verified', 'flagged', 'refused', 'unsigned'],
  person: ['open', 'collected', 'declined', 'moved_out', 'dead_before', 'dead_after', 'merged', 'ineligible'],
  source: ['chip', 'baseline', 'department', 'typed', 'reviewer'],
  verdict: ['match', 'mismatch', 'no_such_person', 'no_file', 'undecided', 'waiting', 'agree', 'contradict', 'cannot_tell'],
  attested: ['attested', 'awaiting', 'none'],
  order: ['order_open', 'order_closed', 'asked', 'answered'],
  computer: ['ready', 'trouble', 'offline', 'to_upload', 'on_computer', 'at_centre', 'live'],
} as const satisfies Record<string, readonly StateName[]>
