use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::{Judgement, gravity};
use crate::score::Outcome;

/// From this gravity on a case fails: dangers understated and false alarms of emergency. What is milder is told by rates.
const FAILS_FROM: u8 = 3;

/// The report as JUnit XML: a case for each utterance, and one for each bar that is broken.
pub fn junit(judgement: &Judgement<'_>) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new(judgement.report.suite.as_str());
    for outcome in &judgement.report.outcomes {
        let status = if gravity(outcome) < FAILS_FROM {
            TestCaseStatus::success()
        } else {
            failed(&format!("{} read as {}", outcome.expected.urgency, outcome.got.urgency))
        };
        let mut case = TestCase::new(outcome.id.as_str(), status);
        case.set_classname(outcome.topic.as_str());
        case.set_time(std::time::Duration::from_secs_f64(outcome.ms / 1000.0));
        case.set_system_out(told(outcome));
        suite.add_test_case(case);
    }
    for broken in &judgement.bars.broken {
        let why = failed(&format!("{:.4} is above {:.4}", broken.is, broken.at_most));
        suite.add_test_case(TestCase::new(format!("bar: {}", broken.rate), why));
    }
    let mut report = quick_junit::Report::new("firstring eval");
    report.add_test_suite(suite);
    report.to_string()
}

fn failed(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(why);
    status
}

/// The caller's words, and why they are labelled as they are.
fn told(outcome: &Outcome) -> String {
    format!("{}\n{}", outcome.text.expose(), outcome.why)
}
