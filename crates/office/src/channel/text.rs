//! What pages say in words: reference, urgency, practice and why, and nothing that the caller said or is.

use domain::Urgency;
use oncall::Why;

use super::PageNotice;

/// A page that only tries out whether pages arrive says this before anything else.
pub(super) const TEST: &str = "TEST, nobody needs to act";
/// Of a practice's name in a text message: enough to know it by, and room for the link.
const NAME_IN_SMS: usize = 40;
/// Of a practice's name elsewhere: no name is longer, and some receivers refuse what has no end.
const NAME: usize = 200;
/// Every character that a text message holds in seven bits. Those that take two places, such as `[`, are left out.
const GSM_7: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                     ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// `EMERGENCY AB-1234`, or `TEST AB-1234`.
pub(super) fn headline(page: &PageNotice<'_>) -> String {
    let first = match page.urgency {
        _ if page.test => "TEST",
        Urgency::Emergency => "EMERGENCY",
        Urgency::Urgent => "URGENT",
        Urgency::Routine => "ROUTINE",
    };
    format!("{first} {}", page.reference)
}

/// The practice's name on one line.
pub(super) fn practice(page: &PageNotice<'_>) -> String {
    shorten(&one_line(page.practice), NAME)
}

/// Why this page comes, where it is not the first; a sentence.
pub(super) fn because(page: &PageNotice<'_>) -> Option<&'static str> {
    match page.why {
        _ if page.test => None,
        Why::Opened | Why::Restarted => None,
        Why::Repeated => Some("Not taken yet."),
        Why::NextInRota => Some("Others have not taken it."),
        Why::NewRound => Some("Nobody has taken it yet."),
        Why::Raised => Some("More urgent than before."),
        Why::NotReached => Some("It was taken, but the caller was not reached."),
    }
}

/// Beside a headline, where there is room: the practice, why, and what to do.
pub(super) fn body(page: &PageNotice<'_>) -> String {
    let practice = practice(page);
    if page.test {
        return format!("{TEST}. {practice} tries out whether pages arrive.");
    }
    let because = because(page).map(|why| format!(" {why}")).unwrap_or_default();
    format!("{practice}.{because} Open the link to read what is known and to take the case.")
}

/// A text message. One of two parts at most: without the link it has less than 160 characters, all of GSM's seven bits,
/// because one other character makes every part less than half as long.
pub(super) fn sms(page: &PageNotice<'_>) -> String {
    let name = name_in_sms(page.practice);
    let of = if name.is_empty() { String::new() } else { format!(", {name}") };
    if page.test {
        return format!("{TEST}: {}{of}. {}", page.reference, page.link);
    }
    let because = because(page).map(|why| format!(" {why}")).unwrap_or_default();
    let digits = digits(page.reference);
    format!("{}{of}.{because} {} Reply 1 {digits} to take it.", headline(page), page.link)
}

/// What a telephone call says.
pub(super) fn spoken(page: &PageNotice<'_>) -> String {
    let (practice, letters) = (practice(page), spelled(page.reference));
    if page.test {
        return format!(
            "This is FirstRing for {practice} with a test. Nobody needs to act. Reference {letters}. This was a test."
        );
    }
    let what = match page.urgency {
        Urgency::Emergency => "an emergency",
        Urgency::Urgent => "an urgent case",
        Urgency::Routine => "a case",
    };
    let because = because(page).map(|why| format!(" {why}")).unwrap_or_default();
    format!(
        "This is FirstRing for {practice}. There is {what}, reference {letters}.{because} \
         Press 1 to take it, 2 to decline, 3 to hear it again."
    )
}

/// `A B 1 2 3 4`: a voice reads `AB-1234` as a word and a number.
fn spelled(reference: &str) -> String {
    let letters: Vec<_> = reference.chars().filter(char::is_ascii_alphanumeric).map(String::from).collect();
    letters.join(" ")
}

/// The end of a reference: `1234`.
fn digits(reference: &str) -> &str {
    reference.rsplit('-').next().unwrap_or(reference)
}

/// A practice's name as it stands in a text message.
pub(crate) fn name_in_sms(practice: &str) -> String {
    shorten(&gsm_7(&one_line(practice)), NAME_IN_SMS)
}

/// Whoever names a practice adds no line to a header.
pub(crate) fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shorten(text: &str, most: usize) -> String {
    text.chars().take(most).collect::<String>().trim_end().to_owned()
}

/// In the characters of a text message; those that have nothing like them go.
fn gsm_7(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if GSM_7.contains(letter) {
            plain.push(letter);
        } else {
            plain.push_str(like(letter));
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn like(letter: char) -> &'static str {
    match letter {
        '‘' | '’' | '`' | '´' => "'",
        '“' | '”' | '„' => "\"",
        '‐'..='―' | '~' => "-",
        '[' | '{' => "(",
        ']' | '}' => ")",
        '|' | '\\' => "/",
        '…' => "...",
        '·' | '•' | '\u{a0}' => " ",
        'À'..='Ã' | 'Ā' | 'Ă' | 'Ą' => "A",
        'á'..='ã' | 'ā' | 'ă' | 'ą' => "a",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'Ć' | 'Ĉ' | 'Ċ' | 'Č' => "C",
        'È' | 'Ê' | 'Ë' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
        'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'Ì'..='Ï' | 'Ī' | 'İ' => "I",
        'í'..='ï' | 'ī' | 'ı' => "i",
        'Ł' => "L",
        'ł' => "l",
        'Ń' | 'Ň' => "N",
        'ń' | 'ň' => "n",
        'Ò'..='Õ' | 'Ō' | 'Ő' => "O",
        'ó'..='õ' | 'ō' | 'ő' => "o",
        'Œ' => "OE",
        'œ' => "oe",
        'Ř' => "R",
        'ř' => "r",
        'Ś' | 'Ş' | 'Š' | 'Ș' => "S",
        'ś' | 'ş' | 'š' | 'ș' => "s",
        'Ť' | 'Ț' => "T",
        'ť' | 'ț' => "t",
        'Ù'..='Û' | 'Ū' | 'Ů' | 'Ű' => "U",
        'ú' | 'û' | 'ū' | 'ů' | 'ű' => "u",
        'Ý' | 'Ÿ' => "Y",
        'ý' | 'ÿ' => "y",
        'Ź' | 'Ż' | 'Ž' => "Z",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}
