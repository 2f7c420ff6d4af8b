// Loaded into npm before its own code. npm may download archives over HTTP; it must not start programs nor take packages from other
// places, whatever a registry names as the address of a tarball. Its own settings for that came with version 11.10 only.
'use strict';

const Module = require('module');
const childProcess = require('child_process');

function refuse(code) {
  throw Object.assign(new Error('refused'), { code });
}

for (const name of Object.keys(childProcess)) {
  if (typeof childProcess[name] === 'function') {
    childProcess[name] = () => refuse('ENOPROGRAMS');
  }
}
Module.syncBuiltinESMExports();

// What reads a package's place out of a text: `demo@1.0.0`, but also `file:…`, `git+ssh:…`, `owner/name`.
const READER = 'npm-package-arg';
const ALLOWED = new Set(['version', 'tag', 'range', 'remote']);

function check(place) {
  return ALLOWED.has(place.type) ? place : refuse('EOTHERPLACE');
}

const load = Module._load;
Module._load = function (request, ...rest) {
  const loaded = load.call(this, request, ...rest);
  if (request !== READER) {
    return loaded;
  }
  const read = (...texts) => check(loaded(...texts));
  return Object.assign(read, loaded, {
    resolve: (...texts) => check(loaded.resolve(...texts)),
  });
};
