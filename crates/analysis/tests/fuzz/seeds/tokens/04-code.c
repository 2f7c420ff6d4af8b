/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include "local/header.h"
#include MACRO_HEADER
#define MAX(a, b) \
  ((a) > (b) ? (a) : (b))
#if defined(A) && !B
#include "a.h"
#elif C > 1
static int only_c(void) { return 1; }
#else
#error no
#endif
typedef struct node { struct node *next; union { int a:3; char b[4]; } u; } node_t, *node_p;
enum color { RED = 1, GREEN };
extern int (*table[])(int, const char *fmt, ...);
static inline __attribute__((always_inline)) unsigned long *f(int argc, char **argv) {
  for (int i = 0; i < argc && argv[i]; i++) switch (i) { case 'a': goto out; default: break; }
  do { } while (0);
out:
  return "string with \" and // no comment" "joined";
}
int old(a, b) int a; char *b; { return a ? 1 : 2; }
#ifdef __cplusplus
extern "C" {
#endif
void g(void);
#ifdef __cplusplus
}
#endif
