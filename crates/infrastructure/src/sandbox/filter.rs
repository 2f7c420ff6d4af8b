//! System calls that a sandbox may not make, as a program of the kernel's packet filter (Linux, seccomp(2)).
//!
//! The namespaces are the wall; this removes what would get around the bounds on memory, which a size-limited file
//! system cannot keep (memory files, System V segments and queues), and what only attacks on the kernel want.

/// Load a 32-bit word of the call's data (`BPF_LD | BPF_W | BPF_ABS`).
const LOAD: u16 = 0x20;
/// Jump when equal (`BPF_JMP | BPF_JEQ | BPF_K`).
const JUMP_EQUAL: u16 = 0x15;
/// Jump when greater or equal (`BPF_JMP | BPF_JGE | BPF_K`).
const JUMP_GREATER_OR_EQUAL: u16 = 0x35;
/// Return (`BPF_RET | BPF_K`).
const RETURN: u16 = 0x06;

/// `SECCOMP_RET_ALLOW`
const ALLOW: u32 = 0x7fff_0000;
/// `SECCOMP_RET_ERRNO` with `ENOSYS`: programs then take another way.
const REFUSE: u32 = 0x0005_0000 | 38;
/// `SECCOMP_RET_KILL_PROCESS`
const KILL: u32 = 0x8000_0000;

/// Offset of the call's number in `struct seccomp_data`.
const NUMBER: u32 = 0;
/// Offset of the architecture in `struct seccomp_data`.
const ARCHITECTURE: u32 = 4;
/// The first number of the x32 calls, which `x86_64` kernels may answer too.
const X32: u32 = 0x4000_0000;

/// The calls of one architecture that are refused.
struct Calls {
    /// `AUDIT_ARCH_*`
    architecture: u32,
    numbers: &'static [u32],
}

/// Numbers from the kernel's `syscall_64.tbl`: memory files and queues (`memfd_create`, `memfd_secret`, `shmget`, `msgget`), keys,
/// `bpf`, `perf_event_open`, `userfaultfd`, `io_uring_*`, namespaces and mounts, kernel modules and images, other
/// processes' memory, handles, quotas, swap, reboot, the kernel's log.
#[cfg(target_arch = "x86_64")]
const CALLS: Option<Calls> = Some(Calls {
    architecture: 0xC000_003E,
    numbers: &[
        319, 447, 29, 68, 248, 249, 250, 321, 298, 323, 425, 426, 427, 272, 308, 165, 166, 155,
        428, 429, 430, 431, 432, 433, 442, 175, 313, 176, 246, 320, 101, 310, 311, 303, 304, 179,
        163, 167, 168, 169, 103,
    ],
});

/// The same calls by the numbers of the kernel's `asm-generic/unistd.h`.
#[cfg(target_arch = "aarch64")]
const CALLS: Option<Calls> = Some(Calls {
    architecture: 0xC000_00B7,
    numbers: &[
        279, 447, 194, 186, 217, 218, 219, 280, 241, 282, 425, 426, 427, 97, 268, 40, 39, 41, 428,
        429, 430, 431, 432, 433, 442, 105, 273, 106, 104, 294, 117, 270, 271, 264, 265, 60, 89,
        224, 225, 142, 116,
    ],
});

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const CALLS: Option<Calls> = None;

/// Gives the filter's program, or `None` on an architecture whose numbers are not listed here.
pub(super) fn program() -> Option<Vec<u8>> {
    let calls = CALLS?;
    let mut code = Vec::new();
    code.extend(instruction(LOAD, 0, 0, ARCHITECTURE));
    code.extend(instruction(JUMP_EQUAL, 1, 0, calls.architecture));
    code.extend(instruction(RETURN, 0, 0, KILL));
    code.extend(instruction(LOAD, 0, 0, NUMBER));
    let count = calls.numbers.len();
    let last = |skipped: usize| {
        u8::try_from(count - skipped + 1).expect("fewer than 254 calls are listed")
    };
    if cfg!(target_arch = "x86_64") {
        code.extend(instruction(JUMP_GREATER_OR_EQUAL, last(0), 0, X32));
    }
    for (index, number) in calls.numbers.iter().enumerate() {
        code.extend(instruction(JUMP_EQUAL, last(index + 1), 0, *number));
    }
    code.extend(instruction(RETURN, 0, 0, ALLOW));
    code.extend(instruction(RETURN, 0, 0, REFUSE));
    Some(code)
}

/// Encodes a `struct sock_filter`.
fn instruction(code: u16, if_true: u8, if_false: u8, value: u32) -> [u8; 8] {
    let [code_0, code_1] = code.to_ne_bytes();
    let [value_0, value_1, value_2, value_3] = value.to_ne_bytes();
    [
        code_0, code_1, if_true, if_false, value_0, value_1, value_2, value_3,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program as the kernel would.
    fn answer(program: &[u8], architecture: u32, number: u32) -> u32 {
        let instructions: Vec<[u8; 8]> = program
            .chunks_exact(8)
            .map(|chunk| chunk.try_into().expect("8"))
            .collect();
        let (mut position, mut accumulator) = (0, 0);
        loop {
            let [code_0, code_1, if_true, if_false, value @ ..] = instructions[position];
            let value = u32::from_ne_bytes(value);
            let jump = |taken: bool| 1 + usize::from(if taken { if_true } else { if_false });
            match u16::from_ne_bytes([code_0, code_1]) {
                LOAD => {
                    accumulator = if value == NUMBER {
                        number
                    } else {
                        architecture
                    }
                }
                JUMP_EQUAL => position += jump(accumulator == value) - 1,
                JUMP_GREATER_OR_EQUAL => position += jump(accumulator >= value) - 1,
                RETURN => return value,
                other => panic!("unknown instruction {other}"),
            }
            position += 1;
        }
    }

    #[test]
    fn listed_calls_alone_are_refused() {
        let (Some(program), Some(calls)) = (program(), CALLS) else {
            return;
        };
        for number in 0..600 {
            let expected = if calls.numbers.contains(&number) {
                REFUSE
            } else {
                ALLOW
            };
            assert_eq!(
                answer(&program, calls.architecture, number),
                expected,
                "{number}"
            );
        }
        assert_eq!(answer(&program, 1, 0), KILL);
        if cfg!(target_arch = "x86_64") {
            assert_eq!(answer(&program, calls.architecture, X32), REFUSE);
        }
    }
}
