// Validates objects of the Prometheus operator against its schemas. Input: JSON on standard input, one object
// per line.
//
// The schemas accept unknown fields, which a cluster drops silently. The TypeScript types of the same package do
// not, so the objects are compiled as literals of these types too.

import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PodMonitor, PrometheusRule, ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/index';
import { AlertmanagerConfig } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1alpha1/index';
import ts from 'typescript';

const MODULE = '@kubernetes-models/prometheus-operator/monitoring.coreos.com';

const kinds = { AlertmanagerConfig, PodMonitor, PrometheusRule, ServiceMonitor };
const lines = [
  `import type { IPodMonitor, IPrometheusRule, IServiceMonitor } from '${MODULE}/v1';`,
  `import type { IAlertmanagerConfig } from '${MODULE}/v1alpha1';`,
];
const head = lines.length;
for await (const line of createInterface({ input: process.stdin })) {
  const thing = JSON.parse(line);
  new kinds[thing.kind](thing).validate();
  lines.push(`export const thing${lines.length}: I${thing.kind} = ${JSON.stringify(thing)};`);
}

const file = fileURLToPath(new URL('things.ts', import.meta.url));
const options = {
  module: ts.ModuleKind.NodeNext,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  target: ts.ScriptTarget.ES2022,
  types: [],
};
const host = ts.createCompilerHost(options);
const { fileExists, readFile } = host;
host.fileExists = (name) => name === file || fileExists(name);
host.readFile = (name) => (name === file ? lines.join('\n') : readFile(name));
const wrong = ts.getPreEmitDiagnostics(ts.createProgram([file], options, host));
for (const { messageText } of wrong) {
  console.error(ts.flattenDiagnosticMessageText(messageText, '\n'));
}
console.log(`${lines.length - head} objects of the Prometheus operator are valid`);
process.exit(wrong.length ? 1 : 0);
