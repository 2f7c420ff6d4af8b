#!/usr/bin/env node
/*! Copyright 2024 A. Person. SPDX-License-Identifier: ISC */
'use strict';
import def, { one as first, type Two } from './lib/one.js';
import * as everything from '@scope/pkg/sub';
import json from './data.json' with { type: 'json' };
export * from './re';
export * as named from "node:fs";
export { a, b as default };
export const arrow = async ({ a, ...rest }, [b = 1] = []) => { await import(`./dyn/${a}.js`); };
/** Documented. */
export default class Thing extends Base {
  static #secret = 1;
  static { this.x = 2; }
  get value() { return this.#secret ?? this?.y?.[0]; }
  async *items() { for await (const x of this) yield* x; }
  constructor() { super(); }
}
function local(a, b) {
  if (a && b || !a) { switch (a) { case 1: return /[/]\/x/gi.test(a); default: throw new Error(`no ${`inner ${a}`}`); } }
  label: while (true) { do { continue label; } while (0) }
  return a ? b : typeof a === 'string' ? 1n : new URL('./asset.svg', import.meta.url);
}
var { x, y: [z] } = local() || {};
