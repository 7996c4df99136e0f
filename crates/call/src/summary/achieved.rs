use std::fmt;

use dialogue::{AppointmentOutcome, Outcome};
use domain::{AppointmentTypeId, Phi, PhoneNumber, ProviderId};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

/// What a call achieved, as the practice reads it. Serialised, it is the outcome with its `kind`; an appointment's `start`
/// is RFC 3339 with the practice's offset on that day, e.g. `2026-03-10T13:00:00-04:00`.
#[derive(Clone, Debug, PartialEq)]
pub struct Achieved {
    /// What.
    pub outcome: Outcome,
    /// The practice's.
    pub(super) zone: TimeZone,
}

/// For staff, without the patient: `booked physical with patel, 2026-03-10T13:00:00-04:00`.
impl fmt::Display for Achieved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.outcome.kind())?;
        match appointment(&self.outcome) {
            Some(about) => write!(f, " {} with {}, {}", about.kind, about.provider, self.start(about)),
            None => Ok(()),
        }
    }
}

impl Serialize for Achieved {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(about) = appointment(&self.outcome) else { return self.outcome.serialize(serializer) };
        let AppointmentOutcome { start: _, provider, kind, name, date_of_birth, callback } = about;
        let start = self.start(about);
        Appointment { outcome: self.outcome.kind(), start, provider, kind, name, date_of_birth, callback }
            .serialize(serializer)
    }
}

impl Achieved {
    fn start(&self, about: &AppointmentOutcome) -> String {
        about.start.display_with_offset(self.zone.to_offset(about.start)).to_string()
    }
}

/// [`AppointmentOutcome`] with its time as it is read at the practice.
#[derive(Serialize)]
struct Appointment<'a> {
    #[serde(rename = "kind")]
    outcome: &'static str,
    start: String,
    provider: &'a ProviderId,
    #[serde(rename = "type")]
    kind: &'a AppointmentTypeId,
    name: &'a Phi<String>,
    date_of_birth: &'a Phi<Date>,
    callback: &'a Option<Phi<PhoneNumber>>,
}

fn appointment(outcome: &Outcome) -> Option<&AppointmentOutcome> {
    match outcome {
        Outcome::Booked(about) | Outcome::Moved(about) | Outcome::Cancelled(about) | Outcome::ToBeConfirmed(about) => {
            Some(about)
        }
        Outcome::Emergency
        | Outcome::Urgent
        | Outcome::Connected
        | Outcome::Message(_)
        | Outcome::Answered
        | Outcome::OnWaitingList
        | Outcome::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_appointment_is_told_in_the_practices_time() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let table = [
            ("2026-03-06T18:00:00Z", "2026-03-06T13:00:00-05:00"),
            ("2026-03-10T17:00:00Z", "2026-03-10T13:00:00-04:00"), // the clock was put forward on the 8th
        ];
        for (start, told) in table {
            let about = AppointmentOutcome {
                start: start.parse().unwrap(),
                provider: "patel".into(),
                kind: "physical".into(),
                name: "Maria Lopez".into(),
                date_of_birth: Phi::new("1958-03-14".parse().unwrap()),
                callback: None,
            };
            let achieved = Achieved { outcome: Outcome::Booked(Box::new(about)), zone: zone.clone() };
            assert_eq!(achieved.to_string(), format!("booked physical with patel, {told}"));
            let json = serde_json::to_string(&achieved).unwrap();
            let expected = format!(
                "{{\"kind\":\"booked\",\"start\":\"{told}\",\"provider\":\"patel\",\"type\":\"physical\",\
                 \"name\":\"Maria Lopez\",\"date_of_birth\":\"1958-03-14\",\"callback\":null}}"
            );
            assert_eq!(json, expected);
        }
    }
}
