use anyhow::{Context, bail};
use domain::{CallId, LineQuality, WayQuality};
use serde::Serialize;
use serde_json::Value;
use store::{CallRow, StoreError};

use super::records::Records;
use super::table::table;
use super::{print, print_json, runtime};
use crate::cli;

pub(super) fn run(args: &cli::Calls) -> anyhow::Result<()> {
    runtime(::call::Pace::RealTime)?.block_on(async {
        match args {
            cli::Calls::List(args) => {
                Records::open(&args.files).await?.used(async |records| list(records, args).await).await
            }
            cli::Calls::Show(args) => {
                Records::open(&args.files).await?.used(async |records| show(records, args).await).await
            }
        }
    })
}

/// A call as one JSON line, without anybody's words or number.
#[derive(Serialize)]
struct Told {
    id: CallId,
    began_at: String,
    /// `None` while it goes on, or if something of it is still to be kept.
    ended_at: Option<String>,
    hangup_by: Option<String>,
    channel: Option<String>,
    quality: Option<LineQuality>,
}

/// The same, and what was said.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    told: Told,
    summary: Value,
}

impl Told {
    fn of(records: &Records, row: &CallRow, summary: &Value) -> Self {
        let label = |key: &str| summary[key].as_str().map(str::to_owned);
        Self {
            id: row.id,
            began_at: records.local(row.began_at),
            ended_at: row.ended_at.map(|at| records.local(at)),
            hangup_by: label("hangup_by"),
            channel: label("channel"),
            // Retention leaves figures and may leave too few of them.
            quality: serde_json::from_value(summary["quality"].clone()).unwrap_or_default(),
        }
    }
}

/// What came of it; nothing while it goes on.
fn summary(row: &CallRow) -> anyhow::Result<Value> {
    let kept = row.summary.as_ref().map(|summary| serde_json::from_str(summary.expose()));
    // Why not is not told: the reason may quote it.
    kept.unwrap_or(Ok(Value::Null)).map_err(|_| anyhow::anyhow!("the summary of call {} cannot be read", row.id))
}

async fn list(records: &Records, args: &cli::ListCalls) -> anyhow::Result<()> {
    records.note("read", "calls, without words".to_owned()).await?;
    let rows = records.store.latest_calls(&records.config.practice.id, args.last).await?;
    let told = rows.iter().map(|row| Ok(Told::of(records, row, &summary(row)?)));
    let told = told.collect::<anyhow::Result<Vec<_>>>()?;
    if args.json {
        return told.iter().try_for_each(print_json);
    }
    if told.is_empty() {
        return print("no calls");
    }
    let cells = told.iter().map(|Told { id, began_at, ended_at, hangup_by, channel, quality }| {
        let end = match ended_at {
            Some(_) => hangup_by.clone().unwrap_or_default(),
            None => "not yet".to_owned(),
        };
        let line = quality.as_ref().map(line).unwrap_or_default();
        [id.to_string(), began_at.clone(), end, channel.clone().unwrap_or_default(), line]
    });
    print(&table(["id", "began", "ended by", "channel", "line"], cells.collect()))
}

async fn show(records: &Records, args: &cli::ShowCall) -> anyhow::Result<()> {
    records.note("read", format!("call {}", args.id)).await?;
    let row = match records.store.call(args.id).await {
        Ok(row) if row.practice == records.config.practice.id => row,
        Ok(_) | Err(StoreError::NotFound { .. }) => bail!("no call {}; `firstring calls list` names them", args.id),
        Err(why) => return Err(why).context("the call cannot be read"),
    };
    let summary = summary(&row)?;
    let told = Told::of(records, &row, &summary);
    if args.json {
        return print_json(&Whole { told, summary });
    }
    let lines = [
        ("began", Some(told.began_at)),
        ("ended", told.ended_at),
        ("ended by", told.hangup_by),
        ("channel", told.channel),
        ("line", told.quality.as_ref().map(line)),
    ];
    for (what, words) in lines.into_iter().filter_map(|(what, words)| Some((what, words?))) {
        print(&format!("{what:13} {words}"))?;
    }
    for turn in summary["turns"].as_array().into_iter().flatten() {
        for (who, key) in [("caller", "text"), ("FirstRing", "reply")] {
            if let Some(words) = turn[key].as_str() {
                print(&format!("{who:13} {words}"))?;
            }
        }
    }
    Ok(())
}

/// `pcmu, heard 0.2 % lost of 900 (jitter 1.5 ms), said 0.0 % lost of 880 (jitter 0.5 ms)`.
fn line(quality: &LineQuality) -> String {
    let way = |WayQuality { expected, lost, jitter_ms }: WayQuality| {
        let percent = 100.0 * lost as f64 / expected.max(1) as f64;
        format!("{percent:.1} % lost of {expected} (jitter {jitter_ms:.1} ms)")
    };
    let said = quality.said.map(|said| format!(", said {}", way(said))).unwrap_or_default();
    format!("{}, heard {}{said}", quality.codec, way(quality.heard))
}

#[cfg(test)]
mod tests {
    use domain::LineCodec;

    use super::*;

    #[test]
    fn a_line_is_told_in_one() {
        let heard = WayQuality { expected: 1000, lost: 2, jitter_ms: 1.46 };
        let said = Some(WayQuality { expected: 0, lost: 0, jitter_ms: 0.0 });
        let told = line(&LineQuality { codec: LineCodec::G722, heard, said, round_trip_ms: None });
        assert_eq!(told, "g722, heard 0.2 % lost of 1000 (jitter 1.5 ms), said 0.0 % lost of 0 (jitter 0.0 ms)");
    }
}
