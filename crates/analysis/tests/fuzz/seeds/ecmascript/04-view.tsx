import React, { useState } from 'react';
import './style.css';
export const View: React.FC<{ a: number }> = ({ a, children }) => {
  const [x, setX] = useState<number | null>(null);
  const lazy = React.lazy(() => import('./Lazy'));
  return <><div className={`a ${x}`} {...{ a }} onClick={() => setX(y => y! + 1)}>text {'{'} &amp; it's {/* comment */}
    <A.B<string> key="x">{a > 1 ? <b /> : children}</A.B></div></>;
};
export default function generic<T,>(x: T) { return <View a={1}>{x as any}</View>; }
