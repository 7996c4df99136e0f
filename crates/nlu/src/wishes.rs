//! What a caller clearly wants, by written phrases: a witness beside the model, and the only one when there is no model.
//! Only phrases that leave no doubt stand here; what they do not know is not denied.

use std::sync::LazyLock;

use domain::Intent;

use crate::phrase::{Glossary, Pattern, Phrases, words};

use Intent::{
    BookAppointment, CancelAppointment, ClinicianCall, ConfirmAppointment, Insurance, LeaveMessage, OfficeInfo,
    PharmacyCall, PrescriptionRefill, RecordsRequest, Referral, RescheduleAppointment, SpeakToPerson, TestResults,
    VendorSales, WrongNumber,
};

const WISHES: &[(Intent, &[&str])] = &[
    (
        SpeakToPerson,
        &[
            "(real|live|actual) (person|human|human being|people)",
            "(operator|representative|receptionist)",
            "human being",
            "(speak|talk|talking|speaking) .. (person|human|someone|somebody|staff|anyone|front desk|nurse)",
            "(want|need|get|give me|connect me|put me through|transfer me) .. (person|human|operator|someone real|front desk|receptionist)",
            "(are you|is this) [a] (robot|machine|computer|recording|bot)",
            "person please",
            "human please",
            "(do not|hate) (want to talk|talk|talking) to (a machine|machines|a robot|robots|a computer)",
            "(speak|talk) to [the|my|a] doctor",
        ],
    ),
    (
        LeaveMessage,
        &[
            "(leave|take|leaving|pass on|give|get) .. message",
            "(tell|let) .. (doctor|nurse|dr) .. (know|that)",
            "(call me back|return my call|have .. call me|ask .. to call me)",
        ],
    ),
    (
        CancelAppointment,
        &[
            "(cancel|canceling|cancelling) .. (appointment|visit|it|checkup|physical)",
            "(cannot|not going to) (make it|come) .. (appointment|today|tomorrow|cancel)",
        ],
    ),
    (
        RescheduleAppointment,
        &[
            "(reschedule|rescheduling|re schedule)",
            "(move|change|switch|push back|different (time|day) for) .. (appointment|visit)",
            "(another|different|earlier|later) (time|day) .. appointment",
        ],
    ),
    (
        ConfirmAppointment,
        &[
            "(confirm|confirming) .. appointment",
            "(when|what time|what day) .. my .. appointment",
            "do i have an appointment",
        ],
    ),
    (
        BookAppointment,
        &[
            "(make|book|schedule|set up|get|need|like|want|have|take|scheduling|booking|making) [to] [make|book|schedule|get] (an|a|another|a new|a follow up|a doctor is) [follow up|new|sick|well|annual|doctor is] (appointment|visit|checkup|check up|physical|exam)",
            "(come in|be seen|get in|see [the|a|my] doctor|see dr) .. (today|tomorrow|soon|week|monday|tuesday|wednesday|thursday|friday|about)",
            "(any|have|got|soonest|next|first|earliest) [an|available|open] (opening|openings|availability|available appointment|appointment available)",
        ],
    ),
    (
        PrescriptionRefill,
        &[
            "(refill|refills|refilled|refilling)",
            "(renew|renewal|renewing) .. (prescription|medication|medicine|meds)",
            "(out of|need more|low on) [of] [my|his|her] [@any] (medication|medicine|meds|pills|prescription)",
        ],
    ),
    (
        TestResults,
        &[
            "(test|lab|labs|blood|x ray|mri|scan|biopsy|ultrasound|ct|urine|pap|mammogram|covid|strep) [work|test|scan] (result|results)",
            "(results|result) .. (test|labs|lab|blood|x ray|mri|scan|biopsy|in|back|ready)",
            "lab results",
        ],
    ),
    (
        Intent::Billing,
        &[
            "(bill|bills|billing|invoice|copay|co pay|balance|statement|charged|overcharged|refund)",
            "(pay|paying) .. (bill|balance|invoice|visit)",
        ],
    ),
    (
        Insurance,
        &[
            "(insurance|medicare|medicaid|prior authorization|prior auth|preauthorization|deductible)",
            "(take|accept|in network) .. (aetna|cigna|blue cross|blue shield|united|humana|kaiser|anthem|tricare)",
        ],
    ),
    (
        RecordsRequest,
        &["(copy|copies|send|transfer|request|fax|release|get) .. (medical records|records|chart)", "medical records"],
    ),
    (Referral, &["(referral|referrals|referred)", "refer me"]),
    (
        OfficeInfo,
        &[
            "(office|your|opening|holiday) hours",
            "(what time|when) .. (open|close|opening|closing)",
            "are you [guys] (open|closed)",
            "(your|the) (address|fax number|fax|location|website|email)",
            "(where|is there) .. (park|parking|located)",
            "directions",
        ],
    ),
    (
        ClinicianCall,
        &[
            "(this is|i am) (dr|doctor) .. (calling|from|with)",
            "(peer to peer|doctor to doctor)",
            "(calling from|from) .. (hospital|emergency department|icu|nursing home|hospice|laboratory) .. (patient|about|regarding|with)",
            "critical (lab|value|result|results)",
        ],
    ),
    (
        PharmacyCall,
        &[
            "(calling from|this is|with|from) .. pharmacy",
            "(i am|this is) .. [the] pharmacist",
            "(calling from|this is) .. (walgreens|cvs|rite aid|walmart)",
        ],
    ),
    (
        VendorSales,
        &[
            "(calling from|with|represent) .. (supply|supplies|marketing|solutions|software company|vendor)",
            "(speak|talk) .. (decision maker|person in charge of|office manager|purchasing)",
            "(special offer|free quote|business loan|google listing|interested in selling|sell you)",
        ],
    ),
    (WrongNumber, &["wrong number", "(dialed|called|have) the wrong (number|place|office)", "sorry wrong"]),
];

const CLOSINGS: &[&str] = &[
    "(bye|goodbye|good bye|bye bye|see you)",
    "(that is|that will be|that would be|this is) (all|it|everything)",
    "nothing else",
    "have a (good|nice|great) (day|night|one|evening|weekend|afternoon)",
    "(thank you|thanks) [so much|very much|a lot]",
    "i am (good|all set|done)",
    "all set",
    "talk to you later",
    "take care",
    "no that is (it|all)",
    "appreciate it",
];

static PHRASES: LazyLock<Phrases<Intent>> = LazyLock::new(|| {
    let written = WISHES.iter().flat_map(|(intent, list)| list.iter().map(move |written| (*intent, *written)));
    Phrases::new(written.map(|(intent, written)| (intent, parse(written))))
});

static CLOSING: LazyLock<Phrases<()>> =
    LazyLock::new(|| Phrases::new(CLOSINGS.iter().map(|written| ((), parse(written)))));

fn parse(written: &str) -> Pattern {
    let words = Glossary::from([(
        "any".to_owned(),
        "(blood pressure|heart|diabetes|thyroid|seizure|allergy|asthma|anxiety)".to_owned(),
    )]);
    Pattern::parse(written, &words).expect("a test reads every pattern")
}

/// Wishes that were clearly said, in the order in which they were said, each once.
pub fn wishes(text: &str) -> Vec<Intent> {
    let mut places = PHRASES.places(&words(text));
    places.sort_by_key(|place| (place.from, place.pattern));
    let mut wishes: Vec<Intent> = Vec::new();
    for intent in places.into_iter().map(|place| *PHRASES.meaning(place)) {
        if !wishes.contains(&intent) {
            wishes.push(intent);
        }
    }
    wishes
}

/// Whether the caller takes leave or gives thanks and wants nothing else: "no, that's all, thank you".
pub fn closing(text: &str) -> bool {
    let words = words(text);
    !CLOSING.places(&words).is_empty() && PHRASES.places(&words).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_wishes() {
        for (text, expected) in [
            ("I want to talk to a real person", &[SpeakToPerson][..]),
            ("operator", &[SpeakToPerson]),
            ("can I leave a message for the nurse", &[LeaveMessage]),
            ("I'd like to make an appointment", &[BookAppointment]),
            ("I need to reschedule my appointment", &[RescheduleAppointment]),
            ("cancel my appointment and get a refill of lisinopril", &[CancelAppointment, PrescriptionRefill]),
            ("when is my appointment", &[ConfirmAppointment]),
            ("did my lab results come in", &[TestResults]),
            ("I have a question about my bill", &[Intent::Billing]),
            ("do you take Medicare", &[Insurance]),
            ("send my medical records to Dr. Smith", &[RecordsRequest]),
            ("I need a referral", &[Referral]),
            ("what are your hours", &[OfficeInfo]),
            ("hi calling from Walgreens pharmacy", &[PharmacyCall]),
            ("sorry wrong number", &[WrongNumber]),
            ("my chest hurts", &[]),
            ("I don't need a refill", &[]),
            ("Maria Lopez", &[]),
        ] {
            assert_eq!(wishes(text), expected, "{text}");
        }
    }

    #[test]
    fn leave_is_taken() {
        for (text, expected) in [
            ("no that's all thank you bye", true),
            ("thanks", true),
            ("Okay, have a good day.", true),
            ("thanks, and can I get a refill", false),
            ("my name is Maria", false),
            ("", false),
        ] {
            assert_eq!(closing(text), expected, "{text}");
        }
    }
}
