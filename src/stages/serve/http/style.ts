/** The page's looks: light and dark, wide and narrow. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #fff; --text: #1a1d21; --soft: #57606a; --line: #d0d7de;
  --accent: #1f5fbf; --on-accent: #fff; --good: #116329; --bad: #b3261e; --bar: #b7c9e4;
  --paper: #fff; --ink: #10131a; --mark: #d4351c; --warn: #fff4d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1216; --card: #181c22; --text: #e7eaee; --soft: #a3adb8; --line: #363d46;
    --accent: #7fb0ff; --on-accent: #0b1220; --good: #6fd08c; --bad: #ff8a80; --bar: #37507a;
    --paper: #0b0d11; --ink: #f2f4f7; --mark: #ffb454; --warn: #3a2f12;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 0 0 .75rem; }
h3 { font-size: .95rem; margin: 1.25rem 0 .5rem; }
p { margin: 0 0 .5rem; }
a { color: var(--accent); }
.note { color: var(--soft); font-size: .875rem; }
.long { overflow-wrap: anywhere; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.columns { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); align-items: start; margin: 1rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem; min-width: 0; }
button, input, select, textarea { font: inherit; color: inherit; }
button { background: var(--card); border: 1px solid var(--soft); border-radius: 6px; padding: .45rem .9rem; min-height: 44px; cursor: pointer; }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; width: 100%; margin-top: 1rem; }
button:disabled { opacity: .55; cursor: default; }
input[type=text], input[type=password], select, textarea { background: var(--ground); border: 1px solid var(--soft); border-radius: 6px; padding: .45rem .6rem; width: 100%; min-height: 44px; }
input[type=radio], input[type=checkbox] { width: 1.1rem; height: 1.1rem; vertical-align: -.15rem; accent-color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
#access { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: 1rem 0; max-width: 30rem; }
#access .note { flex-basis: 100%; margin: 0; }
#access .field { flex: 1; margin: 0; }
.field { display: block; margin-bottom: .6rem; }
.field > span:first-child, .area > span { display: block; font-size: .875rem; }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 0 .75rem; }
textarea + button { margin-top: .5rem; }
textarea { font-family: ui-monospace, monospace; font-size: .875rem; resize: vertical; }
fieldset.choice { border: 0; margin: 0 0 .75rem; padding: 0; display: flex; gap: 1.25rem; }
.choice label, .check { display: inline-block; padding: .6rem 0; }
.drawing { display: grid; grid-template-columns: minmax(0, 15rem) minmax(6rem, 1fr); gap: .9rem; align-items: start; }
.drawing > p { grid-column: 1 / -1; margin: 0; }
.pad { width: 100%; aspect-ratio: 1; border: 1px solid var(--soft); border-radius: 6px; touch-action: none; cursor: crosshair; }
.seen { width: 5.5rem; height: 5.5rem; image-rendering: pixelated; border: 1px solid var(--line); border-radius: 4px; }
.beside > * { margin: 0 0 .4rem; }
.beside figcaption { font-size: .8rem; line-height: 1.3; color: var(--soft); }
.headline { font-size: 2rem; line-height: 1.2; font-weight: 650; overflow-wrap: anywhere; }
.output + .output { margin-top: 1rem; border-top: 1px solid var(--line); padding-top: 1rem; }
.bars { width: 100%; border-collapse: collapse; margin: .5rem 0; font-size: .875rem; }
.bars th { text-align: right; font-weight: 500; padding: .1rem .6rem .1rem 0; overflow-wrap: break-word; }
.bars .track { width: 65%; }
.bars .number { text-align: right; font-variant-numeric: tabular-nums; padding-left: .6rem; white-space: nowrap; }
.bar { display: block; height: .85rem; border-radius: 3px; background: var(--bar); }
.bar.chosen { background: var(--accent); }
.steps { list-style: none; margin: 0 0 1rem; padding: 0; }
.steps li { position: relative; padding: 0 0 .8rem 1.9rem; }
.steps li::before { content: ""; position: absolute; left: .1rem; top: .2rem; width: 1.1rem; height: 1.1rem; border-radius: 50%; border: 2px solid var(--line); text-align: center; font-size: .8rem; line-height: 1rem; font-weight: 700; }
.steps li:not(:last-child)::after { content: ""; position: absolute; left: .7rem; top: 1.5rem; bottom: 0; width: 2px; background: var(--line); }
.steps strong, .steps span { display: block; line-height: 1.4; }
.steps span { font-size: .875rem; color: var(--soft); overflow-wrap: anywhere; white-space: pre-line; }
.steps .ahead strong { color: var(--soft); font-weight: 500; }
.steps .now::before { border-color: var(--accent); border-right-color: transparent; animation: turn 1s linear infinite; }
.steps .done::before { content: "\\2713"; border-color: var(--good); color: var(--good); }
.steps .failed::before { content: "\\00d7"; border-color: var(--bad); color: var(--bad); }
.steps .failed span { color: var(--bad); }
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .steps .now::before { animation: none; } }
.says { display: grid; grid-template-columns: auto 1fr; gap: .9rem; align-items: start; }
.says > p { grid-column: 2; }
.says > :first-child:is(p), .says > .row, .says > .warning { grid-column: 1 / -1; }
.warning { background: var(--warn); border-radius: 6px; padding: .6rem .75rem; font-size: .875rem; }
.row { font: .8rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.files { padding-left: 1.1rem; margin: 0 0 .5rem; }
.problem { border: 1px solid var(--bad); color: var(--bad); border-radius: 8px; padding: .75rem 1rem; margin: 1rem 0; white-space: pre-line; overflow-wrap: anywhere; }
.problem p:last-child { margin: 0; }
.refused { color: var(--bad); margin-top: .5rem; overflow-wrap: anywhere; }
@media (max-width: 30rem) { header, main, footer { padding-left: .9rem; padding-right: .9rem; } .drawing { grid-template-columns: 1fr; } .pad { max-width: 20rem; } .beside { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; } }
`
