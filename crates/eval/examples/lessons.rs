//! Suites -> what training shows a model: one JSON line a case, with its prompt in tokens and the right choices after it, and
//! the text and labels themselves for models with other tokens. `training/README.md` tells what comes of it.
//!
//! `cargo run -p eval --example lessons -- MODEL.gguf [--broken-off] SUITE..`
//!
//! Who was shown whole sentences alone takes half of one ("so the thing is that my") for the beginning of an alarm. With
//! `--broken-off` some cases are shown a second time, up to where a caller might have paused.

use std::io::Write;
use std::path::Path;

use domain::{Asked, Phi, Urgency};
use eval::suite::{Case, read_suite};
use nlu::Questions;
use nlu::model::candle::CandleModel;

/// One of so many routine cases is shown broken off, too.
const ROUTINE_EACH: usize = 4;
/// And one of so many others, which lose no more than their last words: what is dangerous is said before, or else may be.
const OTHER_EACH: usize = 6;
/// Of shorter ones nothing is left.
const WORDS_MIN: usize = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).peekable();
    let model = args.next().ok_or("name the weights of a language model (GGUF), then suites")?;
    let model = CandleModel::load(Path::new(&model))?;
    let with_broken_off = args.next_if(|arg| arg == "--broken-off").is_some();
    let questions = Questions::built_in().for_trained();
    let mut stdout = std::io::stdout().lock();
    for suite in args {
        // What is said when the alarm was raised already is labelled by what was said before.
        let mut cases: Vec<_> =
            read_suite(Path::new(&suite))?.into_iter().filter(|c| c.was == Urgency::Routine).collect();
        if with_broken_off {
            cases.extend(broken_off(&cases));
        }
        for case in cases {
            let context = case.context();
            // The wish that an answer serves was told before it, that of half a sentence may come after it.
            let intent = (case.asked == Asked::Open && !case.intents.is_empty()).then(|| case.intent());
            let labels = (case.urgency, intent, case.caller);
            let lesson = questions.lesson(&model, (&context, case.text.expose()), labels)?;
            let line =
                serde_json::json!({ "lesson": lesson, "line_before": questions.line_before(&context), "case": case });
            writeln!(stdout, "{line}")?;
        }
    }
    Ok(())
}

/// Some of the cases up to a word in their middle, without intents. Near misses stay whole: half of one may be an emergency.
fn broken_off(cases: &[Case]) -> Vec<Case> {
    let long = |case: &&Case| words(case).len() >= WORDS_MIN;
    let of_routine = cases.iter().filter(|case| case.urgency == Urgency::Routine && !case.near_miss).filter(long);
    let of_others = cases.iter().filter(|case| case.urgency > Urgency::Routine).filter(long);
    let of_routine = of_routine.step_by(ROUTINE_EACH).enumerate().map(|(at, case)| {
        let most = words(case).len() - 1;
        cut(case, 2 + at * 7 % (most - 1))
    });
    let of_others = of_others.step_by(OTHER_EACH).enumerate().map(|(at, case)| {
        let most = words(case).len() - 1;
        cut(case, most - at % (1 + most / 8))
    });
    of_routine.chain(of_others).collect()
}

fn words(case: &Case) -> Vec<&str> {
    case.text.expose().split_whitespace().collect()
}

fn cut(case: &Case, words_kept: usize) -> Case {
    let text = words(case)[..words_kept].join(" ");
    let text = Phi::new(text.trim_end_matches([',', '.', '?', '!']).to_owned());
    Case { id: format!("{}-broken-off", case.id), text, intents: Vec::new(), ..case.clone() }
}
