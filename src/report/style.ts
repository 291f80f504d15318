/** The page's style: readable at any width, in light and dark, and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fff; --raised: #f5f6f8; --ink: #1b1f24; --soft: #4c5560; --line: #d5dae0; --faint: #6b7580;
  --accent: #0b5fb0; --warm: #b0440a; --good: #146c2e; --bad: #b3261e; --caution: #fff4d6; --caution-ink: #5c4300;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --raised: #1e2327; --ink: #e7eaed; --soft: #b4bcc4; --line: #384048; --faint: #98a2ac;
    --accent: #79b8ff; --warm: #ffa26b; --good: #73d490; --bad: #ff9d94; --caution: #3a3000; --caution-ink: #ffe7a3;
  }
}
* { box-sizing: border-box }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: break-word }
main, header, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem }
header { padding-top: 2rem }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere }
h2 { font-size: 1.4rem; line-height: 1.3; margin: 3rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line) }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem }
p { margin: .6rem 0; max-width: 46rem }
a { color: var(--accent); text-underline-offset: .15em }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px }
.skip { position: absolute; top: 0; transform: translateY(-150%) } .skip:focus { position: static; transform: none }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; padding: 0; margin: 1rem 0 0 }
nav a { display: inline-block; padding: .25rem 0 }
.faint, .note { color: var(--soft) }
.tiles { list-style: none; padding: 0; margin: 1.25rem 0 0; display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem }
.tiles li { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: .75rem .9rem; font-size: .9rem; color: var(--soft) }
.tiles strong { display: block; font-size: 1.35rem; line-height: 1.25; color: var(--ink); font-variant-numeric: tabular-nums }
.warning, .missing { border-radius: 8px; padding: .75rem 1rem; max-width: 46rem }
.warning { background: var(--caution); color: var(--caution-ink); border: 1px solid currentColor }
.missing { background: var(--raised); border: 1px dashed var(--faint); margin: 1rem 0 } .missing p { margin-top: 0 }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem }
.digest { overflow-wrap: anywhere }
dl { margin: 1rem 0; display: grid; gap: .5rem } dl > div { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: .25rem 1rem }
dt { color: var(--soft); overflow-wrap: anywhere } dd { margin: 0; overflow-wrap: anywhere }
.scroll {
  overflow-x: auto; margin: 1rem 0;
  background: linear-gradient(to right, var(--page) 30%, transparent) 0 0 / 2.5rem 100% local, linear-gradient(to left, var(--page) 30%, transparent) 100% 0 / 2.5rem 100% local,
    linear-gradient(to right, var(--line), transparent) 0 0 / .9rem 100% scroll, linear-gradient(to left, var(--line), transparent) 100% 0 / .9rem 100% scroll;
  background-repeat: no-repeat;
}
sup { line-height: 0 }
table { border-collapse: collapse; font-size: .92rem; min-width: 100% }
th { text-align: left; color: var(--soft); font-weight: 600; white-space: nowrap }
th, td { padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td { min-width: 5.5rem } td.number { min-width: 0 } td .digest { display: inline-block; min-width: 12rem }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
figure { margin: 1.25rem 0 } figcaption { color: var(--soft); font-size: .9rem; max-width: 42rem; margin-top: .35rem }
figure svg { display: block; max-width: 100%; height: auto } figure svg text { white-space: pre }
.narrow { display: none }
.beside { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2rem; align-items: start }
.drawing { margin: 1.25rem 0 } .drawing svg { margin: 0 auto } .beside .drawing svg { margin: 0 } .graph { display: block; font: 12px system-ui, sans-serif; fill: var(--ink) }
.graph text { text-anchor: middle; fill: var(--soft) } .graph .name { font-weight: 600; fill: var(--ink) }
.cards { list-style: none; padding: 0; margin: 1rem 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(17.5rem, 1fr)); gap: .75rem }
.cards li { display: flex; gap: .9rem; background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: .75rem; overflow-wrap: anywhere; font-size: .92rem }
.cards li > div { min-width: 0 }
.sample { image-rendering: pixelated; width: 84px; height: 84px; flex: none; border-radius: 4px; border: 1px solid var(--line) }
.state { color: var(--soft) } .holds .state { color: var(--good); font-weight: 600 } .fails .state { color: var(--bad); font-weight: 600 }
li.holds { border-color: var(--good) } li.fails { border-color: var(--bad) }
.buttons { display: flex; flex-wrap: wrap; gap: .6rem; margin: 1rem 0 } .buttons[hidden] { display: none }
button { font: inherit; font-weight: 600; color: var(--page); background: var(--accent); border: 1px solid var(--accent); border-radius: 6px; padding: .55rem 1rem; cursor: pointer }
button.quiet, .copy { color: var(--accent); background: transparent } button:disabled { opacity: .6; cursor: default }
#verdict { font-weight: 600; min-height: 1.6em } #verdict.good { color: var(--good) } #verdict.bad { color: var(--bad) }
.command { display: flex; gap: .5rem; align-items: flex-start; margin: .6rem 0 }
.command pre { flex: 1; min-width: 0; margin: 0; padding: .6rem .8rem; overflow-x: auto; background: var(--raised); border: 1px solid var(--line); border-radius: 6px }
.missing pre { background: var(--page) } .copy { flex: none; padding: .45rem .8rem; font-size: .875rem }
details { margin: 1rem 0 } summary { cursor: pointer; color: var(--accent); padding: .3rem 0 }
footer { color: var(--soft); font-size: .9rem; padding-top: 2rem; padding-bottom: 3rem }
@media (max-width: 56rem) { .beside { grid-template-columns: minmax(0, 1fr); gap: 0 } }
@media (max-width: 44rem) {
  main, header, footer { padding-left: 1rem; padding-right: 1rem }
  h1 { font-size: 1.6rem } h2 { font-size: 1.25rem }
  .wide { display: none } .narrow { display: block }
  dl > div { grid-template-columns: minmax(0, 1fr) }
}
@media print {
  :root { color-scheme: light; --page: #fff; --raised: #fff; --ink: #000; --soft: #333; --line: #999; --faint: #555; --accent: #0b4a8a; --warm: #8a3500; --caution: #fff; --caution-ink: #000 }
  nav, .buttons, .copy, .verify { display: none } .scroll { overflow: visible } .command pre { white-space: pre-wrap; overflow-wrap: anywhere }
  h2, h3, figure figcaption { break-after: avoid } figure, li, tr { break-inside: avoid }
}
`
