// Writes the template of each config.json in a folder, all from one App.
//
//   node --import tsx synth.ts CORPUS OUT [ENVIRONMENT]
//
// Run it in a folder with the files of templates/cdk-typescript and their packages.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, BootstraplessSynthesizer, Stack } from 'aws-cdk-lib';
import { MonotableTable } from './src/core';

const [corpus, out, environment] = process.argv.slice(2);
if (corpus === undefined || out === undefined) throw new Error('usage: synth.ts CORPUS OUT [ENVIRONMENT]');

const app = new App({ analyticsReporting: false, treeMetadata: false, context: { 'aws:cdk:disable-stack-trace': true } });
const names = readdirSync(corpus).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length)).sort();
for (const name of names) {
  const stack = new Stack(app, name, { synthesizer: new BootstraplessSynthesizer() });
  new MonotableTable(stack, 'Table', { config: resolve(corpus, `${name}.json`), environment });
}
const assembly = app.synth();
mkdirSync(out, { recursive: true });
for (const name of names) {
  const template = readFileSync(assembly.getStackArtifact(name).templateFullPath, 'utf8');
  writeFileSync(join(out, `${name}.template.json`), `${JSON.stringify(JSON.parse(template), null, 2)}\n`);
}
