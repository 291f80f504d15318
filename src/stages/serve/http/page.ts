/** The page to try a model: one document, one style sheet, one script, which the build bundles. Nothing from elsewhere. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { App } from './app.js'
import { STYLE } from './style.js'

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>zkonnx: try a model</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/serve.css">
<script src="/assets/serve.js" defer></script>
</head>
<body>
<header>
<h1>Try a model, and check its answer</h1>
<p class="note" id="facts">An answer comes at once, and its proof when it is made. This browser verifies it.</p>
</header>
<main>
<noscript><p class="problem">This page needs JavaScript. The service answers without it: see <a href="/openapi.json">its description</a>.</p></noscript>
<form id="access" hidden>
<p class="note">This service asks for a token; whoever runs it has it. The page forgets it when it is closed.</p>
<label class="field"><span>Token</span><input id="token" type="password" autocomplete="off" required></label>
<button>Use it</button>
</form>
<div id="problem" class="problem" role="alert" hidden></div>
<div class="columns" id="columns" hidden>
<form id="sample" class="card">
<h2>Input</h2>
<p id="which" hidden><label class="field"><span>Model</span><select id="model"></select></label></p>
<div id="inputs"></div>
<button id="predict" class="main">Predict and prove</button>
</form>
<section class="card" aria-labelledby="answer-title">
<h2 id="answer-title">Prediction</h2>
<div id="answer" aria-live="polite"></div>
</section>
<section class="card" aria-labelledby="proof-title">
<h2 id="proof-title">Proof</h2>
<div id="proof" aria-live="polite"></div>
</section>
</div>
</main>
<footer><p class="note">The service: <a href="/openapi.json">description</a></p></footer>
</body>
</html>
`

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1f5fbf"/><path d="M4 8.5l3 3 5-7" fill="none" stroke="#fff" stroke-width="2"/></svg>'

/** From a source tree (tests), the built file is taken. */
function bundled(): string {
  const here = import.meta.url
  const path = here.endsWith('.ts') ? '../../../../dist/browser/serve.js' : '../../../browser/serve.js'
  return readFileSync(new URL(path, here), 'utf8')
}

export function addPage(app: App): void {
  const files = [
    ['/', 'text/html; charset=utf-8', PAGE],
    ['/assets/serve.css', 'text/css; charset=utf-8', STYLE],
    ['/assets/serve.js', 'text/javascript; charset=utf-8', bundled()],
    ['/assets/icon.svg', 'image/svg+xml', ICON],
  ] as const
  for (const [path, type, text] of files) {
    const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`
    app.get(path, (c) => {
      const headers = { etag, 'cache-control': 'no-cache' }
      if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)
      return c.body(text, 200, { ...headers, 'content-type': type })
    })
  }
}
