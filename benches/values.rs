//! How well times, dates and numbers are understood as people say them: our grammars against plain `duckling`, class by
//! class, on suites that nobody in the project made (`crates/nlu/tests/suites/mod.rs` tells which, and what counts).
//!
//! `cargo bench --profile dev -p nlu --bench values [-- missed]`; `missed` prints what ours does not understand.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints

#[path = "../crates/nlu/tests/suites/mod.rs"]
mod suites;

use suites::Case;

fn main() {
    std::panic::set_hook(Box::new(|_| {})); // duckling panics on odd numbers, and is caught
    let missed = std::env::args().any(|argument| argument == "missed");
    println!("| suite | class | cases | ours | plain duckling |\n|---|---|---:|---:|---:|");
    for (suite, cases) in
        [("Duckling", suites::duckling()), ("NeMo", suites::nemo()), ("Restaurants-8K", suites::restaurants())]
    {
        let mut classes: Vec<&str> = cases.iter().map(|case| case.class).collect();
        classes.sort_unstable();
        classes.dedup();
        for class in classes {
            let of: Vec<&Case> = cases.iter().filter(|case| case.class == class).collect();
            let share = |passed: usize| format!("{:.1} %", 100.0 * passed as f64 / of.len() as f64);
            let ours: Vec<bool> = of.iter().map(|case| case.ours()).collect();
            let plain = of.iter().filter(|case| case.plain()).count();
            let passed = ours.iter().filter(|passed| **passed).count();
            println!("| {suite} | {class} | {} | {} | {} |", of.len(), share(passed), share(plain));
            for (case, _) in of.iter().zip(&ours).filter(|(_, passed)| missed && !**passed) {
                println!("    {}{}", if case.plain() { "! " } else { "  " }, case.said);
            }
        }
    }
}
