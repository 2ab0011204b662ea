// Whether objects of the Prometheus operator are valid against its own schemas. They come as JSON on
// standard input, one on each line.

import { createInterface } from 'node:readline';
import { PodMonitor, PrometheusRule, ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/index';

const kinds = { PodMonitor, PrometheusRule, ServiceMonitor };
let seen = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const thing = JSON.parse(line);
  new kinds[thing.kind](thing).validate();
  seen += 1;
}
console.log(`${seen} objects of the Prometheus operator are valid`);
