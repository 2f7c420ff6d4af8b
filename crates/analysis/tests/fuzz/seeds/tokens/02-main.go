// Code for things.

//go:build linux && !cgo
// Package main does.
package main

import (
	"fmt"
	m "math/rand"
	. "strings"
	_ "embed"
	"example.com/mod/pkg/v2"
)
import "C"

//go:embed data/*.txt "with space"
var files embed.FS

const ( A = iota; B; c )
var x, Y = 1, `raw
string`
// T is a type.
type T struct { pkg.Embedded; *Other `json:"x,omitempty"`; F func(a, b int) (int, error) }
type I interface { ~int | string; M(); fmt.Stringer }
type G[K comparable, V any] map[K][]V
type Alias = T
// M does.
func (t *T) M(a ...int) (r int, err error) {
	defer func() { recover() }()
	for i := range a { switch { case i > 1 && i < 3: fallthrough; default: goto end } }
	select { case v, ok := <-ch: _ = v; case ch <- 'x': }
end:
	return fmt.Println('\'', "\"", m.Int())
}
func Generic[T any, U interface{ ~[]T }](u U) {}
func init() {}
