/* License: Apache-2.0 */
package com.example.things;

import java.util.*;
import static java.lang.Math.max;
import com.example.other.Outer.Inner;

/** Documented. */
@Component(value = "x", types = {A.class, B.class})
public sealed abstract class Thing<T extends Comparable<? super T>> extends Base<T>[] implements A, B permits C, D {
  private static final int[] X = {1, 2}, Y[] = null;
  static { System.loadLibrary("x"); }
  public Thing(int a, final String... b) throws IOException { super(a); this.<T>m(); }
  @Override protected synchronized <U> List<? extends U> m() { return switch (a) { case 1, 2 -> { yield 3; } case String s when s.length() > 1 -> 4; default -> throw new X(); }; }
  interface I { int f(); default void g() { if (a && b || c ? d : e) for (;;) while (true) do { } while (x); } }
  enum E implements I { A(1) { int f() { return 1; } }, B; private final int v; E(int v) { this.v = v; } E() {} }
  record R<T>(@NonNull int a, T... b) { R { } static int z = 1; }
  @interface Ann { String value() default "x"; Class<?>[] y() default {}; }
  String text = """
    block \""" text
    """; char c = '\u0027'; long l = 0x1L; Runnable r = () -> { new Object() { void inner() {} }; java.util.List.of(Thing::m); };
}
class Second {}
