//! What a caller clearly wants, by written phrases: a witness beside the model, and the only one when there is no model.
//! Only phrases that leave no doubt stand here; what they do not know is not denied.

use std::sync::LazyLock;

use domain::Intent;

use crate::grammar::plain::only_polite;
use crate::phrase::{Found, Glossary, Pattern, Phrases, Word, words};

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
            "(cancel|canceling|cancelling|cancelled) .. (appointment|appointments|visit|it|checkup|check up|physical|exam|shot|1|slot|consult|follow up|@day)",
            "(cannot|not going to|not be able to|not able to|unable to) (make it|come) .. (appointment|cancel|@day)",
            "(cannot|not going to|not be able to|not able to|unable to) (make|keep|attend) (my|our|his|her|the|that) .. (appointment|visit)",
        ],
    ),
    (
        RescheduleAppointment,
        &[
            "(reschedule|rescheduling|rescheduled|re schedule)",
            "(move|change|changing|moving|switch|switching|push|push back|postpone|bring forward|different (time|day) for) .. (appointment|visit|checkup|check up|physical)",
            "(move|change|switch|push|postpone) [my|our|his|her|the] (@day|it) .. (to|for|back)",
            "(another|different|earlier|later) (time|day) .. appointment",
        ],
    ),
    (
        ConfirmAppointment,
        &[
            "(confirm|confirming) .. appointment",
            "(when|what time|what day) .. (my|his|her|our|the) .. appointment",
            "when am i (scheduled|coming|supposed)",
            "do (i|we) [still] have an appointment",
            "(check|verify|checking|verifying|double check) [on] .. appointment",
        ],
    ),
    (
        BookAppointment,
        &[
            "(make|book|schedule|set up|get|need|like|want|have|take|scheduling|booking|making) [to] [make|book|schedule|get] (an|a|another|a new|a follow up|a doctor is) [follow up|new|sick|well|annual|doctor is] (appointment|visit|checkup|check up|physical|exam)",
            "(come in|be seen|get in|see [the|a|my|1 of the] doctor|see dr) .. (today|tomorrow|soon|week|monday|tuesday|wednesday|thursday|friday|about)",
            "(would like|want|need|have|like|love) to (come in|be seen|get in|see [the|a|my] (doctor|dr|nurse))",
            "(book|schedule|set up|booking|scheduling) .. (appointment|appointments|visit|checkup|check up|physical|exam)",
            "(book|schedule|booking|scheduling) (something|another|a time|a slot|me|him|her|us|1|a follow up|my follow up|my next)",
            "(make|book|schedule|get) [me] (another|a new|a second) 1",
            "(kill|die|dying|calling|looking|hoping|asking|call|called) for (an|another|a new) [new patient] (appointment|visit)",
            "(any|have|got|soonest|next|first|earliest) [an|available|open] (opening|openings|availability|available appointment|appointment available)",
        ],
    ),
    (
        PrescriptionRefill,
        &[
            "(refill|refills|refilled|refilling)",
            "(renew|renewal|renewing) .. (prescription|medication|medicine|meds)",
            "(running|ran|almost|nearly) (out of|low on) [of] [my|his|her] (medication|medicine|meds|pills|prescription|insulin|inhaler)",
            "(need|get|want) [some] more [of] (my|his|her) (medication|medicine|meds|pills|prescription|insulin|inhaler)",
            "(fill|refill) [my|his|her|a|the] prescription",
            "(out of|need more|low on) [of] [my|his|her] [@any] (medication|medicine|meds|pills|prescription)",
        ],
    ),
    (
        TestResults,
        &[
            "(test|lab|labs|blood|x ray|mri|scan|biopsy|ultrasound|ct|urine|pap|mammogram|covid|strep) [work|test|scan] (result|results)",
            "(results|result) .. (test|labs|lab|blood|x ray|mri|scan|biopsy|in|back|ready)",
            "lab results",
            "(my|his|her|our) (results|test results|labs|blood work|bloodwork)",
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
    "have a (good|nice|great|blessed|wonderful|lovely) [rest of your] (day|night|1|evening|weekend|afternoon)",
    "god bless [you]",
    "(you are|you have been|you were) [a|so|very|such a] (lifesaver|helpful|kind|angel|great help|big help)",
    "(thank you|thanks) [so much|very much|a lot]",
    "i am (good|all set|done)",
    "all set",
    "talk to you later",
    "take care",
    "no that is (it|all)",
    "appreciate it",
    "(forget it|never mind|nevermind)",
    "no (forget it|never mind|nevermind)",
];

/// With the name of a kind of appointment, these ask for one.
const WANTS: &[&str] = &[
    "(need|want|like|book|schedule|make|get|set up) [to] [have|come|make|book|schedule|get|set up|do|a|an|the|my|his|her|another|in|for]",
    "(due|calling|here|in|come in|coming in) for [a|an|the|my|his|her]",
    "(can|could|may) (i|we|he|she) (get|have|come)",
];

static PHRASES: LazyLock<Phrases<Intent>> = LazyLock::new(|| {
    let written = WISHES.iter().flat_map(|(intent, list)| list.iter().map(move |written| (*intent, *written)));
    Phrases::new(written.map(|(intent, written)| (intent, parse(written))))
});

static WANTING: LazyLock<Phrases<()>> = LazyLock::new(|| Phrases::built_in(&[((), WANTS)]));

static CLOSING: LazyLock<Phrases<()>> =
    LazyLock::new(|| Phrases::new(CLOSINGS.iter().map(|written| ((), parse(written)))));

fn parse(written: &str) -> Pattern {
    let lists = [
        ("any", "(blood pressure|heart|diabetes|thyroid|seizure|allergy|asthma|anxiety)"),
        ("day", "(today|tomorrow|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"),
    ];
    let words: Glossary = lists.map(|(name, list)| (name.to_owned(), list.to_owned())).into();
    Pattern::parse(written, &words).expect("a test reads every pattern")
}

/// Wishes that were clearly said, in the order in which they were said, each once.
pub fn wishes(text: &str) -> Vec<Intent> {
    let words = words(text);
    let mut places: Vec<Found> = PHRASES.places(&words);
    places.retain(|place| !is_denied(&words[..place.from]));
    // the shortest fit tells: a longer one runs into the next wish
    places.sort_by_key(|place| (place.from, place.pattern, place.to));
    places.dedup_by_key(|place| (place.from, *PHRASES.meaning(*place)));
    let is_new = |place: &Found| *PHRASES.meaning(*place) == BookAppointment;
    let of_one_in_the_book = |place: &Found| {
        matches!(PHRASES.meaning(*place), CancelAppointment | RescheduleAppointment | ConfirmAppointment)
    };
    let about = |place: &Found| {
        places.iter().filter(|other| of_one_in_the_book(other)).any(|o| o.from < place.to && place.from < o.to)
    };
    let mut wishes: Vec<Intent> = Vec::new();
    for place in places.iter().filter(|place| !is_new(place) || !about(place)) {
        let intent = *PHRASES.meaning(*place);
        if !wishes.contains(&intent) {
            wishes.push(intent);
        }
    }
    wishes
}

/// "I don't want to .."
fn is_denied(before: &[Word]) -> bool {
    let before: Vec<&str> = before.iter().rev().take(3).map(|word| word.text.as_str()).collect();
    matches!(before.as_slice(), ["to", "want" | "need" | "wish" | "mean" | "trying" | "going" | "have", "not"])
}

/// Whether the caller wants to have something: "I'd like ..", "book me in for ..".
pub fn wants_something(text: &str) -> bool {
    !WANTING.places(&words(text)).is_empty()
}

/// Words of a greeting that asks for nothing yet.
const GREETINGS: &[&str] = &["hello", "hi", "hey", "good", "morning", "afternoon", "evening", "there"];

/// Whether the caller only greets: "hello?", "hi, good morning".
pub fn greeting(text: &str) -> bool {
    let words = words(text);
    !words.is_empty() && words.iter().all(|word| GREETINGS.contains(&word.text.as_str()))
}

/// What is said around thanks and a good-bye, beside courtesy.
const AROUND_LEAVE: &[&str] =
    &["no", "great", "good", "perfect", "fine", "wonderful", "all", "too", "help", "bye", "day", "one"];

/// Whether the caller takes leave or gives thanks and says nothing else: "no, that's all, thank you". Who adds thanks to something
/// has said that, too.
pub fn closing(text: &str) -> bool {
    let words = words(text);
    let places = CLOSING.places(&words);
    let around = |at: usize| {
        places.iter().any(|place| (place.from..place.to).contains(&at))
            || AROUND_LEAVE.contains(&words[at].text.as_str())
    };
    !places.is_empty() && PHRASES.places(&words).is_empty() && only_polite(&words, around)
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
            ("I won't be able to make my appointment on Friday", &[CancelAppointment]),
            ("we can't make it on Friday", &[CancelAppointment]),
            ("I can't make an appointment online", &[BookAppointment]),
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
            ("Okay great, have a good one", true),
            ("well thank you so much you've been very helpful have a blessed day", true),
            ("okay thank you so much, God bless", true),
            ("you're a lifesaver, bye", true),
            ("thanks, and can I get a refill", false),
            ("my name is Maria", false),
            ("I feel so very strange since lunch, thanks", false),
            ("who will take care of my kids now", false),
            ("who will take care of me now", false),
            ("say bye to everybody for me", false),
            ("", false),
        ] {
            assert_eq!(closing(text), expected, "{text}");
        }
    }
}
