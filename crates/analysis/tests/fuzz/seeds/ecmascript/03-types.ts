import type { A } from './a';
import fs = require('fs');
import { type B, C } from '../b.js';
export type { A };
/// <reference path="./global.d.ts" />
export interface Shape<T extends object = {}> extends A, B { readonly [key: string]: T; (x: number): string; new (): Shape<T>; m?(): void }
export type Fn<T> = T extends (infer U extends string)[] ? `${U}-x` : keyof T extends never ? unique symbol : asserts;
export enum Color { Red = 1 << 2, Green = "g" }
export const enum E { A }
declare global { interface Window { x: number } }
declare module 'virtual' { export const y: import('./z').Z; }
namespace N.M { export function f(this: Window, x?: number): x is string; export function f() {} }
export abstract class K<in out T> implements Shape<T> { private constructor(public readonly a: string, b!: number); abstract get x(): number; declare y: string; @dec() override z = <T,>(a: T) => a as const satisfies T; }
let v = a!.b! as unknown as <T>(x: T) => asserts x is T;
export = N;
