// Before anything of a page runs: what tells when something is seen. Times are milliseconds since the page
// was asked for, by performance.now().
window.bench = (() => {
  const long = []
  new PerformanceObserver((list) => list.getEntries().forEach((one) => long.push([one.startTime, one.startTime + one.duration]))).observe({ type: 'longtask', buffered: true })

  // A task that is asked for while a frame is made runs once it is on its way to the screen.
  const painted = () =>
    new Promise((done) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => done(performance.now())
        port2.postMessage(null)
      }),
    )

  /** When a frame is painted in which it holds; looked at in each frame. */
  const when = (holds) =>
    new Promise((done) => {
      const look = () => {
        if (!document.documentElement || !holds()) return requestAnimationFrame(look)
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => done(performance.now())
        port2.postMessage(null)
      }
      look()
    })

  const rest = (ms) => new Promise((done) => setTimeout(done, ms))

  /** When the page answers to whoever uses it: it shows what it is for, and since the end of the last long
   * task (50 ms) nothing kept it busy for `quiet` ms. */
  const interactive = async (holds, quiet) => {
    const shown = await when(holds)
    for (;;) {
      const last = long.length ? long[long.length - 1][1] : 0
      const from = Math.max(shown, last)
      if (performance.now() - from >= quiet) return from
      await rest(quiet / 4)
    }
  }

  /** From each next press of a key to the paint that follows it: ended by `pressed()`, which gives them. */
  const presses = () => {
    const taken = []
    const on = (event) => void painted().then((at) => taken.push(at - event.timeStamp))
    addEventListener('keydown', on, true)
    return () => (removeEventListener('keydown', on, true), taken)
  }

  /** Times between frames until `ended()`, which gives them. */
  const frames = () => {
    const taken = []
    let last = null
    let over = false
    const tick = (now) => {
      if (last !== null) taken.push(now - last)
      last = now
      if (!over) requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
    return () => ((over = true), taken)
  }

  return { long, painted, when, interactive, presses, frames, rest }
})()
