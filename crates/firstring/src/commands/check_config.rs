use jiff::Timestamp;

use super::print;
use crate::cli;
use crate::config::{Numbers, PracticeConfig, Server, read_patients};
use crate::wiring::{StreamSecrets, rota_gaps};

pub(super) fn run(args: &cli::CheckConfig) -> anyhow::Result<()> {
    let server = Server::load(args.places.files.config.as_deref(), args.places.overrides(None))?;
    dialogue::Wording::built_in();
    nlu::red_flags::RedFlags::built_in();
    let all: Vec<&Server> = [&server].into_iter().chain(&server.others).collect();
    let configs = all.iter().map(|server| PracticeConfig::load(&server.practice)).collect::<Result<Vec<_>, _>>()?;
    let practices =
        configs.iter().zip(&all).map(|(config, one)| (one.practice.as_path(), &config.practice.id, &config.numbers));
    Numbers::check_told_apart(&practices.collect::<Vec<_>>())?;
    for trunk in server.sip.iter().flat_map(|sip| &sip.trunks) {
        if let Err(why) = trunk.open() {
            eprintln!("firstring: note: {why}");
        }
    }
    if let Some(why) = server.streams.as_ref().and_then(|streams| StreamSecrets::read(streams, &server.http).err()) {
        eprintln!("firstring: note: {why}");
    }
    let rest = server.streams.as_ref().and_then(|streams| streams.rest.as_ref());
    if let Some(why) = rest.and_then(|rest| rest.open().err()) {
        eprintln!("firstring: note: {why}");
    }
    all.iter().zip(&configs).try_for_each(|(server, config)| check(server, config, args.real_lines))
}

fn check(server: &Server, config: &PracticeConfig, real_lines: bool) -> anyhow::Result<()> {
    server.http.check_exposure()?;
    let front_desk = &config.practice.front_desk;
    let patients = config.patients.as_ref().map(|file| read_patients(file, &front_desk.providers)).transpose()?;
    print(&format!(
        "{}: {} opening hours, {} facts, {} on call, {} providers, {} appointment types, {} patients to take over",
        config.practice.name,
        config.practice.hours.len(),
        config.practice.facts.len(),
        config.oncall.len(),
        front_desk.providers.len(),
        front_desk.appointment_types.len(),
        patients.map_or(0, |patients| patients.len()),
    ))?;
    if let Err(why) = config.webhook_secret.read() {
        eprintln!("firstring: note: {why}");
    }
    if let Some(gaps) = rota_gaps(&config.rota, &config.practice.zone, Timestamp::now()) {
        eprintln!("firstring: note: {gaps}");
    }
    if let Some(why) = config.why_last_resort_is_not_called() {
        print(&format!("note: {why}"))?;
    }
    match config.why_no_real_lines() {
        None => {
            let approval = config.approval.as_ref().expect("real lines have an approval");
            for (what, approved) in
                [("red flags", &approval.red_flags), ("policy", &approval.policy), ("lines", &approval.lines)]
            {
                let day = approved.day().map_or_else(String::new, |day| day.to_string());
                print(&format!("{what} approved by {} on {day}", approved.by))?;
            }
            Ok(())
        }
        Some(why) if real_lines => anyhow::bail!("{}: {why}", server.practice.display()),
        Some(why) => print(&format!("good for the browser page and recordings; not for real lines: {why}")),
    }
}
