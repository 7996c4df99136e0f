use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A word that is none of a closed set of labels.
#[derive(Debug, thiserror::Error)]
#[error("unknown {what} {word:?}")]
pub struct UnknownWord {
    /// Which set, e.g. `intent`.
    pub what: &'static str,
    /// The word as it was written.
    pub word: String,
}

macro_rules! labels {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$vdoc:meta])* $variant:ident = $label:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The label used in files, prompts, JSON and logs.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.label())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($label => Ok(Self::$variant),)*
                    _ => Err(UnknownWord { what: $what, word: word.to_owned() }),
                }
            }
        }
    };
}

labels!(
    /// Who is calling.
    #[derive(Default)]
    CallerKind, "caller", {
        /// A patient of the practice.
        Patient = "patient",
        /// Somebody who calls for a patient.
        Caregiver = "caregiver",
        /// Wants to become a patient.
        NewPatient = "new_patient",
        /// A physician, nurse, hospital or laboratory.
        Clinician = "clinician",
        /// A pharmacy.
        Pharmacy = "pharmacy",
        /// A health insurer.
        Insurer = "insurer",
        /// Somebody who sells something.
        Vendor = "vendor",
        /// Anybody else, or not yet known.
        #[default]
        Other = "other",
    }
);

labels!(
    /// How a value of a message was confirmed.
    Confirmation, "confirmation", {
        /// Read back, and answered with yes.
        ReadBack = "read_back",
        /// Spelled, read back, and answered with yes.
        Spelled = "spelled",
        /// Keyed in, read back, and answered with yes.
        KeyedIn = "keyed_in",
        /// The number that was shown, and the caller agreed to it.
        CallerId = "caller_id",
        /// It is that of the practice's own record of this patient.
        Record = "record",
        /// As it was heard or shown, and nobody has said that it is right.
        NotConfirmed = "not_confirmed",
    }
);

labels!(
    /// What the caller wants.
    Intent, "intent", {
        /// Tells of a complaint.
        Symptom = "symptom",
        /// A new appointment.
        BookAppointment = "book_appointment",
        /// Another time for an appointment.
        RescheduleAppointment = "reschedule_appointment",
        /// Gives an appointment up.
        CancelAppointment = "cancel_appointment",
        /// Asks when the appointment is, or says that they will come.
        ConfirmAppointment = "confirm_appointment",
        /// A prescription to be renewed.
        PrescriptionRefill = "prescription_refill",
        /// Results of a test.
        TestResults = "test_results",
        /// An invoice or payment.
        Billing = "billing",
        /// Coverage, prior authorisation.
        Insurance = "insurance",
        /// A copy of a record.
        RecordsRequest = "records_request",
        /// A referral to another clinician.
        Referral = "referral",
        /// A question about the practice: hours, address, parking, fax number.
        OfficeInfo = "office_info",
        /// Wants a person on the line.
        SpeakToPerson = "speak_to_person",
        /// Wants to leave a message.
        LeaveMessage = "leave_message",
        /// A clinician calls a clinician.
        ClinicianCall = "clinician_call",
        /// A pharmacy calls about a prescription.
        PharmacyCall = "pharmacy_call",
        /// Sells something.
        VendorSales = "vendor_sales",
        /// Dialled another number than they meant.
        WrongNumber = "wrong_number",
        /// Anything else.
        Other = "other",
    }
);

labels!(
    /// How soon a clinician must know. Ordered: within a call it only rises (see [`Urgency::raise`]).
    Urgency, "urgency", {
        /// Can wait for the office.
        Routine = "routine",
        /// A clinician must hear of it today.
        Urgent = "urgent",
        /// Life or limb, now.
        Emergency = "emergency",
    }
);

labels!(
    /// One thing that a request tells, beyond who it is for and whom to call back.
    RequestField, "request field", {
        /// Which drug.
        Drug = "drug",
        /// Which dose, as it was said.
        Dose = "dose",
        /// Which pharmacy.
        Pharmacy = "pharmacy",
        /// For how many days the drug still lasts.
        DaysLeft = "days_left",
        /// Which test, and when.
        Test = "test",
        /// Where it is to go, or to whom.
        Destination = "destination",
        /// What it is about.
        Detail = "detail",
        /// Who calls for the patient: name, and what they are to the patient.
        CalledBy = "called_by",
        /// Whether a message may be left at the number: "yes" or "no".
        LeaveMessage = "leave_message",
    }
);

impl Urgency {
    /// The more urgent of the two. There is no way down.
    pub fn raise(self, other: Self) -> Self {
        self.max(other)
    }
}
