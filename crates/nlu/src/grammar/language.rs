//! A language that is not English, as it appears in a transcript: by its script, by its commonest words, or by the words
//! that the practice listed for it. A recogniser for English writes other languages as nonsense; what a second,
//! multilingual decode writes is recognised here.
//!
//! Names are no sign: "Maria de la Cruz" is no Spanish sentence, so particles of names are in no list.

use domain::LanguageLine;

use crate::phrase::{Word, words};

/// Letters of these scripts make up at least so much of what is written in them.
const SCRIPT_SHARE_MIN: f32 = 0.3;
/// So many different common words of a language tell it.
const COMMON_WORDS_MIN: usize = 2;
/// And so much of what was said.
const COMMON_SHARE_MIN: f32 = 0.3;

/// Words that stand in almost every English sentence, and in no sentence of the languages below.
const ENGLISH: &[&str] = &[
    "the",
    "and",
    "is",
    "are",
    "you",
    "my",
    "to",
    "of",
    "for",
    "have",
    "with",
    "this",
    "that",
    "it",
    "i",
    "need",
    "what",
    "appointment",
    "please",
    "doctor",
    "would",
    "like",
    "want",
    "was",
    "at",
    "am",
    "your",
    "can",
    "not",
    "do",
];

/// Common words without those that are also English, or parts of names.
const COMMON: &[(&str, &[&str])] = &[
    (
        "Spanish",
        &[
            "hola", "buenos", "buenas", "tardes", "dias", "días", "necesito", "quiero", "quisiera", "cita", "gracias",
            "por", "favor", "habla", "hablar", "español", "espanol", "tengo", "dolor", "ayuda", "mi", "una", "para",
            "con", "hijo", "hija", "esposo", "esposa", "puedo", "puede", "usted", "alguien", "estoy", "medico",
            "médico", "doctora", "señora", "no", "sí", "está", "mucho", "mañana", "hoy", "receta", "pecho",
        ],
    ),
    (
        "French",
        &[
            "bonjour",
            "je",
            "voudrais",
            "rendez",
            "vous",
            "merci",
            "parlez",
            "français",
            "francais",
            "mon",
            "ma",
            "avec",
            "pour",
            "mal",
            "suis",
            "une",
            "est",
            "ai",
            "besoin",
            "médecin",
            "docteur",
            "aide",
            "oui",
            "pas",
        ],
    ),
    (
        "Portuguese",
        &[
            "olá",
            "bom",
            "dia",
            "obrigado",
            "obrigada",
            "preciso",
            "consulta",
            "fala",
            "português",
            "portugues",
            "meu",
            "minha",
            "filho",
            "filha",
            "estou",
            "dor",
            "você",
            "uma",
            "para",
            "com",
            "não",
            "quero",
            "médico",
        ],
    ),
    (
        "Vietnamese",
        &["tôi", "xin", "chào", "bác", "sĩ", "cần", "không", "muốn", "hẹn", "cảm", "ơn", "tiếng", "việt", "đau", "của"],
    ),
    (
        "Italian",
        &["buongiorno", "vorrei", "appuntamento", "grazie", "parla", "italiano", "ho", "bisogno", "sono", "mio"],
    ),
    (
        "German",
        &["guten", "ich", "brauche", "einen", "termin", "danke", "sprechen", "deutsch", "bitte", "habe", "meine"],
    ),
    ("Polish", &["dzień", "dobry", "potrzebuję", "wizytę", "dziękuję", "mówi", "polsku", "proszę", "jestem", "mam"]),
    (
        "Haitian Creole",
        &["bonjou", "mwen", "bezwen", "randevou", "mèsi", "pale", "kreyòl", "kreyol", "tanpri", "doktè"],
    ),
    ("Tagalog", &["kailangan", "salamat", "po", "tagalog", "gusto", "ako", "magandang", "umaga", "doktor"]),
];

/// The languages that have a script to themselves, or nearly: the one that callers most often mean by it.
fn of_script(letter: char) -> Option<&'static str> {
    match letter {
        '\u{3040}'..='\u{30ff}' => Some("Japanese"),
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => Some("Chinese"),
        '\u{ac00}'..='\u{d7af}' => Some("Korean"),
        '\u{0400}'..='\u{04ff}' => Some("Russian"),
        '\u{0600}'..='\u{06ff}' => Some("Arabic"),
        '\u{0900}'..='\u{097f}' => Some("Hindi"),
        '\u{0590}'..='\u{05ff}' => Some("Hebrew"),
        '\u{0e00}'..='\u{0e7f}' => Some("Thai"),
        '\u{0370}'..='\u{03ff}' => Some("Greek"),
        _ => None,
    }
}

/// A language by its name in English; it need not be one of the practice's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// `text` is in it.
    Spoken(String),
    /// Asked for in English.
    Wanted(String),
}

/// The language of `text`, if it is not English, or the one that it asks for. `listed` are the practice's own.
pub(crate) fn language(text: &str, listed: &[LanguageLine]) -> Option<Language> {
    let words = words(text);
    let spoken = by_script(text).or_else(|| {
        let wanted = asked_for(&words, listed).is_some();
        (!wanted).then(|| by_listed_words(text, &words, listed).or_else(|| by_common_words(&words))).flatten()
    });
    spoken.map(Language::Spoken).or_else(|| asked_for(&words, listed).map(Language::Wanted))
}

fn by_script(text: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
    let foreign: Vec<&str> = letters.iter().filter_map(|c| of_script(*c)).collect();
    let enough = foreign.len() as f32 >= SCRIPT_SHARE_MIN * letters.len().max(1) as f32;
    let name = if foreign.contains(&"Japanese") { "Japanese" } else { foreign.first()? };
    enough.then(|| name.to_owned())
}

/// "Do you have somebody who speaks Spanish?"
fn asked_for(words: &[Word], listed: &[LanguageLine]) -> Option<String> {
    const SPEAKING: &[&str] = &[
        "speak",
        "speaks",
        "speaking",
        "spoken",
        "talk",
        "habla",
        "in",
        "only",
        "interpreter",
        "translator",
        "espanol",
    ];
    let names = COMMON.iter().map(|(name, _)| (*name).to_owned());
    let scripts = ["Chinese", "Mandarin", "Cantonese", "Korean", "Russian", "Arabic", "Hindi", "Japanese"];
    let names = names.chain(scripts.map(str::to_owned)).chain(listed.iter().map(|line| line.language.clone()));
    let speaks = words.iter().any(|word| SPEAKING.contains(&word.text.as_str()));
    let wanted = |name: &String| words.iter().any(|word| word.text == name.to_lowercase());
    // "I speak English" wants nothing else
    let denied = words.iter().any(|word| word.text == "not") && !words.iter().any(|word| word.text == "english");
    let mut names = names;
    (speaks && !denied).then(|| names.find(wanted)).flatten()
}

/// Words that the practice listed. A single one counts where next to nothing is English.
fn by_listed_words(text: &str, words: &[Word], listed: &[LanguageLine]) -> Option<String> {
    let english = words.iter().filter(|word| ENGLISH.contains(&word.text.as_str())).count();
    let said = |phrase: &String| {
        let wanted = crate::phrase::words(phrase);
        !wanted.is_empty()
            && words.windows(wanted.len()).any(|window| window.iter().zip(&wanted).all(|(a, b)| a.text == b.text))
    };
    let hits = |line: &LanguageLine| line.heard_with.iter().filter(|phrase| said(phrase)).count();
    let best = listed.iter().map(|line| (hits(line), line)).max_by_key(|(hits, _)| *hits)?;
    let (count, line) = best;
    let is_name = ["my name", "this is", "name is"].iter().any(|cue| text.to_lowercase().contains(cue));
    let enough = count > english || (count >= 1 && english == 0 && !is_name);
    (count > 0 && enough).then(|| line.language.clone())
}

fn by_common_words(words: &[Word]) -> Option<String> {
    let count = |list: &[&str]| {
        let mut said: Vec<&str> =
            words.iter().map(|word| word.text.as_str()).filter(|word| list.contains(word)).collect();
        let all = said.len();
        said.sort_unstable();
        said.dedup();
        (said.len(), all)
    };
    let (_, english) = count(ENGLISH);
    let (different, all, name) = COMMON
        .iter()
        .map(|(name, list)| {
            let (different, all) = count(list);
            (different, all, *name)
        })
        .max_by_key(|(different, all, _)| (*different, *all))?;
    let share = all as f32 / words.len().max(1) as f32;
    (different >= COMMON_WORDS_MIN && share >= COMMON_SHARE_MIN && all > english).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_and_no_false_alarms_on_names() {
        let line = |language: &str, heard_with: &[&str]| LanguageLine {
            language: language.to_owned(),
            heard_with: heard_with.iter().map(|word| (*word).to_owned()).collect(),
            line: String::new(),
        };
        let listed =
            [line("Spanish", &["espanol", "habla", "ayuda", "por favor", "cita"]), line("Vietnamese", &["tieng viet"])];
        for (text, expected) in [
            ("Hola, necesito una cita por favor", Some("Spanish")),
            ("¿Habla español?", Some("Spanish")),
            ("ayuda", Some("Spanish")),
            ("por favor", Some("Spanish")),
            ("mi hijo tiene mucho dolor", Some("Spanish")),
            ("Bonjour, je voudrais un rendez-vous", Some("French")),
            ("Bom dia, preciso de uma consulta", Some("Portuguese")),
            ("xin chào tôi cần gặp bác sĩ", Some("Vietnamese")),
            ("tieng viet", Some("Vietnamese")),
            ("你好,我需要预约", Some("Chinese")),
            ("こんにちは、予約をお願いします", Some("Japanese")),
            ("Здравствуйте, мне нужен врач", Some("Russian")),
            ("مرحبا أحتاج إلى موعد", Some("Arabic")),
            ("안녕하세요 예약하고 싶어요", Some("Korean")),
            ("do you have anybody who speaks Spanish", Some("Spanish")),
            ("can I get an interpreter for Russian", Some("Russian")),
            ("my mother only speaks Chinese", Some("Chinese")),
            ("Maria de la Cruz", None),
            ("my name is Jose Garcia", None),
            ("this is Mercedes Por", None),
            ("Nguyen Van Minh", None),
            ("Dolores", None),
            ("no", None),
            ("no no no", None),
            ("I need an appointment for my son", None),
            ("mi", None),
            ("I'm calling for Mi Hija Restaurant delivery", None),
            ("con Ed is my electric company", None),
            ("Doctor Okafor please", None),
            ("", None),
        ] {
            let found = language(text, &listed).map(|found| match found {
                Language::Spoken(name) | Language::Wanted(name) => name,
            });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
