/**
 * ZipMap (ai.onnx.ml), which converters of classical models end with, turns each row of scores into a map from label to
 * score. A sequence of maps is nothing that can be proven; the scores are.
 */
import type { Model } from './decode.js'
import type { NodeProto } from './gen/onnx_pb.js'

/** The operator set that Identity gets in files that import none of the standard operators. */
const STANDARD_OPSET = 13n

/** Edits the model in place, so that each ZipMap passes its scores on, and returns one note for each. */
export function dropZipMaps(model: Model): string[] {
  const { graph } = model
  const maps = graph.node.filter(({ opType, domain }) => opType === 'ZipMap' && domain === 'ai.onnx.ml')
  if (maps.length === 0) return []
  const [known] = model.opsetImport
  if (known !== undefined && model.opsetImport.every(({ domain }) => domain !== '' && domain !== 'ai.onnx')) {
    model.opsetImport.push({ ...known, domain: '', version: STANDARD_OPSET })
  }
  return maps.map((node) => {
    const note = describe(node)
    node.opType = 'Identity'
    node.domain = ''
    node.attribute = []
    // the declared type is that of the map: the runtime infers the scores' own
    for (const port of [...graph.output, ...graph.valueInfo])
      if (node.output.includes(port.name)) delete port.type
    return note
  })
}

function describe({ attribute, output }: NodeProto): string {
  const labels = attribute.flatMap(({ name, ints, strings }) => {
    if (name === 'classlabels_int64s') return ints.map(String)
    return name === 'classlabels_strings' ? strings.map((text) => Buffer.from(text).toString('utf8')) : []
  })
  const columns = labels.length > 0 ? `, in the order of the labels ${labels.join(', ')}` : ''
  return `Output "${output[0]}": the scores are a tensor instead of a map from label to score${columns}.`
}
