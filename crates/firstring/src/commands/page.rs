use anyhow::bail;
use office::{Clock, TestPage};
use oncall::{ClinicianId, Way};
use serde::Serialize;
use store::Secret;

use super::table::table;
use super::{Usage, print, print_json};
use crate::cli;
use crate::config::{Contact, PracticeConfig, Server};
use crate::wiring::office_config;

pub(super) fn run(args: &cli::Page) -> anyhow::Result<()> {
    match args {
        cli::Page::Test(args) => test(args),
    }
}

/// What became of a test page.
#[derive(Serialize)]
struct Told<'a> {
    who: &'a ClinicianId,
    name: &'a str,
    way: Way,
    taken: bool,
    ms: u128,
    why: Option<&'a str>,
}

impl<'a> Told<'a> {
    fn of(page: &'a TestPage) -> Self {
        let (who, name) = (&page.clinician.id, page.clinician.name.as_str());
        let why = page.failed.as_deref();
        Self { who, name, way: page.way, taken: why.is_none(), ms: page.took.as_millis(), why }
    }
}

fn test(args: &cli::PageTest) -> anyhow::Result<()> {
    let server = Server::load(args.files.config.as_deref(), args.files.overrides())?;
    let practice = PracticeConfig::load(&server.practice)?;
    let to = args.to.as_ref().map(|id| known(id, &practice)).transpose()?;
    // No page of these has a link to a case, so none is signed.
    let config = office_config(&practice, None, server.http.public_url(), Secret::new(""), Clock::system())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let pages = runtime.block_on(office::test_pages(&config, to.as_ref()))?;
    let told: Vec<_> = pages.iter().map(Told::of).collect();
    if args.json {
        told.iter().try_for_each(print_json)?;
    } else {
        let rows = told.iter().map(|page| {
            let outcome = page.why.map_or_else(|| "taken".to_owned(), |why| format!("FAILED: {why}"));
            [page.who.0.clone(), page.name.to_owned(), page.way.to_string(), page.ms.to_string(), outcome]
        });
        print(&table(["who", "name", "way", "ms", "outcome"], rows.collect()))?;
    }
    match told.iter().filter(|page| !page.taken).count() {
        0 => Ok(()),
        failed => {
            bail!("{failed} of {} test pages were not taken: mend these channels before they are needed", told.len())
        }
    }
}

fn known(id: &str, practice: &PracticeConfig) -> anyhow::Result<ClinicianId> {
    let people: Vec<&Contact> = practice.oncall.iter().chain(&practice.desk).collect();
    if people.iter().any(|one| one.id == id) {
        return Ok(ClinicianId(id.to_owned()));
    }
    let known = people.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
    Err(Usage(format!("--to {id}: nobody is called so; there is {known}")).into())
}
