#ifndef H
#define H
#include "other.h"
class Maybe;
int f(int);
static const int k = 1;
#endif
