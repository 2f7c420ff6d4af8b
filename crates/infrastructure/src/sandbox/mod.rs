//! Running untrusted code without network, home, environment or the machine's processes. Must not fall back to running it bare.
//!
//! - `bubblewrap`: finding the program that makes the sandbox, and one run inside
//! - `arguments`: what the sandbox sees of the machine
//! - `descriptors`: what it inherits, which is next to nothing
//! - `filter`: system calls that it may not make
//! - `namespace`: ending it and knowing that nothing is left
//! - `processes`: its processes, seen from outside
//! - `task_limit`: the kernel's bound on their number
//! - `watch`: bounds that the kernel does not keep for us

mod arguments;
mod bubblewrap;
mod descriptors;
mod filter;
mod namespace;
mod processes;
mod task_limit;
mod watch;

pub use bubblewrap::{Kill, Sandbox, SandboxOutcome, SandboxRun};
