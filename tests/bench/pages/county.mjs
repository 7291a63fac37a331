// The invented county of web/mock behind addresses of its own, as the services are, for the real door to
// pass on to: `node county.mjs PORT`. What it invents is invented once: a question that was answered
// before is answered with the same bytes, so that inventing is not measured. MOCK_* as in web/README.md.
import { createServer } from 'node:http'
import { county } from '../../../web/mock/server.mjs'

const handlers = []
county().configureServer({ middlewares: { use: (handler) => handlers.push(handler) } })
const [answer] = handlers

const KEPT = /^\/api\/(reporting\/(?!events)|capture\/(profile|areas)|verification\/items\/[^/]+$)/
const kept = new Map()

/** Keeps what is answered to this request under its address. */
function keep(request, response) {
  const { end } = response
  response.end = (body) => {
    if (response.statusCode === 200) kept.set(request.url, Buffer.from(body))
    return end.call(response, body)
  }
}

const server = createServer((request, response) => {
  if (request.method === 'GET' && KEPT.test(request.url)) {
    const found = kept.get(request.url)
    if (found) return response.writeHead(200, { 'content-type': 'application/json', 'content-length': found.length }).end(found)
    keep(request, response)
  }
  answer(request, response, () => response.writeHead(404).end())
})
// Longer than the door keeps a connection that nobody uses.
server.keepAliveTimeout = 60_000
server.listen(Number(process.argv[2]), '127.0.0.1')
