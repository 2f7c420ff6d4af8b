export module a.b; import std; import "x.h"; export namespace n { class A {}; }
