//! Runs the six stand-in platforms until its input ends, and prints a configuration that points to them:
//! `cargo run -p synthesizer-testkit --example world > world.toml`, then `synthesizer --config world.toml search 'http client'`.

use std::io::{Read as _, Write as _};

use synthesizer_testkit::platforms::PlatformWorld;

fn main() {
    let world = PlatformWorld::start();
    world.without_limits();
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", world.config_toml()).expect("the configuration can be written");
    output.flush().expect("the configuration can be written");
    let mut rest = Vec::new();
    // Its end is all that counts.
    let _ = std::io::stdin().read_to_end(&mut rest);
}
