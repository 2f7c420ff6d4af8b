//! A crate.
#![cfg_attr(not(feature = "std"), no_std)]
#[macro_use]
extern crate alloc as al;
pub mod inner;
#[path = "other/file.rs"] #[cfg(test)] mod tests;
use std::{fmt::{self, Display}, io as stdio, collections::*};
pub use crate::inner::{self, Thing as Other};
use super::super::x; use r#type::y; use ::serde::Deserialize;
/// Doc
#[derive(Debug, Clone)]
pub(crate) struct S<'a, T: ?Sized + 'a, const N: usize = { 1 + 2 }>(pub &'a T, [u8; N]) where T: Fn(&str) -> bool;
pub enum E { A = 1, B { x: i32 }, C(u8) }
pub trait Tr: Display { const K: u8 = b'\''; type Out; fn m(&self) -> Self::Out; fn d() {} }
impl<'a, T> Tr for S<'a, T, 3> { type Out = (); fn m(&self) -> () { if let Some(x) = y && z { for i in 0..=9 { match i { 1 | 2 => {} _ if x => (), _ => return } } } } }
pub const fn f(x: impl Fn(u8) -> u8) -> impl Iterator<Item = u8> + 'static { include_str!("data.txt"); loop { break 'a' as u8 } }
macro_rules! m { ($($x:expr),* $(,)?) => { $( pub fn $x() {} )* }; }
m! { fn not_real() { } }
static mut G: &str = r##"raw "# text"##; pub type A = dyn Tr<Out = ()>; union U { a: u8, b: [u8; 2] }
async unsafe extern "C" fn g() { serde_json::from_str::<Vec<u8>>("x")?.await; c"x"; br#"y"#; 1.0e-3f32; 0xffu8; x.0.1; }
/* nested /* comment */ */
mod inline { pub mod deep { use self::super::x; pub struct D; } }
