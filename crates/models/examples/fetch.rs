//! Fetches weights into a directory and says how long it took: `cargo run -p models --example fetch -- DIR [WEIGHT ..]`.
#![allow(clippy::print_stdout, reason = "an example speaks to its user")]

use std::time::Instant;

use models::{FetchOptions, Manifest, ModelsDir, ModelsError, Progress, Selection, fetch};

fn main() -> Result<(), ModelsError> {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().map_or_else(ModelsDir::default_root, |path| Ok(path.into()))?;
    let ids: Vec<String> = arguments.collect();
    let which = if ids.is_empty() { Selection::Default } else { Selection::Ids(ids) };
    let dir = ModelsDir::new(root, Manifest::built_in());

    let begun = Instant::now();
    let report = fetch(&dir, &FetchOptions { which, ..FetchOptions::default() }, &Progress::on_stderr())?;
    println!("{report:#?}\nfetched in {:.1?}", begun.elapsed());

    let begun = Instant::now();
    for row in dir.list() {
        println!("{:20} {:34} {:>11} {}", row.weight.id, row.file.name, row.file.bytes, row.state);
    }
    println!("listed in {:.1?}", begun.elapsed());
    let begun = Instant::now();
    let wrong = dir.verify()?.iter().filter(|row| row.state != models::FileState::Ready).count();
    println!("verified in {:.1?}, {wrong} not ready", begun.elapsed());
    Ok(())
}
