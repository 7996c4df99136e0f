//! What a caller is spared of a line's making: how long it takes until the first sound of the lines that a call waits for
//! is made, as one piece (the base), clause by clause, with a fixed opening ("Let me see.") before what is new, and with
//! that opening kept on disk. One copy of the practice's voice, one line at a time, best of three.
//!
//! What was bought at the other end, by reading while the caller still speaks, is in `decoder`.
//!
//! `cargo bench --profile dev -p firstring --bench openings`
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub)] // a benchmark prints, and fails by panicking

#[path = "support/mod.rs"]
mod machine;
#[path = "../crates/firstring/tests/support/mod.rs"]
#[allow(dead_code)] // each bench uses its own part
mod support;

use std::time::Instant;

use dialogue::{Moment, Opening, Prompt, Rendered, VisitLine, Wording};
use domain::{Fit, Phi, Tempo};
use firstring::config::PracticeConfig;
use firstring::wiring;
use speech::voice::Synthesizer;
use speech::voice::cache::LineCache;
use speech::voice::clauses::clauses;
use support::Percentiles;

const VOICE: &str = "piper/joe";
const TRIES: usize = 3;

fn main() {
    if !support::models_are_there() {
        return;
    }
    let practice = PracticeConfig::load(&support::practice()).unwrap().practice;
    let models = wiring::models_dir(None).unwrap();
    let mut voice = wiring::synthesizer(&models, VOICE).unwrap();
    voice.synthesize("Good morning.", Tempo::Usual).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cache = LineCache::open(folder.path(), VOICE, voice.hz(), "bench").unwrap();
    println!(
        "{VOICE}, milliseconds to the first sound made, best of {TRIES}; load average {}",
        machine::load_average()
    );
    println!("{:26} {:>9} {:>9} {:>9} {:>9}", "", "one piece", "clauses", "opening", "kept");
    let mut all: [Vec<f64>; 4] = Default::default();
    for (name, prompt) in prompts() {
        let waits = waits(&mut *voice, &cache, &Wording::built_in().render(&prompt, &practice));
        let [piece, clauses, opening, kept] = waits;
        println!("{name:26} {piece:>9.0} {clauses:>9.0} {opening:>9.0} {kept:>9.1}");
        for (column, ms) in all.iter_mut().zip(waits) {
            column.push(ms);
        }
    }
    let [piece, clauses, opening, kept] = all.map(|column| Percentiles::of(&column).p50);
    println!("{:26} {piece:>9.0} {clauses:>9.0} {opening:>9.0} {kept:>9.1}", "p50");
    println!(
        "ratio to one piece: clauses {:.2}, opening {:.2}, kept {:.3}",
        clauses / piece,
        opening / piece,
        kept / piece
    );
    println!("load average {}", machine::load_average());
}

/// Lines with values, which are made anew in every call.
fn prompts() -> Vec<(&'static str, Prompt)> {
    let today = jiff::civil::date(2026, 3, 4);
    let opening = |day: i8, hour: i8| Opening {
        at: Moment { at: jiff::civil::datetime(2026, 3, day, hour, 30, 0, 0), today },
        provider: "okafor".into(),
        kind: "physical".into(),
    };
    let patient = || Phi::from("Maria Lopez");
    let (first, second, third) = (opening(9, 9), opening(10, 13), opening(12, 15));
    let offer = |openings: Vec<Opening>| VisitLine::Offer { openings, fit: Fit::AsWished, nth: 0 };
    let read_back = VisitLine::ReadBackBooking { opening: first.clone(), patient: patient(), nth: 0 };
    let moving = VisitLine::ReadBackMove { from: first.clone(), to: second.clone(), patient: patient(), nth: 0 };
    let cancelling = VisitLine::ReadBackCancel { appointment: second.clone(), patient: patient(), nth: 0 };
    vec![
        ("one time offered", Prompt::Visit(offer(vec![first.clone()]))),
        ("three times offered", Prompt::Visit(offer(vec![first.clone(), second.clone(), third]))),
        ("booking read back", Prompt::Visit(read_back)),
        ("moving read back", Prompt::Visit(moving)),
        ("cancelling read back", Prompt::Visit(cancelling)),
        ("booked", Prompt::Visit(VisitLine::Booked(first.clone()))),
        ("moved", Prompt::Visit(VisitLine::Moved(second))),
        ("cancelled", Prompt::Visit(VisitLine::Cancelled(first))),
        ("name read back", Prompt::ReadBackName { name: patient() }),
        ("number read back", Prompt::ReadBackNumber(Phi::new("+15550100134".parse().unwrap()))),
    ]
}

/// Until the first sound of a line: as one piece and by clauses, both without its opening; with it; with it kept.
fn waits(voice: &mut dyn Synthesizer, cache: &LineCache, line: &Rendered) -> [f64; 4] {
    let text = line.text.expose();
    let opening = clauses(text)[0];
    assert!(opening.len() <= line.fixed_bytes, "this line has no opening: {opening}");
    let new = &text[opening.len()..];
    let mut made = |clause: &str| best(|| drop(voice.synthesize(clause, Tempo::Usual).unwrap()));
    let (piece, first_clause, with_opening) = (made(new), made(clauses(new)[0]), made(opening));
    cache.put(opening, Tempo::Usual, &voice.synthesize(opening, Tempo::Usual).unwrap()).unwrap();
    let kept = best(|| assert!(cache.get(opening, Tempo::Usual).is_some()));
    [piece, first_clause, with_opening, kept]
}

/// Milliseconds of the fastest try: whatever else the machine does only slows.
fn best(mut work: impl FnMut()) -> f64 {
    let tries = (0..TRIES).map(|_| {
        let began = Instant::now();
        work();
        began.elapsed().as_secs_f64() * 1000.0
    });
    tries.fold(f64::INFINITY, f64::min)
}
