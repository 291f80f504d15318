/** What to do about models that cannot be imported as they are: in place of an operator, and to export again. */

type Advice = readonly [operators: readonly string[], advice: string]

/** By what can be done about them, not by what they compute. */
const ADVICE: readonly Advice[] = [
  [
    ['If', 'Loop', 'Scan'],
    'export with a later opset and fixed shapes, so that the number of rounds is a constant and branches are of one shape',
  ],
  [
    ['QuantizeLinear', 'DequantizeLinear', 'DynamicQuantizeLinear', 'ConvInteger', 'MatMulInteger'],
    'export the float model: zkonnx quantizes by itself',
  ],
  [
    ['Sigmoid', 'Tanh', 'Softsign', 'Softplus', 'Erf', 'Exp', 'Log', 'Sin', 'Cos', 'Atan'],
    'train with Relu, LeakyRelu or HardSigmoid in its place, or end the model before it',
  ],
  [
    ['Gelu', 'Elu', 'Selu', 'Celu', 'Mish', 'HardSwish', 'Swish', 'ThresholdedRelu', 'Shrink'],
    'train with Relu or LeakyRelu in its place',
  ],
  [
    [
      ...['LayerNormalization', 'InstanceNormalization', 'GroupNormalization', 'RMSNormalization', 'LRN'],
      ...['LpNormalization', 'MeanVarianceNormalization'],
    ],
    'train with BatchNormalization in its place: it becomes part of the layer before it',
  ],
  [
    ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor', 'Not', 'Where'],
    'end the model with the scores, and compare and select outside',
  ],
  [
    ['Pow', 'Sqrt', 'Reciprocal', 'ReduceL2', 'ReduceProd', 'ReduceLogSumExp', 'ReduceSumSquare', 'Mod'],
    'compute such features before the model, and train on them',
  ],
  [['Floor', 'Ceil', 'Round', 'Sign'], 'round before or after the model'],
  [
    ['NonMaxSuppression', 'NonZero', 'Unique', 'RoiAlign', 'GridSample', 'Multinomial', 'RandomNormal'],
    'do this step outside, and end the model before it (--output NAME)',
  ],
  [
    ['Attention', 'MultiHeadAttention', 'RotaryEmbedding'],
    'zkonnx is for small nets without attention: use convolutions or dense layers',
  ],
  [
    ['LabelEncoder', 'CategoryMapper', 'DictVectorizer', 'OneHotEncoder', 'TfIdfVectorizer', 'Tokenizer'],
    'encode text and categories as numbers before the model: fit the encoder outside the pipeline that is exported',
  ],
  [
    ['Imputer'],
    'fill missing values before the model: leave the imputer out of the pipeline that is exported',
  ],
  [['Binarizer'], 'binarize before the model: leave it out of the pipeline that is exported'],
]

/** By the domain of operators, for those with no advice of their own. */
const DOMAINS: Readonly<Record<string, string>> = {
  'com.microsoft':
    "export without ONNX Runtime's own operators: save the model before it is optimized, or at ORT_ENABLE_BASIC",
  'org.pytorch.aten': 'export with operator_export_type=torch.onnx.OperatorExportTypes.ONNX',
  'ai.onnx.training': 'export the model for inference',
  'ai.onnx.preview.training': 'export the model for inference',
}

/** What to use instead of an operator that is not supported in any form. */
export function insteadOf(domain: string, operator: string): string {
  if (/^(QLinear|QGemm|QAttention|DynamicQuantize)/.test(operator))
    return 'export the float model: zkonnx quantizes by itself'
  if (/Sequence|^Optional/.test(operator))
    return 'return tensors instead of lists: stack them, or split at constant sizes'
  if (/^(String|Regex)/.test(operator)) return 'handle text before the model, and give it numbers'
  const found = ADVICE.find(([operators]) => operators.includes(operator))
  if (found !== undefined) return found[1]
  if (domain === '' || domain === 'ai.onnx.ml') return 'replace it by supported operators'
  return DOMAINS[domain] ?? `write "${domain}.${operator}" in operators of the ONNX standard`
}

const PRODUCERS: readonly (readonly [producer: RegExp, command: string])[] = [
  [/pytorch/i, 'torch.onnx.export(model.eval(), (sample,), "model.onnx", dynamo=False, opset_version=17)'],
  [/tf2onnx|keras|tensorflow/i, 'python -m tf2onnx.convert --saved-model DIR --output model.onnx --opset 17'],
  [
    /skl2onnx/i,
    'skl2onnx.to_onnx(model, X[:1].astype(numpy.float32), options={"zipmap": False}, target_opset=17)',
  ],
  [
    /onnxmltools|lightgbm|xgboost/i,
    'onnxmltools.convert_lightgbm(model, initial_types=[("x", FloatTensorType([1, FEATURES]))], zipmap=False)',
  ],
]

/** How to export again with the tool that made the file. */
export function exportAgain(producer: string): string {
  const found = PRODUCERS.find(([pattern]) => pattern.test(producer))
  return found?.[1] ?? 'with the tool that made it, for inference, with opset 17, fixed shapes and float32'
}
