// Compiles dashboards against Grafana's published types: unknown keys, invalid enum values and values of a
// wrong type are errors.
//
//   npm ci --ignore-scripts && node check.mjs FOLDER
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = path.dirname(fileURLToPath(import.meta.url));

// Grafana 11 and 12 read wrapText from the cell's options, 13 from the level above. The dashboards set both;
// the types are those of 13, so the older place is removed before the comparison.
function withoutOlderPlaces(id, value) {
  if (id !== 'custom.cellOptions') return value;
  const { wrapText, ...rest } = value;
  return rest;
}

function typescript(dashboard) {
  const lines = ["import type { CustomProperty, Outside, PanelOf, Property, Row } from './plain';"];
  const say = (name, type, value) => lines.push(`export const ${name}: ${type} = ${JSON.stringify(value)};`);
  const { panels, ...outside } = dashboard;
  lines.push('// the dashboard itself');
  say('outside', 'Outside', outside);
  for (const panel of panels) {
    const name = `panel${panel.id}`;
    lines.push(`// ${panel.title}`);
    if (panel.type === 'row') {
      say(name, 'Row', panel);
      continue;
    }
    say(name, `PanelOf<'${panel.type}'>`, panel);
    for (const [i, rule] of panel.fieldConfig.overrides.entries()) {
      for (const [j, { id, value }] of rule.properties.entries()) {
        const type = id.startsWith('custom.')
          ? `CustomProperty<'${panel.type}', '${id.slice('custom.'.length)}'>`
          : `Property<'${id}'>`;
        say(`${name}_${i}_${j}`, type, withoutOlderPlaces(id, value));
      }
    }
  }
  return lines.join('\n');
}

const folder = process.argv[2];
const sources = new Map();
for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const text = typescript(JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')));
  sources.set(path.join(here, file.replace(/json$/, 'ts')), text);
}
if (sources.size === 0) throw new Error(`${folder} holds no dashboards`);

const options = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  target: ts.ScriptTarget.ES2022,
  types: [],
};
// The literals exist only here: nothing is written.
const host = ts.createCompilerHost(options);
const { fileExists, readFile, getSourceFile } = host;
host.fileExists = (name) => sources.has(name) || fileExists(name);
host.readFile = (name) => sources.get(name) ?? readFile(name);
host.getSourceFile = (name, version, ...rest) =>
  sources.has(name)
    ? ts.createSourceFile(name, sources.get(name), version)
    : getSourceFile(name, version, ...rest);

const program = ts.createProgram([...sources.keys()], options, host);
const found = ts.getPreEmitDiagnostics(program);
for (const { file, start, messageText } of found) {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (!file) {
    console.error(text);
    continue;
  }
  const before = file.text.slice(0, start);
  const title = before.slice(before.lastIndexOf('\n// ') + 4).split('\n')[0];
  console.error(`${path.basename(file.fileName, '.ts')}.json, ${title}: ${text}`);
}
if (found.length > 0) process.exit(1);
console.log(`${sources.size} dashboards are as Grafana's types want them`);
