#if 1
#else
#elif
int f( { "x
'\
#include <a
#define F(
