export declare function f(a: string, ...b: number[]): Promise<void>;
declare const x: { readonly a?: 1; -readonly [K in keyof T]-?: T[K] };
export as namespace Lib;
export { x as default } from './x';
