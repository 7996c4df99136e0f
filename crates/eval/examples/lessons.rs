//! Suites -> what training shows a model: one JSON line a case, with its prompt in tokens and the right choices after it, and
//! the text and labels themselves for models with other tokens. `training/README.md` tells what comes of it.
//!
//! `cargo run -p eval --example lessons -- MODEL.gguf SUITE..`

use std::io::Write;
use std::path::Path;

use domain::{Asked, Urgency};
use eval::suite::read_suite;
use nlu::Questions;
use nlu::model::candle::CandleModel;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let model = args.next().ok_or("name the weights of a language model (GGUF), then suites")?;
    let model = CandleModel::load(Path::new(&model))?;
    let questions = Questions::built_in().for_trained();
    let mut stdout = std::io::stdout().lock();
    for suite in args {
        for case in read_suite(Path::new(&suite))? {
            if case.was > Urgency::Routine {
                // What is said when the alarm was raised already is labelled by what was said before.
                continue;
            }
            let context = case.context();
            // The wish that an answer serves was told before it.
            let intent = (case.asked == Asked::Open).then(|| case.intent());
            let labels = (case.urgency, intent, case.caller);
            let lesson = questions.lesson(&model, (&context, case.text.expose()), labels)?;
            let line =
                serde_json::json!({ "lesson": lesson, "line_before": questions.line_before(&context), "case": case });
            writeln!(stdout, "{line}")?;
        }
    }
    Ok(())
}
