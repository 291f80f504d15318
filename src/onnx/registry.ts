/** Every ONNX operator that can be imported: one line each. */
import { insteadOf } from './advice.js'
import type { Lowering, Tolerance } from './node.js'
import * as Abs from './ops/abs.js'
import * as Acos from './ops/acos.js'
import * as Acosh from './ops/acosh.js'
import * as Add from './ops/add.js'
import * as And from './ops/and.js'
import * as ArgMax from './ops/arg-max.js'
import * as ArgMin from './ops/arg-min.js'
import * as ArrayFeatureExtractor from './ops/array-feature-extractor.js'
import * as Asin from './ops/asin.js'
import * as Asinh from './ops/asinh.js'
import * as Atan from './ops/atan.js'
import * as Atanh from './ops/atanh.js'
import * as AveragePool from './ops/average-pool.js'
import * as BatchNormalization from './ops/batch-normalization.js'
import * as Binarizer from './ops/binarizer.js'
import * as Cast from './ops/cast.js'
import * as CastLike from './ops/cast-like.js'
import * as Ceil from './ops/ceil.js'
import * as Celu from './ops/celu.js'
import * as CenterCropPad from './ops/center-crop-pad.js'
import * as Clip from './ops/clip.js'
import * as Col2Im from './ops/col2im.js'
import * as Compress from './ops/compress.js'
import * as Concat from './ops/concat.js'
import * as Constant from './ops/constant.js'
import * as ConstantOfShape from './ops/constant-of-shape.js'
import * as Conv from './ops/conv.js'
import * as ConvInteger from './ops/conv-integer.js'
import * as ConvTranspose from './ops/conv-transpose.js'
import * as Cos from './ops/cos.js'
import * as Cosh from './ops/cosh.js'
import * as CumSum from './ops/cum-sum.js'
import * as DepthToSpace from './ops/depth-to-space.js'
import * as DequantizeLinear from './ops/dequantize-linear.js'
import * as Div from './ops/div.js'
import * as Dropout from './ops/dropout.js'
import * as DynamicQuantizeLinear from './ops/dynamic-quantize-linear.js'
import * as Einsum from './ops/einsum.js'
import * as Elu from './ops/elu.js'
import * as Equal from './ops/equal.js'
import * as Erf from './ops/erf.js'
import * as Exp from './ops/exp.js'
import * as Expand from './ops/expand.js'
import * as EyeLike from './ops/eye-like.js'
import * as FeatureVectorizer from './ops/feature-vectorizer.js'
import * as Flatten from './ops/flatten.js'
import * as Floor from './ops/floor.js'
import * as Gather from './ops/gather.js'
import * as GatherElements from './ops/gather-elements.js'
import * as GatherNd from './ops/gather-nd.js'
import * as Gelu from './ops/gelu.js'
import * as Gemm from './ops/gemm.js'
import * as GlobalAveragePool from './ops/global-average-pool.js'
import * as GlobalMaxPool from './ops/global-max-pool.js'
import * as Greater from './ops/greater.js'
import * as GreaterOrEqual from './ops/greater-or-equal.js'
import * as GroupNormalization from './ops/group-normalization.js'
import * as Gru from './ops/gru.js'
import * as HardSigmoid from './ops/hard-sigmoid.js'
import * as HardSwish from './ops/hard-swish.js'
import * as Hardmax from './ops/hardmax.js'
import * as Identity from './ops/identity.js'
import * as If from './ops/if.js'
import * as Imputer from './ops/imputer.js'
import * as InstanceNormalization from './ops/instance-normalization.js'
import * as IsInf from './ops/is-inf.js'
import * as IsNan from './ops/is-nan.js'
import * as LabelEncoder from './ops/label-encoder.js'
import * as LayerNormalization from './ops/layer-normalization.js'
import * as LeakyRelu from './ops/leaky-relu.js'
import * as Less from './ops/less.js'
import * as LessOrEqual from './ops/less-or-equal.js'
import * as LinearClassifier from './ops/linear-classifier.js'
import * as LinearRegressor from './ops/linear-regressor.js'
import * as Log from './ops/log.js'
import * as Loop from './ops/loop.js'
import * as LpNormalization from './ops/lp-normalization.js'
import * as Lstm from './ops/lstm.js'
import * as MatMul from './ops/matmul.js'
import * as MatMulInteger from './ops/matmul-integer.js'
import * as Max from './ops/max.js'
import * as MaxPool from './ops/max-pool.js'
import * as Mean from './ops/mean.js'
import * as MeanVarianceNormalization from './ops/mean-variance-normalization.js'
import * as Min from './ops/min.js'
import * as Mish from './ops/mish.js'
import * as Mod from './ops/mod.js'
import * as Mul from './ops/mul.js'
import * as Neg from './ops/neg.js'
import * as NonZero from './ops/non-zero.js'
import * as Normalizer from './ops/normalizer.js'
import * as Not from './ops/not.js'
import * as OneHot from './ops/one-hot.js'
import * as OneHotEncoder from './ops/one-hot-encoder.js'
import * as Or from './ops/or.js'
import * as Pad from './ops/pad.js'
import * as Pow from './ops/pow.js'
import * as PRelu from './ops/prelu.js'
import * as QLinearAdd from './ops/qlinear-add.js'
import * as QLinearConv from './ops/qlinear-conv.js'
import * as QLinearMatMul from './ops/qlinear-matmul.js'
import * as QuantizeLinear from './ops/quantize-linear.js'
import * as Range from './ops/range.js'
import * as Reciprocal from './ops/reciprocal.js'
import * as ReduceL1 from './ops/reduce-l1.js'
import * as ReduceL2 from './ops/reduce-l2.js'
import * as ReduceLogSum from './ops/reduce-log-sum.js'
import * as ReduceLogSumExp from './ops/reduce-log-sum-exp.js'
import * as ReduceMax from './ops/reduce-max.js'
import * as ReduceMean from './ops/reduce-mean.js'
import * as ReduceMin from './ops/reduce-min.js'
import * as ReduceProd from './ops/reduce-prod.js'
import * as ReduceSum from './ops/reduce-sum.js'
import * as ReduceSumSquare from './ops/reduce-sum-square.js'
import * as Relu from './ops/relu.js'
import * as Reshape from './ops/reshape.js'
import * as Resize from './ops/resize.js'
import * as ReverseSequence from './ops/reverse-sequence.js'
import * as RmsNormalization from './ops/rms-normalization.js'
import * as Rnn from './ops/rnn.js'
import * as Round from './ops/round.js'
import * as Scaler from './ops/scaler.js'
import * as Scan from './ops/scan.js'
import * as ScatterElements from './ops/scatter-elements.js'
import * as ScatterNd from './ops/scatter-nd.js'
import * as Selu from './ops/selu.js'
import * as Shape from './ops/shape.js'
import * as Shrink from './ops/shrink.js'
import * as Sigmoid from './ops/sigmoid.js'
import * as Sign from './ops/sign.js'
import * as Sin from './ops/sin.js'
import * as Sinh from './ops/sinh.js'
import * as Size from './ops/size.js'
import * as Slice from './ops/slice.js'
import * as Softmax from './ops/softmax.js'
import * as Softplus from './ops/softplus.js'
import * as Softsign from './ops/softsign.js'
import * as SpaceToDepth from './ops/space-to-depth.js'
import * as Split from './ops/split.js'
import * as Sqrt from './ops/sqrt.js'
import * as Squeeze from './ops/squeeze.js'
import * as Sub from './ops/sub.js'
import * as Sum from './ops/sum.js'
import * as SvmClassifier from './ops/svm-classifier.js'
import * as SvmRegressor from './ops/svm-regressor.js'
import * as Swish from './ops/swish.js'
import * as Tan from './ops/tan.js'
import * as Tanh from './ops/tanh.js'
import * as ThresholdedRelu from './ops/thresholded-relu.js'
import * as Tile from './ops/tile.js'
import * as TopK from './ops/top-k.js'
import * as Transpose from './ops/transpose.js'
import * as TreeEnsemble from './ops/tree-ensemble.js'
import * as TreeEnsembleClassifier from './ops/tree-ensemble-classifier.js'
import * as TreeEnsembleRegressor from './ops/tree-ensemble-regressor.js'
import * as Trilu from './ops/trilu.js'
import * as Unsqueeze from './ops/unsqueeze.js'
import * as Upsample from './ops/upsample.js'
import * as Where from './ops/where.js'
import * as Xor from './ops/xor.js'

/** Versions of the operator set, the first and the last included. */
type OpsetRange = readonly [since: number, until: number]

const NEWEST = Infinity
/** From opset 7 on; what changes within the range is read by the operator from the opset. */
const ALL: OpsetRange = [7, NEWEST]
/** The operators of classical machine learning have a set of their own. */
const ML: OpsetRange = [1, NEWEST]

type Module = { readonly lower: Lowering; readonly tolerance?: Tolerance }

type Line = readonly [domain: string, operator: string, opsets: OpsetRange, module: Module]

/** The domain of the standard operators is written as the empty string. */
const REGISTRY: readonly Line[] = [
  ['', 'Abs', ALL, Abs],
  ['', 'Acos', ALL, Acos],
  ['', 'Acosh', ALL, Acosh],
  ['', 'Add', ALL, Add],
  ['', 'And', ALL, And],
  ['', 'ArgMax', ALL, ArgMax],
  ['', 'ArgMin', ALL, ArgMin],
  ['', 'Asin', ALL, Asin],
  ['', 'Asinh', ALL, Asinh],
  ['', 'Atan', ALL, Atan],
  ['', 'Atanh', ALL, Atanh],
  ['', 'AveragePool', ALL, AveragePool],
  ['', 'BatchNormalization', ALL, BatchNormalization],
  ['', 'Cast', ALL, Cast],
  ['', 'CastLike', ALL, CastLike],
  ['', 'Ceil', ALL, Ceil],
  ['', 'Celu', ALL, Celu],
  ['', 'CenterCropPad', ALL, CenterCropPad],
  ['', 'Clip', ALL, Clip],
  ['', 'Col2Im', ALL, Col2Im],
  ['', 'Compress', ALL, Compress],
  ['', 'Concat', ALL, Concat],
  ['', 'Constant', ALL, Constant],
  ['', 'ConstantOfShape', ALL, ConstantOfShape],
  ['', 'Conv', ALL, Conv],
  ['', 'ConvInteger', ALL, ConvInteger],
  ['', 'ConvTranspose', ALL, ConvTranspose],
  ['', 'Cos', ALL, Cos],
  ['', 'Cosh', ALL, Cosh],
  ['', 'CumSum', ALL, CumSum],
  ['', 'DepthToSpace', ALL, DepthToSpace],
  ['', 'DequantizeLinear', ALL, DequantizeLinear],
  ['', 'Div', ALL, Div],
  ['', 'Dropout', ALL, Dropout],
  ['', 'DynamicQuantizeLinear', ALL, DynamicQuantizeLinear],
  ['', 'Einsum', ALL, Einsum],
  ['', 'Elu', ALL, Elu],
  ['', 'Equal', ALL, Equal],
  ['', 'Erf', ALL, Erf],
  ['', 'Exp', ALL, Exp],
  ['', 'Expand', ALL, Expand],
  ['', 'EyeLike', ALL, EyeLike],
  ['', 'Flatten', ALL, Flatten],
  ['', 'Floor', ALL, Floor],
  ['', 'Gather', ALL, Gather],
  ['', 'GatherElements', ALL, GatherElements],
  ['', 'GatherND', ALL, GatherNd],
  ['', 'Gelu', ALL, Gelu],
  ['', 'Gemm', ALL, Gemm],
  ['', 'GlobalAveragePool', ALL, GlobalAveragePool],
  ['', 'GlobalMaxPool', ALL, GlobalMaxPool],
  ['', 'Greater', ALL, Greater],
  ['', 'GreaterOrEqual', ALL, GreaterOrEqual],
  ['', 'GroupNormalization', ALL, GroupNormalization],
  ['', 'GRU', ALL, Gru],
  ['', 'Hardmax', ALL, Hardmax],
  ['', 'HardSigmoid', ALL, HardSigmoid],
  ['', 'HardSwish', ALL, HardSwish],
  ['', 'Identity', ALL, Identity],
  ['', 'If', ALL, If],
  ['', 'InstanceNormalization', ALL, InstanceNormalization],
  ['', 'IsInf', ALL, IsInf],
  ['', 'IsNaN', ALL, IsNan],
  ['', 'LayerNormalization', ALL, LayerNormalization],
  ['', 'LeakyRelu', ALL, LeakyRelu],
  ['', 'Less', ALL, Less],
  ['', 'LessOrEqual', ALL, LessOrEqual],
  ['', 'Log', ALL, Log],
  ['', 'LogSoftmax', ALL, Softmax],
  ['', 'Loop', ALL, Loop],
  ['', 'LpNormalization', ALL, LpNormalization],
  ['', 'LSTM', ALL, Lstm],
  ['', 'MatMul', ALL, MatMul],
  ['', 'MatMulInteger', ALL, MatMulInteger],
  ['', 'Max', ALL, Max],
  ['', 'MaxPool', ALL, MaxPool],
  ['', 'Mean', ALL, Mean],
  ['', 'MeanVarianceNormalization', ALL, MeanVarianceNormalization],
  ['', 'Min', ALL, Min],
  ['', 'Mish', ALL, Mish],
  ['', 'Mod', ALL, Mod],
  ['', 'Mul', ALL, Mul],
  ['', 'Neg', ALL, Neg],
  ['', 'NonZero', ALL, NonZero],
  ['', 'Not', [1, NEWEST], Not],
  ['', 'OneHot', ALL, OneHot],
  ['', 'Or', ALL, Or],
  ['', 'Pad', ALL, Pad],
  ['', 'Pow', ALL, Pow],
  ['', 'PRelu', ALL, PRelu],
  ['', 'QLinearConv', ALL, QLinearConv],
  ['', 'QLinearMatMul', ALL, QLinearMatMul],
  ['', 'QuantizeLinear', ALL, QuantizeLinear],
  ['', 'Range', ALL, Range],
  ['', 'Reciprocal', ALL, Reciprocal],
  ['', 'ReduceL1', ALL, ReduceL1],
  ['', 'ReduceL2', ALL, ReduceL2],
  ['', 'ReduceLogSum', ALL, ReduceLogSum],
  ['', 'ReduceLogSumExp', ALL, ReduceLogSumExp],
  ['', 'ReduceMax', ALL, ReduceMax],
  ['', 'ReduceMean', ALL, ReduceMean],
  ['', 'ReduceMin', ALL, ReduceMin],
  ['', 'ReduceProd', ALL, ReduceProd],
  ['', 'ReduceSum', ALL, ReduceSum],
  ['', 'ReduceSumSquare', ALL, ReduceSumSquare],
  ['', 'Relu', ALL, Relu],
  ['', 'Reshape', ALL, Reshape],
  ['', 'Resize', [10, NEWEST], Resize],
  ['', 'ReverseSequence', ALL, ReverseSequence],
  ['', 'RMSNormalization', ALL, RmsNormalization],
  ['', 'RNN', ALL, Rnn],
  ['', 'Round', ALL, Round],
  ['', 'Scan', [9, NEWEST], Scan],
  ['', 'Scatter', ALL, ScatterElements],
  ['', 'ScatterElements', ALL, ScatterElements],
  ['', 'ScatterND', ALL, ScatterNd],
  ['', 'Selu', ALL, Selu],
  ['', 'Shape', ALL, Shape],
  ['', 'Shrink', ALL, Shrink],
  ['', 'Sigmoid', ALL, Sigmoid],
  ['', 'Sign', ALL, Sign],
  ['', 'Sin', ALL, Sin],
  ['', 'Sinh', ALL, Sinh],
  ['', 'Size', ALL, Size],
  ['', 'Slice', ALL, Slice],
  ['', 'Softmax', ALL, Softmax],
  ['', 'Softplus', ALL, Softplus],
  ['', 'Softsign', ALL, Softsign],
  ['', 'SpaceToDepth', ALL, SpaceToDepth],
  ['', 'Split', ALL, Split],
  ['', 'Sqrt', ALL, Sqrt],
  ['', 'Squeeze', ALL, Squeeze],
  ['', 'Sub', ALL, Sub],
  ['', 'Sum', ALL, Sum],
  ['', 'Swish', ALL, Swish],
  ['', 'Tan', ALL, Tan],
  ['', 'Tanh', ALL, Tanh],
  ['', 'ThresholdedRelu', ALL, ThresholdedRelu],
  ['', 'Tile', ALL, Tile],
  ['', 'TopK', ALL, TopK],
  ['', 'Transpose', ALL, Transpose],
  ['', 'Trilu', ALL, Trilu],
  ['', 'Unsqueeze', ALL, Unsqueeze],
  ['', 'Upsample', [7, 9], Upsample],
  ['', 'Where', ALL, Where],
  ['', 'Xor', ALL, Xor],
  ['ai.onnx.ml', 'ArrayFeatureExtractor', ML, ArrayFeatureExtractor],
  ['ai.onnx.ml', 'Binarizer', ML, Binarizer],
  ['ai.onnx.ml', 'FeatureVectorizer', ML, FeatureVectorizer],
  ['ai.onnx.ml', 'Imputer', ML, Imputer],
  ['ai.onnx.ml', 'LabelEncoder', [2, NEWEST], LabelEncoder],
  ['ai.onnx.ml', 'LinearClassifier', ML, LinearClassifier],
  ['ai.onnx.ml', 'LinearRegressor', ML, LinearRegressor],
  ['ai.onnx.ml', 'Normalizer', ML, Normalizer],
  ['ai.onnx.ml', 'OneHotEncoder', ML, OneHotEncoder],
  ['ai.onnx.ml', 'Scaler', ML, Scaler],
  ['ai.onnx.ml', 'SVMClassifier', ML, SvmClassifier],
  ['ai.onnx.ml', 'SVMRegressor', ML, SvmRegressor],
  ['ai.onnx.ml', 'TreeEnsemble', [5, NEWEST], TreeEnsemble],
  ['ai.onnx.ml', 'TreeEnsembleClassifier', ML, TreeEnsembleClassifier],
  ['ai.onnx.ml', 'TreeEnsembleRegressor', ML, TreeEnsembleRegressor],
  ['com.microsoft', 'QLinearAdd', ML, QLinearAdd],
]

/** How the operator is lowered, or why it is not. */
export function findLowering(
  domain: string,
  operator: string,
  opset: number,
): Lowering | { reason: string; hint: string } {
  const lines = REGISTRY.filter((line) => line[0] === domain && line[1] === operator)
  const found = lines.find(([, , [since, until]]) => since <= opset && opset <= until)
  if (found !== undefined) return found[3].lower
  if (lines.length === 0)
    return { reason: 'the operator is not supported', hint: insteadOf(domain, operator) }
  const since = Math.min(...lines.map(([, , opsets]) => opsets[0]))
  return {
    reason: `opset ${opset} is not supported`,
    hint: `convert the model to opset ${since} or later: onnx.version_converter.convert_version(model, 17)`,
  }
}

export type SupportedOperator = {
  readonly domain: string
  readonly operator: string
  readonly since: number
  /** Infinity: up to the newest. */
  readonly until: number
  readonly tolerance: Tolerance
}

/** What can be imported, in the registry's order. */
export function supportedOperators(): SupportedOperator[] {
  return REGISTRY.map(([domain, operator, [since, until], { tolerance = 'rounds' }]) => {
    return { domain, operator, since, until, tolerance }
  })
}
