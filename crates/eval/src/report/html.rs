//! A report for people: one page that opens without a network, light or dark.

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use super::plots;
use super::{Judgement, gravity};
use crate::score::{Bin, CurvePoint, Outcome, Rate, Summary, Witness};

/// So many of the worst cases stand in the page; the JSON has all.
const WORST_MAX: usize = 300;
const STYLE: &str = include_str!("report.css");

/// The page.
pub fn html(judgement: &Judgement<'_>) -> String {
    let report = judgement.report;
    let title = format!("FirstRing {}: {}", report.version, report.suite);
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                p { (report.summary.cases) " cases of " (report.summary.scenarios) " scenarios, heard by " (report.witnesses.join(", ")) ". "
                    "Half of the readings took at most " (format!("{:.0}", report.summary.ms.0)) " ms, 95 % at most " (format!("{:.0}", report.summary.ms.1)) " ms." }
                (bars(judgement))
                @if let Some((name, comparison)) = &judgement.against {
                    h2 { "Against " (name) }
                    p { (comparison.told()) }
                    (ids("Now right", &comparison.better))
                    (ids("Now wrong", &comparison.worse))
                }
                h2 { "What went wrong how often" }
                (rates(&report.summary.rates))
                (classes(&report.summary))
                (values(&report.summary))
                (witnesses(&report.summary))
                h2 { "The worst cases" }
                @for outcome in report.outcomes.iter().take_while(|outcome| gravity(outcome) > 0).take(WORST_MAX) { (case(outcome)) }
                h2 { "By groups" }
                (strata(&report.summary))
            }
        }
    };
    page.into_string()
}

fn bars(judgement: &Judgement<'_>) -> Markup {
    markup! {
        p class=(if judgement.bars.broken.is_empty() { "good" } else { "bad" }) { (judgement.bars.told()) }
        ul.bad { @for broken in &judgement.bars.broken {
            li { (broken.rate) " is " (format!("{:.4}", broken.is)) ", and may be " (format!("{:.4}", broken.at_most)) " at most" }
        } }
    }
}

fn ids(heading: &str, ids: &[String]) -> Markup {
    markup! { @if !ids.is_empty() { details { summary { (heading) ": " (ids.len()) } p { (ids.join(", ")) } } } }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn rates(rates: &[Rate]) -> Markup {
    markup! {
        table {
            tr { th { "error" } th { "cases" } th { "rate" } th { "at most (95 %)" } th { "at most, by scenario" } }
            @for rate in rates {
                tr { td { (rate.told) } td { (rate.wrong) " of " (rate.of) } td { (percent(rate.rate)) }
                    td { (percent(rate.upper.exact)) } td { (percent(rate.upper.by_scenario)) } }
            }
        }
    }
}

fn classes(summary: &Summary) -> Markup {
    let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), percent);
    markup! {
        h2 { "Urgency: labelled (down) and read (across)" }
        table {
            tr { th {} th { "routine" } th { "urgent" } th { "emergency" } th { "recall" } th { "precision" } }
            @for (row, class) in summary.confusion.counts.iter().zip(&summary.per_class) {
                tr { th { (class.urgency.to_string()) } @for count in row { td { (count) } } td { (share(class.recall)) } td { (share(class.precision)) } }
            }
        }
    }
}

fn values(summary: &Summary) -> Markup {
    markup! {
        @if !summary.values.is_empty() {
            h2 { "Values, read exactly" }
            table {
                tr { th { "value" } th { "right" } th { "share" } }
                @for (field, right, of) in &summary.values {
                    tr { td { (field.to_string()) } td { (right) " of " (of) } td { (percent(*right as f64 / *of as f64)) } }
                }
            }
        }
    }
}

fn witnesses(summary: &Summary) -> Markup {
    markup! {
        h2 { "Who would have missed which emergencies alone" }
        table {
            tr { th { "missed by" } th { "emergencies" } }
            @for row in &summary.overlap {
                tr { td { (told(&row.missed_by)) } td { (row.emergencies) } }
            }
        }
        (plot("The language model", &summary.model))
        (plot("The learned head", &summary.head))
    }
}

fn told(witnesses: &[Witness]) -> String {
    let name = |witness: &Witness| match witness {
        Witness::Rules => "rules",
        Witness::Model => "model",
        Witness::Head => "head",
    };
    if witnesses.is_empty() { "nobody".to_owned() } else { witnesses.iter().map(name).collect::<Vec<_>>().join(" + ") }
}

fn plot(who: &str, (bins, points): &(Vec<Bin>, Vec<CurvePoint>)) -> Markup {
    markup! {
        @if !points.is_empty() {
            h3 { (who) }
            div.plots {
                figure { (PreEscaped(plots::calibration(bins))) figcaption { "What it says and what is: on the line it means what it says." } }
                figure { (PreEscaped(plots::curve(points))) figcaption { "Each threshold: emergencies missed (red), routine calls taken for one (blue)." } }
            }
        }
    }
}

fn case(outcome: &Outcome) -> Markup {
    let p = |p: Option<domain::Probabilities>| {
        p.map_or_else(|| "not asked".to_owned(), |p| format!("{:.2} emergency, {:.2} urgent", p.emergency, p.urgent))
    };
    let intents = |intents: &[domain::Intent]| intents.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    markup! {
        details.case open[gravity(outcome) > 3] {
            summary { (outcome.expected.urgency.to_string()) " read as " (outcome.got.urgency.to_string()) " " span.id { (outcome.id) } }
            blockquote { (outcome.text.expose()) }
            p { (outcome.why) }
            p.small {
                "rules: " (if outcome.judged.red_flags.is_empty() { "nothing".to_owned() } else { outcome.judged.red_flags.join(", ") })
                "; model: " (p(outcome.judged.model)) "; head: " (p(outcome.judged.head))
                "; wishes: " (intents(&outcome.expected.intents)) " read as " (intents(&outcome.got.intents))
            }
            @for value in outcome.values.iter().filter(|value| !value.right()) {
                p.small { (value.field.to_string()) ": " (value.expected.expose()) " read as " (value.got.as_ref().map_or("nothing", |got| got.expose().as_str())) }
            }
        }
    }
}

fn strata(summary: &Summary) -> Markup {
    markup! {
        table {
            tr { th { "group" } th { "cases" } th { "emergencies missed" } th { "called routine" } th { "near misses called emergency" } th { "other routine called emergency" } th { "wish misread" } }
            @for stratum in &summary.strata {
                @let rate = |name: &str| stratum.rates.iter().find(|rate| rate.name == name).map_or_else(|| "-".to_owned(), |rate| format!("{} of {}", rate.wrong, rate.of));
                tr { td { (stratum.by) ": " (stratum.is) } td { (stratum.cases) } td { (rate("emergency_missed")) } td { (rate("needed_today_called_routine")) }
                    td { (rate("near_miss_called_emergency")) } td { (rate("routine_called_emergency")) } td { (rate("intent_wrong")) } }
            }
        }
    }
}
