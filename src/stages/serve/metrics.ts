/** What the service tells Prometheus. The only door to prom-client. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ServiceEvent } from './service.js'

export type Metrics = {
  note(event: ServiceEvent): void
  answered(method: string, route: string, status: number, seconds: number): void
  text(): Promise<string>
  readonly type: string
}

export type Gauges = {
  readonly waiting: () => number
  readonly proving: () => number
  readonly streams: () => number
  readonly limit: number
}

const SECONDS = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

export function openMetrics(gauges: Gauges): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: 100 })
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `zkonnx_${name}`, help, labelNames, registers })
  const histogram = (name: string, help: string, labelNames: string[]) =>
    new Histogram({ name: `zkonnx_${name}`, help, labelNames, buckets: SECONDS, registers })
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name: `zkonnx_${name}`, help, registers },
      collect() {
        this.set(read())
      },
    })
  gauge('queue_length', 'Predictions without a proof, those being proven included', gauges.waiting)
  gauge('queue_limit', 'How many may wait', () => gauges.limit)
  gauge('proofs_running', 'Proofs under way', gauges.proving)
  gauge('event_streams', 'Clients that follow predictions', gauges.streams)
  const accepted = counter('predictions_total', 'Predictions accepted', ['model'])
  const proofs = counter('proofs_total', 'Proofs made, and proofs given up', ['model', 'outcome'])
  const predicting = histogram('prediction_seconds', 'Until a request for predictions was computed', [
    'model',
  ])
  const proving = histogram('proof_seconds', 'Of one proof', ['model'])
  const requests = counter('http_requests_total', 'Requests answered', ['method', 'route', 'status'])
  const answering = histogram('http_request_seconds', 'Until the answer began', ['method', 'route'])
  return {
    note(event) {
      if (event.kind === 'accepted') accepted.inc({ model: event.model }, event.samples)
      if (event.kind === 'predicted') predicting.observe({ model: event.model }, event.milliseconds / 1_000)
      if (event.kind === 'failed') proofs.inc({ model: event.model, outcome: 'failed' })
      if (event.kind !== 'proven') return
      proofs.inc({ model: event.model, outcome: 'proven' })
      proving.observe({ model: event.model }, event.milliseconds / 1_000)
    },
    answered(method, route, status, seconds) {
      requests.inc({ method, route, status })
      answering.observe({ method, route }, seconds)
    },
    text: () => register.metrics(),
    type: register.contentType,
  }
}
