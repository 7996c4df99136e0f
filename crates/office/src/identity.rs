//! Who is meant, among the records of one date of birth.
//!
//! The date must be exact: that is decided before, by the store. The name must be the same as people say it and as a
//! recogniser hears it: first and last name each equal, or alike by sound and spelling ([`sound`]), the first name in its
//! short form too ([`nicknames`]); or the same letters, if they were spelled without a sign between the two. Middle names, titles and accents do not matter. If a number was given, it must stand
//! on the record. Two records that fit are [`Found::Several`], even if one fits better: what was heard is not what was
//! said, and nobody is told of somebody else's appointment.

mod names;
mod nicknames;
mod sound;

use domain::{NewPatient, PatientQuery, Phi, PhoneNumber};
use store::{Found, PatientRow};

use names::Name;

/// Whom the caller means, among those born on that day.
pub(crate) fn find(query: &PatientQuery, born: &[PatientRow]) -> Found {
    let Some(name) = Name::of(query.name.expose()) else { return Found::Nobody };
    let alike = born.iter().filter(|row| Name::of(row.name.expose()).is_some_and(|known| name.is_like(&known)));
    match &query.callback {
        None => only(alike),
        Some(number) => only(alike.filter(|row| has(row, number))),
    }
}

/// Whether a patient who registers has a record already. The name was confirmed letter by letter, so it must be equal;
/// of several such records a number decides.
pub(crate) fn find_registered(new: &NewPatient, born: &[PatientRow]) -> Found {
    let Some(name) = Name::of(new.name.expose()) else { return Found::Nobody };
    let equal = || born.iter().filter(|row| Name::of(row.name.expose()).is_some_and(|known| name == known));
    match (only(equal()), &new.callback) {
        (Found::Several, Some(number)) => match only(equal().filter(|row| has(row, number))) {
            Found::Nobody => Found::Several,
            found @ (Found::One(_) | Found::Several) => found,
        },
        (found @ (Found::Nobody | Found::One(_) | Found::Several), _) => found,
    }
}

fn only<'a>(mut rows: impl Iterator<Item = &'a PatientRow>) -> Found {
    match (rows.next(), rows.next()) {
        (None, _) => Found::Nobody,
        (Some(row), None) => Found::One(row.id),
        (Some(_), Some(_)) => Found::Several,
    }
}

fn has(row: &PatientRow, number: &Phi<PhoneNumber>) -> bool {
    row.numbers.contains(number)
}

#[cfg(test)]
mod tests {
    use domain::PatientId;
    use jiff::Timestamp;
    use jiff::civil::date;

    use super::*;

    const ONE: &str = "+12125550101";
    const OTHER: &str = "+12125550102";

    fn number(digits: &str) -> Phi<PhoneNumber> {
        Phi::new(digits.parse().expect("a number"))
    }

    fn row(name: &str, digits: &str) -> PatientRow {
        PatientRow {
            id: PatientId::new(),
            name: name.into(),
            date_of_birth: Phi::new(date(1958, 3, 14)),
            numbers: vec![number(digits)],
            own_provider: None,
            insurance: None,
            external_id: None,
            registered_at: Timestamp::UNIX_EPOCH,
            registered_in: None,
        }
    }

    fn query(name: &str, digits: Option<&str>) -> PatientQuery {
        PatientQuery { name: name.into(), date_of_birth: Phi::new(date(1958, 3, 14)), callback: digits.map(number) }
    }

    #[test]
    fn one_record_is_found_and_two_need_a_number() {
        let born = [row("John Smith", ONE), row("Jon Smyth", OTHER), row("Rosa Diaz", ONE)];
        let table = [
            ("Rosa Diaz", None, Found::One(born[2].id)),
            ("Rosa Diaz", Some(ONE), Found::One(born[2].id)),
            ("Rosa Diaz", Some(OTHER), Found::Nobody),
            ("Rose", None, Found::Nobody),
            ("", None, Found::Nobody),
            ("John Smith", None, Found::Several),
            ("John Smith", Some(ONE), Found::One(born[0].id)),
            ("John Smith", Some(OTHER), Found::One(born[1].id)),
            ("John Smith", Some("+12125550199"), Found::Nobody),
            ("Peter Brown", None, Found::Nobody),
        ];
        for (name, digits, expected) in table {
            assert_eq!(find(&query(name, digits), &born), expected, "{name} {digits:?}");
        }
    }

    #[test]
    fn who_registers_twice_is_found_by_the_equal_name_only() {
        let new = |name: &str, digits: &str| NewPatient {
            name: name.into(),
            date_of_birth: Phi::new(date(1958, 3, 14)),
            callback: Some(number(digits)),
            insurance: None,
        };
        let born = [row("José Núñez", ONE), row("Ann Lee", ONE), row("Ann Lee", OTHER)];
        let table = [
            ("Jose Nunez", OTHER, Found::One(born[0].id)),
            ("Josie Nunez", ONE, Found::Nobody),
            ("Ann Lee", OTHER, Found::One(born[2].id)),
            ("Ann Lee", "+12125550199", Found::Several),
        ];
        for (name, digits, expected) in table {
            assert_eq!(find_registered(&new(name, digits), &born), expected, "{name} {digits}");
        }
    }
}
