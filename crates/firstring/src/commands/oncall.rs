mod export;

use anyhow::bail;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use oncall::{ClinicianId, Flaw, Holding, LineId, Rota, Tier};
use serde::Serialize;

use super::records::now;
use super::table::table;
use super::{Usage, print, print_json};
use crate::cli;
use crate::config::{PracticeConfig, Server};

pub(super) fn run(args: &cli::OnCall) -> anyhow::Result<()> {
    match args {
        cli::OnCall::Who(args) => who(args),
        cli::OnCall::Gaps(args) => gaps(args),
        cli::OnCall::Export(args) => export::run(args),
    }
}

/// Who is paged first, and behind them who next.
#[derive(Serialize)]
struct Told<'a> {
    at: String,
    line: &'a LineId,
    #[serde(flatten)]
    first: Holder<'a>,
    then: Vec<Holder<'a>>,
}

/// Somebody at a tier.
#[derive(Serialize)]
struct Holder<'a> {
    holder: &'a ClinicianId,
    name: &'a str,
    tier: Tier,
    /// When it changes hands; null: not within three months.
    until: Option<String>,
}

fn who(args: &cli::Who) -> anyhow::Result<()> {
    // Calendars are read for the time around the one that is asked for; a day is not too exact for that.
    let around = args.at.as_deref().map_or_else(|| Ok(Timestamp::now()), |at| time(at, &TimeZone::UTC))?;
    let config = config(&args.files, around)?;
    let line = known_line(&args.line, &config)?;
    let at = args.at.as_deref().map_or(Ok(around), |at| time(at, &config.practice.zone))?;
    let holdings = config.rota.holdings(&line, at);
    let mut holders = holdings.iter().map(|holding| holder(holding, &config));
    let first = holders.next().expect("the last resort is always there");
    let told = Told { at: local(at, &config), line: &line, first, then: holders.collect() };
    if args.json {
        return print_json(&told);
    }
    let rows = std::iter::once(&told.first).chain(&told.then).map(|holder| {
        let until = holder.until.clone().unwrap_or_else(|| format!("more than {} days", Rota::HORIZON_DAYS));
        [tier(holder.tier).to_owned(), holder.holder.0.clone(), holder.name.to_owned(), until]
    });
    print(&table(["tier", "who", "name", "until"], rows.collect()))
}

fn holder<'a>(holding: &'a Holding, config: &PracticeConfig) -> Holder<'a> {
    Holder {
        holder: &holding.holder.id,
        name: &holding.holder.name,
        tier: holding.tier,
        until: holding.until.map(|until| local(until, config)),
    }
}

/// A time at which the rota is not as it should be.
#[derive(Serialize)]
struct Gap<'a> {
    from: String,
    to: String,
    line: &'a LineId,
    tier: Tier,
    what: &'static str,
    /// Who is paged then.
    paged: ClinicianId,
    /// Who may think to be on call, too.
    too: &'a [ClinicianId],
}

fn gaps(args: &cli::Gaps) -> anyhow::Result<()> {
    let from = now(args.now.as_ref());
    let config = config(&args.files, from)?;
    let to = from.checked_add(SignedDuration::from_hours(24 * i64::from(args.days)))?;
    let flaws = config.rota.flaws(from, to);
    let gaps: Vec<_> = flaws.iter().map(|flaw| gap(flaw, &config)).collect();
    if args.json {
        gaps.iter().try_for_each(print_json)?;
    } else if gaps.is_empty() {
        return print(&format!("somebody is on call at every minute of the next {} days", args.days));
    } else {
        let rows = gaps.iter().map(|gap| {
            let too = gap.too.iter().map(|who| who.0.as_str()).collect::<Vec<_>>().join(", ");
            [
                gap.from.clone(),
                gap.to.clone(),
                gap.line.0.clone(),
                tier(gap.tier).to_owned(),
                gap.what.to_owned(),
                gap.paged.0.clone(),
                too,
            ]
        });
        print(&table(["from", "to", "line", "tier", "what", "paged", "and too"], rows.collect()))?;
    }
    if gaps.is_empty() {
        Ok(())
    } else {
        bail!("the rota has {} gaps or overlaps in the next {} days", gaps.len(), args.days)
    }
}

fn gap<'a>(Flaw { line, tier, stretch }: &'a Flaw, config: &PracticeConfig) -> Gap<'a> {
    Gap {
        from: local(stretch.from, config),
        to: local(stretch.to, config),
        line,
        tier: *tier,
        what: if stretch.who.is_none() { "gap" } else { "overlap" },
        paged: config.rota.who_at(line, stretch.from).into_values().next().expect("the last resort is there").id,
        too: &stretch.too,
    }
}

fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Primary => "primary",
        Tier::Backup => "backup",
        Tier::LastResort => "last resort",
    }
}

fn config(files: &cli::Files, now: Timestamp) -> anyhow::Result<PracticeConfig> {
    let server = Server::load(files.config.as_deref(), files.overrides())?;
    Ok(PracticeConfig::load_at(&server.practice, now)?)
}

fn known_line(id: &str, config: &PracticeConfig) -> anyhow::Result<LineId> {
    let line = LineId(id.to_owned());
    if !config.rota.lines().any(|known| *known == line) {
        let known: Vec<&str> = config.rota.lines().map(|line| line.0.as_str()).collect();
        bail!("there is no line of service {line}; the practice has {}", known.join(", "));
    }
    Ok(line)
}

/// With a zone, with an offset, or by the clock of `zone`.
fn time(text: &str, zone: &TimeZone) -> anyhow::Result<Timestamp> {
    let zoned = || text.parse::<Zoned>().map(|zoned| zoned.timestamp());
    let civil = || text.parse::<DateTime>()?.to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
    let at = zoned().or_else(|_| text.parse()).or_else(|_| civil());
    at.map_err(|_| Usage(format!("--at {text} is no time; write one such as 2026-03-04T02:30")).into())
}

/// RFC 3339 with the practice's offset at that time.
fn local(at: Timestamp, config: &PracticeConfig) -> String {
    at.display_with_offset(config.practice.zone.to_offset(at)).to_string()
}
