import { a from "b;
export default {
`${ `${
class { #x
/*