//! What the title of an event says: who is on call, at which tier.

use std::collections::BTreeSet;

use oncall::{Clinician, ClinicianId, Tier};

use crate::config::practice::calendar::Occurrence;

/// The tier that an event says in its categories or its title, or else the calendar's.
pub(super) fn tier_of(event: &Occurrence, otherwise: Tier) -> Result<Tier, &'static str> {
    let title = event.summary.to_lowercase();
    let categories: BTreeSet<_> = event.categories.iter().map(|category| category.trim().to_lowercase()).collect();
    let is_primary = categories.contains("primary") || title.contains("(primary)");
    let is_backup = categories.contains("backup") || words(&title).iter().any(|word| word == "backup");
    match (is_primary, is_backup) {
        (true, true) => Err("says both primary and backup, in its title and categories; leave one"),
        (true, false) => Ok(Tier::Primary),
        (false, true) => Ok(Tier::Backup),
        (false, false) => Ok(otherwise),
    }
}

/// The one clinician whom a title names. A longer name covers a shorter one within it: "Anna Lindqvist" is not "Lindqvist".
pub(super) fn who(title: &str, people: &[Clinician]) -> Result<ClinicianId, String> {
    let title = words(title);
    let named = people.iter().flat_map(|person| {
        let name = words(&person.name);
        let bare = match &name[..] {
            [doctor, rest @ ..] if !rest.is_empty() && matches!(doctor.as_str(), "doctor" | "dr") => rest,
            whole => whole,
        };
        let mut found: Vec<_> = places(&title, bare).map(|place| (place, bare.len())).collect();
        let id = words(&person.id.0);
        found.extend(places(&title, &id).map(|place| (place, id.len())));
        found.into_iter().map(move |(place, length)| (place, place + length, &person.id))
    });
    let named: Vec<_> = named.collect();
    let is_covered = |(from, to, who): &(usize, usize, &ClinicianId)| {
        named.iter().any(|(begin, end, other)| other != who && begin <= from && to <= end && end - begin > to - from)
    };
    let people: BTreeSet<_> = named.iter().filter(|name| !is_covered(name)).map(|(_, _, who)| *who).collect();
    let mut people = people.into_iter();
    match (people.next(), people.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(one), Some(other)) => {
            Err(format!("names {one} and {other}; name the one who is on call, and write a second event for the other"))
        }
        (None, _) => {
            Err("names nobody of [[oncall]]; write the clinician's name into its title or, if it is no shift, \
                          give the calendar `only` with a text that the titles of the shifts have"
                .to_owned())
        }
    }
}

/// Whether a title has these words one after the other.
pub(super) fn has(title: &str, wanted: &str) -> bool {
    places(&words(title), &words(wanted)).next().is_some()
}

/// Letters and digits in small letters; what stands between them does not count.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Where in a title these words stand one after the other.
fn places<'a>(title: &'a [String], wanted: &'a [String]) -> impl Iterator<Item = usize> + 'a {
    let last = if wanted.is_empty() { 0 } else { (title.len() + 1).saturating_sub(wanted.len()) };
    (0..last).filter(move |place| title[*place..].starts_with(wanted))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn people() -> Vec<Clinician> {
        let rota = |id: &str, name: &str| Clinician { id: id.into(), name: name.to_owned(), ways: Vec::new() };
        vec![
            rota("lindqvist", "Doctor Lindqvist"),
            rota("anna", "Doctor Anna Lindqvist"),
            rota("obi", "Dr. Amara Obi"),
            rota("kim-2", "Nurse O'Neil"),
        ]
    }

    #[test]
    fn a_title_names_one_clinician() {
        let rows = [
            ("Doctor Lindqvist (primary)", Ok("lindqvist")),
            ("on call: LINDQVIST, dr", Ok("lindqvist")),
            ("Anna Lindqvist", Ok("anna")),
            ("Obi - weekend", Ok("obi")),
            ("Dr Amara Obi", Ok("obi")),
            ("Nurse O’Neil", Ok("kim-2")),
            ("kim-2", Ok("kim-2")),
            ("Obituary meeting", Err("nobody")),
            ("O'Neil", Err("nobody")),
            ("Doctor", Err("nobody")),
            ("", Err("nobody")),
            ("Obi / Lindqvist", Err("lindqvist and obi")),
            ("Anna and Lindqvist", Err("anna and lindqvist")),
        ];
        for (title, wanted) in rows {
            match (who(title, &people()), wanted) {
                (Ok(found), Ok(wanted)) => assert_eq!(found.0, wanted, "{title}"),
                (Err(told), Err(word)) => assert!(told.contains(word), "{title}: {told}"),
                (found, _) => panic!("{title}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_tier_stands_in_the_categories_or_the_title() {
        let rows: [(&str, &[&str], Option<Tier>); 7] = [
            ("Obi", &[], Some(Tier::Primary)),
            ("Obi (Backup)", &[], Some(Tier::Backup)),
            ("backup: Obi", &[], Some(Tier::Backup)),
            ("Obi, primary care", &["Backup"], Some(Tier::Backup)),
            ("Obi", &["rota", "PRIMARY"], Some(Tier::Primary)),
            ("Obi (primary)", &["backup"], None),
            ("Obi (primary), no backup", &[], None),
        ];
        let at = Timestamp::UNIX_EPOCH;
        for (title, categories, tier) in rows {
            let categories = categories.iter().map(|&category| category.to_owned()).collect();
            let event = Occurrence { line: 1, summary: title.to_owned(), categories, from: at, to: at };
            assert_eq!(tier_of(&event, Tier::Primary).ok(), tier, "{title}");
        }
    }
}
