//! The words around a name: what introduces it, what is skipped before it, what it ends before. How sure a name is by them.

/// Introduced by its own words, with a first and a last name.
pub(crate) const INTRODUCED: f32 = 0.85;
/// One word only, or the bare answer to the question.
pub(crate) const BARE: f32 = 0.7;
/// "I'm Maria": often something else follows these words.
pub(super) const WEAK: f32 = 0.55;

/// What introduces a name, and how sure that is; the longer first.
pub(super) const CUES: &[(&[&str], f32)] = &[
    (&["my", "name", "is"], INTRODUCED),
    (&["my", "name's"], INTRODUCED),
    (&["the", "name", "is"], INTRODUCED),
    (&["the", "name's"], INTRODUCED),
    (&["his", "name", "is"], INTRODUCED),
    (&["her", "name", "is"], INTRODUCED),
    (&["wife's", "name", "is"], INTRODUCED),
    (&["husband's", "name", "is"], INTRODUCED),
    (&["son's", "name", "is"], INTRODUCED),
    (&["daughter's", "name", "is"], INTRODUCED),
    (&["mother's", "name", "is"], INTRODUCED),
    (&["father's", "name", "is"], INTRODUCED),
    (&["patient's", "name", "is"], INTRODUCED),
    (&["patient", "name", "is"], INTRODUCED),
    (&["patient", "is"], BARE),
    (&["first", "name", "is"], INTRODUCED),
    (&["full", "name", "is"], INTRODUCED),
    (&["under", "the", "name", "of"], INTRODUCED),
    (&["under", "the", "name"], INTRODUCED),
    (&["use", "the", "name"], INTRODUCED),
    (&["name", "should", "be"], INTRODUCED),
    (&["last", "name", "is"], BARE),
    (&["last", "name"], BARE),
    (&["this", "is"], BARE),
    (&["call", "me"], WEAK),
    (&["i", "am"], WEAK),
    (&["i'm"], WEAK),
    (&["im"], WEAK),
];

/// Introduce a name only where one was asked for.
pub(super) const CUES_IN_ANSWERS: &[&[&str]] = &[
    &["it's"],
    &["its"],
    &["it", "is"],
    &["that's"],
    &["that", "is"],
    &["yes"],
    &["sure"],
    &["yeah"],
    &["first", "name"],
];

/// Skipped before an answer.
pub(super) const LEADS: &[&str] = &[
    "uh", "um", "er", "well", "oh", "okay", "ok", "yes", "yeah", "sure", "hi", "hello", "so", "hey", "yep", "please",
    "sorry", "fine", "no",
];

/// Before a name that corrects the one before: "Rose Weber, sorry, Ruth Weber".
pub(super) const CORRECTIONS: &[&str] = &["sorry", "no", "wait", "actually", "meant", "mean", "rather", "oops"];

/// Whose name follows: "it's for my husband Paul Stein". Only where a name was asked for.
pub(super) const RELATIVES: &[&str] = &[
    "husband",
    "wife",
    "son",
    "daughter",
    "mother",
    "mom",
    "father",
    "dad",
    "brother",
    "sister",
    "grandson",
    "granddaughter",
    "grandmother",
    "grandfather",
    "grandma",
    "grandpa",
    "partner",
    "husband's",
    "wife's",
    "patient",
];

/// Names that are also words which end a name elsewhere: "Will Young", "Said Amrani".
pub(super) const ALSO_NAMES: &[&str] = &["will", "said"];

/// Dropped from the front of a name.
pub(super) const TITLES: &[&str] = &["mr", "mrs", "ms", "miss", "mister", "doctor", "dr"];

/// Never a part of a name: a name ends before one of these.
pub(super) const NOT_NAMES: &str = " a about afraid after again all already also an and any appointment are as ask asking at back bad be because been \
    before being better bleeding born both but by bye call called caller calling came can can't cannot come coming confused correct could \
    currently cancel date day daughter dead did diabetic do does doing don't done down dying emergency etc ever experiencing feel feeling \
    fever fine first for from get getting give given go going gonna good got had happening has have having he hello help her here here's him \
    his how hurt hurting husband i i'd i'll i'm i've if in interested into is isn't it it's its just kidding know last late letter like \
    listed looking lost made make maybe me mine misspelled mom more mother mrs my myself name need needed never new no not nothing \
    now number of office ok okay on one only or other our out over pain patient person phone please pregnant probably problem \
    question ready really regarding returning right running said same say scheduled see seen shall she should sick since so some \
    somebody someone son sorry speaking spell spelled spelling still supposed sure taking tell than thank thanks that that's the their \
    them then there they thing think this time tired to today tomorrow too trying two under unable until up urgent us very wait \
    waiting want wanted wants was wasn't we well went were what what's when where which who why wife will with wondering worried \
    would wrong yeah yes yesterday yet you your ";
