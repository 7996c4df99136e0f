//! How different the cases of a suite are from one another: sentences that share their words count as one, however many
//! there are.

use std::collections::{BTreeSet, HashMap};

use super::Case;

/// So many words in a row are compared.
const GRAM_WORDS: usize = 5;

/// Two cases that share more than half of the shorter one's 5-grams.
pub fn too_alike(cases: &[Case]) -> Vec<(usize, usize)> {
    let grams: Vec<BTreeSet<Vec<String>>> = cases.iter().map(|case| grams(case.text.expose())).collect();
    let mut holders: HashMap<&Vec<String>, Vec<usize>> = HashMap::new();
    let mut pairs = Vec::new();
    for (at, own) in grams.iter().enumerate() {
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for gram in own {
            let before = holders.entry(gram).or_default();
            for other in before.iter() {
                *shared.entry(*other).or_default() += 1;
            }
            before.push(at);
        }
        let alike = shared.into_iter().filter(|(other, count)| 2 * count > own.len().min(grams[*other].len()));
        let mut alike: Vec<_> = alike.map(|(other, _)| (other, at)).collect();
        alike.sort_unstable();
        pairs.append(&mut alike);
    }
    pairs
}

/// The 5-grams of a text; a shorter text is one of its own.
fn grams(text: &str) -> BTreeSet<Vec<String>> {
    let words = words(text);
    if words.len() < GRAM_WORDS {
        return BTreeSet::from([words]);
    }
    words.windows(GRAM_WORDS).map(<[String]>::to_vec).collect()
}

/// Its words, in lower case, without punctuation.
pub fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace(['\'', '’'], "");
    lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use crate::suite::read_suite;

    use super::*;

    #[test]
    fn a_filled_template_counts_as_one() {
        let head = "## A\n- id: a\n- urgency: routine\n- topic: t\n- caller: patient\n- intents: billing\n- why: w\n";
        let said = [
            "I would like to pay my bill by card please and thank you Anne",
            "I would like to pay my bill by card please and thank you Bob",
            "who do I talk to about a charge that I do not recognise",
            "no",
            "no.",
        ];
        let text = said.iter().fold(head.to_owned(), |text, said| format!("{text}> {said}\n"));
        let file = tempfile::Builder::new().suffix(".md").tempfile().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let cases = read_suite(file.path()).expect("right");
        assert_eq!(too_alike(&cases), [(0, 1), (3, 4)]);
    }
}
