export const A = () => <a b="c">{[1].map(x => <b key={x}/>)}</a>;
import x from "./x";
