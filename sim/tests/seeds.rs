//! Some thousands of the simulator's stories. `cargo xtask sim --seeds N` tells more.

use keyway_sim::simulator;

/// How many: some seconds of them.
const SEEDS: u64 = 3000;

#[test]
fn whatever_clients_and_sockets_do_each_is_answered_as_it_ought_to_be_and_none_stays_for_ever() {
    let mut answers = 0;
    for seed in 0..SEEDS {
        match simulator::run(seed) {
            Ok(compared) => answers += compared,
            Err(failure) => panic!(
                "seed {seed}: {}\n{}\nagain: cargo xtask sim --seeds 1 --seed {seed}",
                failure.what,
                failure.trace.join("\n")
            ),
        }
    }
    assert!(answers > 5 * SEEDS, "stories in which something is said: {answers} answers");
}
