//! Who calls, by what they say of themselves: a patient, a relative, somebody new, another practice, a pharmacy, an
//! insurer, somebody who sells. Whom others are ("my sister is a nurse there") and whose customer one is ("I'm with Aetna")
//! says nothing of that.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::CallerKind;

use crate::phrase::{Found, Glossary, Pattern, Phrases, words};

/// How a phrase counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Is(CallerKind),
    /// Looks like one, and is something else.
    Other,
}

use CallerKind::{Caregiver, Clinician, Insurer, NewPatient, Patient, Pharmacy, Vendor};
use Sign::{Is, Other};

const LISTS: &[(&str, &str)] = &[
    (
        "relative",
        "(mother|mom|mum|mommy|father|dad|daddy|parent|parents|son|sons|daughter|daughters|child|children|kid|kids|baby|boy|girl|twins|little 1|husband|wife|spouse|partner|boyfriend|girlfriend|fiance|fiancee|brother|sister|grandmother|grandma|grandfather|grandpa|grandson|granddaughter|nephew|niece|aunt|uncle|cousin|stepson|stepdaughter|roommate|friend|neighbor|newborn|toddler|infant)",
    ),
    ("pharmacy", "(pharmacy|walgreens|cvs|rite aid|costco pharmacy|express scripts|optum rx|optumrx)"),
    (
        "insurer",
        "(blue cross|blue shield|aetna|cigna|humana|united health|united healthcare|unitedhealthcare|kaiser|anthem|medicare|medicaid|tricare|molina|centene|health plan|insurance company|claims department|utilization management|utilization review|provider relations)",
    ),
    (
        "place",
        "(hospital|emergency department|emergency room|icu|intensive care|nursing home|nursing facility|skilled nursing|hospice|laboratory|lab|labs|labcorp|quest|quest diagnostics|pathology|radiology|imaging|cardiology|oncology|orthopedics|neurology|dermatology|home health|rehab|urgent care|dialysis|surgery center|clinic|medical center|medical group|family medicine|assisted living)",
    ),
];

const WRITTEN: &[(Sign, &[&str])] = &[
    (
        Is(Patient),
        &[
            "calling for myself",
            "(it is|this is|appointment is|calling|refill is) for (me|myself)",
            "(i am|as) [a|an|already a] (patient|established patient|existing patient|current patient|regular patient)",
            "(i am|been) [a] patient (of|there|here|with)",
            "(i am|i have been) (dr|doctor) .. is patient",
        ],
    ),
    (
        Is(Pharmacy),
        &[
            "(calling|call) [you] (from|at|with|on behalf of) .. @pharmacy",
            "(this is|it is) .. (pharmacist|@pharmacy)",
            "(this is|i am) .. (at|from|with|over at) .. @pharmacy",
            "i am (the|a) pharmacist",
            "(pharmacist|pharmacy tech|pharmacy technician) (at|from|with|calling|over)",
        ],
    ),
    (
        Is(Clinician),
        &[
            "(this is|i am) (dr|doctor) .. (from|at|with|over at|calling|for)",
            "(this is|i am) (nurse|a nurse|the nurse|an rn|the charge nurse|a social worker|the case manager|the discharge planner|a paramedic|the attending|a resident) .. (from|at|with|in|calling|on)",
            "(calling|call) [you] (from|at) .. @place .. (patient|patients|regarding|with|results|result|referral|orders|order|about a|about an|about 1|about your|discharge)",
            "this is .. (from|at|with) .. @place",
            "(calling|call) from (dr|doctor) .. (office|practice)",
            "this is (dr|doctor) .. office",
            "(peer to peer|doctor to doctor|provider to provider)",
            "critical (lab|value|result|results)",
            "(1|patient) of your patients (is|was|has|came|here)",
            "your patient .. (was admitted|is admitted|being discharged|here in|is here)",
        ],
    ),
    (
        Is(Insurer),
        &[
            "(calling|call) [you] (from|with|for|on behalf of) .. @insurer",
            "this is .. (from|with|at) .. @insurer",
            "this is @insurer (calling|about|regarding)",
            "(i am|this is) .. (claims|utilization|member services|provider relations|prior authorization) (adjuster|reviewer|nurse|representative|department|specialist)",
            "(your|the) claim .. (for|on) [1 of] (our|a) member",
        ],
    ),
    (
        Is(Vendor),
        &[
            "(calling|call) [you] (from|with|on behalf of) .. (supply|supplies|marketing|solutions|software|systems|staffing|payroll|merchant services|processing|advertising|media|energy|solar|telecom|consulting|magazine)",
            "(this is|i am) .. (with|from) .. (marketing|solutions|software|staffing|supplies|payroll|merchant services|advertising|solar|sales)",
            "(speak|talk|get|reach) .. (decision maker|person in charge of|person who handles|person responsible for|whoever handles|office manager|practice manager|purchasing|business owner|owner of the business)",
            "(special offer|free quote|free trial|business loan|business funding|google listing|google business|interested in selling|sell you|sales rep|sales representative|pharmaceutical rep|drug rep|limited time|free demo|quick demo|save you money|save your (office|practice))",
            "(lower|reduce|cut) your (rates|bill|costs|energy|processing|fees)",
            "(search engine|seo|website ranking|credit card processing|copier|toner|extended warranty)",
        ],
    ),
    (
        Is(NewPatient),
        &[
            "(i am|we are|i would be|he is|she is|they are|as|be|being|my @relative is) [a|all] [brand] new [patient|patients|here|to]",
            "(become|becoming|register as|registering as|sign up as|start as|establish as) [a|an] [new] patient",
            "(establish|establishing|set up|get established) [care|with|as]",
            "(have|has|had) (never|not) (been|come|gone) (there|here|in|to (your|you|the (office|practice|clinic)))",
            "(have|has) (never|not) (seen|visited) (you|the doctor|anyone there|anybody there|a doctor there)",
            "never been (there|here|to your|in before)",
            "(first|1st) (time|visit|appointment) (there|here|calling|with you|patient|at your|coming)",
            "(looking|searching|need|want) [for] [a|to find a] [new] (primary care|family doctor|primary|pcp|pediatrician|new doctor|new provider)",
            "(taking|accepting|accept|take) new patients",
            "just moved (here|to)",
        ],
    ),
    (
        Is(Caregiver),
        &[
            "(calling|call) [in] (for|on behalf of|about|regarding) (my|our) [@relative is] [oldest|youngest|little|elderly|older|younger|old|late] @relative",
            "(calling|call) [in] (for|on behalf of) (him|her|them|somebody|someone|mr|mrs|miss|a patient|a friend|a resident)",
            "(my|our) [oldest|youngest|little|elderly|older|younger|{1-99} (year|month|week) old] @relative (needs|need|has|have|had|is|was|wants|would|will|cannot|got|ran|keeps|fell|started|threw|missed|takes|hurt|hurts|feels|does|did|been|just|could|should)",
            "(my|our) {1-99} (year|month|week|day) old (needs|has|had|is|was|got|keeps|fell|started|will|cannot)",
            "for (my|our) [@relative is] [oldest|youngest|little|elderly|older|younger|{1-99} (year|month|week) old] @relative",
            "(my|our) @relative is [his|her] (appointment|prescription|refill|results|medication|doctor|records|shot|shots|ear|throat|blood)",
            "i am (his|her|their) (@relative|caregiver|guardian|aide|caretaker|nurse|power of attorney)",
            "(i am|i am a|i am the) (caregiver|guardian|home aide|caretaker|foster parent)",
            "i (take care of|care for|look after) (my|an|a|him|her|mr|mrs)",
        ],
    ),
    (
        Other,
        &[
            "(work|works|worked|working|job|employed) (at|for|in|as|with|there)",
            "(my|our|his|her) @relative (is|was) (a|an|the) [retired|registered|family] (nurse|doctor|physician|pharmacist|receptionist|patient|dr|rn|teacher|medical assistant)",
            "(my|our) @relative (told|said|says|suggested|recommended|referred|thinks|gave|works|worked|goes|comes|sees|saw|drives|brought|is taking|will drive|will bring|also goes|called you|wanted me|is making me|made me)",
            "(i|we) (was|were|am|got|just got) [just] (in|at|out of|discharged from|released from|home from) [the|a] (hospital|emergency room|icu|rehab|urgent care)",
            "(hospital|emergency room|lab|pharmacy|insurance|cvs|walgreens) (told|said|says|called|sent|wants|needs|will not|did not|does not|is out|never|gave|faxed|bill)",
            "(from|at|in) the hospital .. (about|with|for) my",
            "(dr|doctor) .. is patient",
            "(have|through|on|by|under) (blue cross|blue shield|aetna|cigna|humana|medicare|medicaid|kaiser|anthem|tricare) [and|insurance|but|do|as]",
            "(new|never) (medication|medicine|prescription|insurance|address|number|phone|symptom|job|better|felt|had|mind)",
            "was a new patient",
            "(used|went|go|going|sent|send|sends|called|call it) .. (to|in to|in at) .. @pharmacy",
        ],
    ),
];

static PHRASES: LazyLock<Phrases<Sign>> = LazyLock::new(|| {
    let glossary: Glossary =
        LISTS.iter().map(|(name, list)| ((*name).to_owned(), (*list).to_owned())).collect::<BTreeMap<_, _>>();
    let all = WRITTEN.iter().flat_map(|(sign, list)| list.iter().map(move |written| (*sign, *written)));
    Phrases::new(
        all.map(|(sign, written)| (sign, Pattern::parse(written, &glossary).expect("a test reads every pattern"))),
    )
});

/// What an utterance says of who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Who calls, if it was said.
    pub(crate) kind: Option<CallerKind>,
    /// Others are spoken of who have only to do with it: "my wife told me to call".
    pub(crate) speaks_of_others: bool,
}

/// Who calls. Whoever calls for their work does so before they are anything else; "for myself" settles it.
pub(crate) fn caller(text: &str) -> Caller {
    let words = words(text);
    let places = PHRASES.places(&words);
    let others: Vec<Found> = places.iter().copied().filter(|place| *PHRASES.meaning(*place) == Other).collect();
    let said = |place: &Found| match PHRASES.meaning(*place) {
        Is(Patient) => Some(Patient),
        Is(kind) => {
            let other = others.iter().any(|other| other.from < place.to && place.from < other.to);
            (!other).then_some(*kind)
        }
        Other => None,
    };
    let kind = places.iter().filter_map(said).min_by_key(|kind| precedence(*kind));
    Caller { kind, speaks_of_others: !others.is_empty() }
}

fn precedence(kind: CallerKind) -> u8 {
    match kind {
        Patient => 0,
        Pharmacy => 1,
        Insurer => 2,
        Clinician => 3,
        Vendor => 4,
        NewPatient => 5,
        Caregiver => 6,
        CallerKind::Other => 7,
    }
}
