/** What any component may be told beside its own properties: it goes on to its element. */
declare module 'vue' {
  interface ComponentCustomProps {
    id?: string
    lang?: string
    title?: string
    'aria-label'?: string
    'aria-describedby'?: string | undefined
    'aria-pressed'?: boolean
    'aria-invalid'?: boolean
    spellcheck?: boolean | 'true' | 'false'
    'aria-current'?: 'page' | 'true' | undefined
    onKeydown?: (event: KeyboardEvent) => void
  }
}

export {}
