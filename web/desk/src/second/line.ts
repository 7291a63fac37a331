/** One end of the port between two windows, which notices when the other end is gone: closed, loaded
 * again, or stuck. Timers of a window that is out of sight run late, so each end asks by its own and
 * answers at once. */

/** Milliseconds between two questions. */
export const BEAT = 2_000
/** Milliseconds without an answer after which the other end counts as gone. */
export const SILENT = 6_000

const ASKS = 'asks'
const LIVES = 'lives'
const LEAVES = 'leaves'

export class Line<Out, In> {
  private asked: number | null = null
  private last = performance.now()
  private over = false
  private readonly beating: ReturnType<typeof setInterval>

  /** `ended` is called once, whichever end it was. */
  constructor(
    private readonly port: MessagePort,
    private readonly heard: (message: In) => void,
    private readonly ended: () => void,
  ) {
    port.addEventListener('message', (event) => this.take(event.data as unknown))
    port.addEventListener('messageerror', () => this.end())
    // Newer browsers tell at once; in others it is the silence that tells.
    port.addEventListener('close', () => this.finish())
    port.start()
    this.beating = setInterval(() => this.beat(), BEAT)
  }

  say(message: Out): void {
    if (!this.over) this.port.postMessage(message)
  }

  end(): void {
    if (!this.over) this.port.postMessage(LEAVES)
    this.finish()
  }

  private take(data: unknown): void {
    if (this.over) return
    if (data === ASKS) this.port.postMessage(LIVES)
    else if (data === LIVES) this.asked = null
    else if (data === LEAVES) this.finish()
    else this.heard(data as In)
  }

  private beat(): void {
    const now = performance.now()
    // Who slept asks anew before it says that the other was silent: an answer may lie behind this beat.
    const slept = now - this.last > 2 * BEAT
    this.last = now
    if (!slept && this.asked !== null && now - this.asked > SILENT) return this.end()
    if (slept || this.asked === null) {
      this.asked = now
      this.port.postMessage(ASKS)
    }
  }

  private finish(): void {
    if (this.over) return
    this.over = true
    clearInterval(this.beating)
    this.port.close()
    this.ended()
  }
}
