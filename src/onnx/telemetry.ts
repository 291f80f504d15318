/**
 * From version 1.30 on, ONNX Runtime reports its use to Microsoft, and keeps files of that in the temporary folder, unless
 * this is in the environment before its first session. A worker thread's environment is a copy that native code does not
 * see: there the thread that starts it must have set it.
 */
export const NO_TELEMETRY = { ORT_DISABLE_TELEMETRY: '1' } as const

export function silenceTelemetry(): void {
  Object.assign(process.env, NO_TELEMETRY)
}
