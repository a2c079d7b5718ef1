/** The example for the AWS CDK in docs/deploy.md includes the template of a release without changing it. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';

const folder = process.env.CDK_FOLDER;
const [file] = readdirSync(folder).filter((name) => name.startsWith('latchkey-template-'));
const version = file.slice('latchkey-template-'.length, -'.yaml'.length);

/** The only block of a language in a page that contains the text, as the operator would copy it. */
function block(page, language, text) {
  const all = [...page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)];
  const blocks = all.filter((match) => match[1] === language && match[2].includes(text));
  assert.equal(blocks.length, 1, `blocks of ${language}`);
  return blocks[0][2].replaceAll('X.Y.Z', version);
}

let synthesized;

before(() => {
  const page = readFileSync('docs/deploy.md', 'utf8');
  mkdirSync(join(folder, 'latchkey', version), { recursive: true });
  cpSync(join(folder, file), join(folder, 'latchkey', version, 'template.yaml'));
  writeFileSync(join(folder, 'identity-providers.json'), block(page, 'json', '"organizations"'));
  writeFileSync(join(folder, 'app.mjs'), block(page, 'ts', 'CfnInclude'));
  // As the CDK CLI runs an app.
  const env = { ...process.env, CDK_OUTDIR: 'cdk.out' };
  execFileSync(process.execPath, ['app.mjs'], { cwd: folder, env, stdio: ['ignore', 'inherit', 'pipe'] });
  synthesized = JSON.parse(readFileSync(join(folder, 'cdk.out', 'latchkey.template.json'), 'utf8'));
});

test('transform and globals are kept', () => {
  assert.equal(synthesized.Transform, 'AWS::Serverless-2016-10-31');
  assert.equal(synthesized.Globals.Function.Runtime, 'provided.al2023');
});

test('each function reads its code from the bucket', () => {
  const functions = Object.values(synthesized.Resources).filter(({ Type }) => Type === 'AWS::Serverless::Function');
  assert.equal(functions.length, readdirSync('functions').length);
  for (const { Properties } of functions) {
    assert.equal(Properties.CodeUri.Bucket, 'my-artifacts');
    assert.match(Properties.CodeUri.Key['Fn::Sub'], new RegExp(`^\\$\\{ArtifactPrefix\\}/${version}/\\$\\{Architecture\\}/[a-z-]+\\.zip$`));
  }
});

test('resources keep their names, which key policies contain', () => {
  const source = readFileSync(join(folder, file), 'utf8');
  const resources = source.slice(source.indexOf('\nResources:'), source.indexOf('\nOutputs:'));
  const names = [...resources.matchAll(/^ {2}(\w+):(?: \{.*)?$/gm)].map((match) => match[1]);
  assert.deepEqual(Object.keys(synthesized.Resources).toSorted(), names.toSorted());
});

test('alias of the authorizer is referenced by its name in SAM', () => {
  assert.deepEqual(synthesized.Resources.AuthorizerAccount1.Properties.FunctionName, { 'Fn::Sub': '${Authorizer.Alias}' });
});

test('parameters of the example are replaced by their values', () => {
  const { Variables } = synthesized.Resources.Authorizer.Properties.Environment;
  assert.equal(Variables.PUBLIC_URL, 'https://tokens.example.com');
  assert.equal(JSON.parse(Variables.IDENTITY_PROVIDERS)[0].name, 'company');
});

test('references to versions and aliases are kept', () => {
  const { Authorizer, AuthorizerCheck, CreateToken, Api } = synthesized.Resources;
  assert.deepEqual(Authorizer.Properties.DeploymentPreference.Hooks.PreTraffic, { Ref: 'AuthorizerCheck' });
  assert.deepEqual(AuthorizerCheck.Properties.Environment.Variables.NEW_VERSION, { 'Fn::Sub': '${Authorizer.Version}' });
  assert.deepEqual(CreateToken.Metadata.After, { 'Fn::Sub': '${Authorizer.Alias}' });
  assert.deepEqual(Api.Properties.Auth.Authorizers.Latchkey.FunctionArn, { 'Fn::Sub': '${Authorizer.Alias}' });
});

test('functions have the revision of the example', () => {
  assert.match(synthesized.Resources.Authorizer.Properties.AutoPublishCodeSha256, /^[0-9a-f]{16}$/);
});
