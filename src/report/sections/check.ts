/** How to check every line of the report oneself: commands to copy. */
import type { ReportFacts } from '../facts.js'
import { type Html, html } from '../html.js'
import { command, digest, facts, type Section, shellWord } from './parts.js'

export function checkSection(report: ReportFacts): Section {
  const { manifest, modelId, dir, proofs } = report
  const folder = shellWord(dir)
  const first = proofs.shown[0]?.folder
  return {
    id: 'check',
    title: 'Check it yourself',
    body: html`<p>Nothing here has to be believed. What was published is known by its digests; what follows from it can be derived again.</p>
${facts([
  [
    'model id',
    html`${digest(modelId)} <span class="faint">SHA-256 of manifest.json as canonical JSON; contracts know the model by it</span>`,
  ],
  ...manifest.model.files.map(({ name, sha256 }) => [name, digest(sha256)] as const),
  ...manifest.data.map(({ name, sha256 }) => [name, digest(sha256)] as const),
  [
    'versions',
    `zkonnx ${manifest.zkonnx}, ONNX Runtime ${manifest.tools.onnxruntime}, solc ${manifest.tools.solc}`,
  ],
])}
${first === undefined ? '' : proofChecks(report, first)}
<h3>That integers, circuit, keys and contracts are this model’s</h3>${buildCheck(report)}
${manifest.setup?.kind === 'ceremony' ? html`<h3>The ceremony</h3>${command(`zkonnx ceremony verify ${folder}`)}` : ''}
<h3>That the circuit accepts no falsehoods</h3><p>Lies to every layer, and looks for a second witness of the same inputs:</p>${command(`zkonnx attack ${folder}`)}
${first === undefined ? '' : html`<h3>To cite it</h3><p>Manifest, verifying key and proofs in one file, which verifies alone and whose digest is always the same:</p>${command(`zkonnx bundle ${folder} ${shellWord(proofs.place)}/* -o predictions.zip`)}`}`,
  }
}

/** snarkjs knows plain Groth16 alone. */
function proofChecks({ manifest, dir, proofs }: ReportFacts, first: string): Html {
  const at = (file: string) => shellWord(`${dir}/${file}`)
  const all = proofs.shown.length === 1 ? shellWord(first) : `${shellWord(proofs.place)}/*`
  const ours = command(`zkonnx verify ${shellWord(dir)} ${all}`)
  if (manifest.scheme === 'groth16-lookup') return html`<h3>The proofs</h3>${ours}`
  const files = [
    at('verification_key.json'),
    shellWord(`${first}/public.json`),
    shellWord(`${first}/proof.json`),
  ]
  return html`<h3>The proofs</h3><p>With zkonnx, and with snarkjs alone:</p>${ours}${command(`npx snarkjs groth16 verify ${files.join(' ')}`)}`
}

function buildCheck({ manifest, dir, chain }: ReportFacts): Html {
  const onChain = chain.deployment !== undefined
  if (manifest.model.weights === 'committed')
    return html`<p>The weights are secret: only their owner derives integers and circuit. Everyone can check the keys${onChain ? ', and the code on the chain' : ''}:</p>${command(`zkonnx verify-build ${shellWord(dir)}`)}`
  const files = [
    ['--model', manifest.model.files[0]?.name ?? 'MODEL.onnx'],
    ...manifest.data.map(({ name, role }) => [role === 'data' ? '--data' : '--holdout', name]),
  ].map(([option, name]) => `${option} ${shellWord(name!)}`)
  return html`<p>Derives everything again, from the ONNX file and the samples to the figures on fidelity, the circuit${
    onChain ? ', the verifying key and the code on the chain' : ' and the verifying key'
  }, and names the first link that differs:</p>${command(['zkonnx verify-build', shellWord(dir), ...files].join(' '))}`
}
