// @flow
import typeof T from './t';
export type A = {| a: ?number, ...B |};
function f<T>(x: T): %checks { return (x: any); }
opaque type O = string;
