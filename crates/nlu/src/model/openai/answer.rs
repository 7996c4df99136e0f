//! From a server's answer to probabilities.

use serde::Deserialize;
use serde_json::Value;

use crate::model::Question;

/// The answer to `GET /models`.
#[derive(Deserialize)]
pub(super) struct Listed {
    data: Vec<ListedModel>,
}

#[derive(Deserialize)]
struct ListedModel {
    id: String,
}

impl Listed {
    pub(super) fn first(self) -> Option<String> {
        self.data.into_iter().next().map(|model| model.id)
    }
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Content,
    logprobs: Option<Logprobs>,
}

#[derive(Deserialize)]
struct Content {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Logprobs {
    content: Option<Vec<Step>>,
}

/// One token of the answer and what might have stood in its place.
#[derive(Deserialize)]
struct Step {
    token: String,
    #[serde(default)]
    top_logprobs: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    token: String,
    logprob: f32,
}

/// The probabilities of each question's words. The error says what is wrong, without the answer's words.
pub(super) fn probabilities(body: &[u8], questions: &[Question<'_>]) -> Result<Vec<Vec<f32>>, &'static str> {
    let completion: Completion = serde_json::from_slice(body).map_err(|_| "something that is no completion")?;
    let choice = completion.choices.into_iter().next().ok_or("no choice")?;
    let content = choice.message.content.ok_or("an empty message")?;
    let answers: Value = serde_json::from_str(&content).map_err(|_| "text where JSON was asked for")?;
    let steps = choice.logprobs.and_then(|logprobs| logprobs.content).unwrap_or_default();
    questions
        .iter()
        .map(|question| {
            let word = answers.get(question.name).and_then(Value::as_str);
            let chosen = word.and_then(|word| question.words.iter().position(|w| w == word));
            let chosen = chosen.ok_or("a word that was not among those given")?;
            Ok(by_steps(question, chosen, &steps).unwrap_or_else(|| certainly(question, chosen)))
        })
        .collect()
}

fn certainly(question: &Question<'_>, chosen: usize) -> Vec<f32> {
    (0..question.words.len()).map(|at| if at == chosen { 1.0 } else { 0.0 }).collect()
}

/// Shares the alternatives at the first token of the answered word out among the words that they begin. None where the
/// steps do not say.
fn by_steps(question: &Question<'_>, chosen: usize, steps: &[Step]) -> Option<Vec<f32>> {
    let (step, before) = first_step(question.name, steps)?;
    let mut shares = vec![0.0; question.words.len()];
    for alternative in &step.top_logprobs {
        let token = alternative.token.strip_prefix(before).unwrap_or(&alternative.token);
        let token = token.trim_start_matches([' ', '"']).trim_end_matches(['"', ',', '}', ' ']);
        let begun: Vec<usize> = (0..shares.len()).filter(|&at| begins(&question.words[at], token)).collect();
        // Which of several words a shared beginning leads to is only known of the one that was answered.
        let of = if begun.contains(&chosen) { vec![chosen] } else { begun };
        for &at in &of {
            shares[at] += alternative.logprob.exp() / of.len() as f32;
        }
    }
    let sum: f32 = shares.iter().sum();
    (sum.is_finite() && sum > 0.0 && shares[chosen] > 0.0).then(|| shares.iter().map(|share| share / sum).collect())
}

fn begins(word: &str, token: &str) -> bool {
    !token.is_empty() && word.starts_with(token)
}

/// The step that holds the first letter of the answer to `question`, and what stands in it before that letter.
fn first_step<'a>(question: &str, steps: &'a [Step]) -> Option<(&'a Step, &'a str)> {
    let text: String = steps.iter().map(|step| step.token.as_str()).collect();
    let key = format!("\"{question}\"");
    let after_key = text.find(&key)? + key.len();
    let first_letter = after_key + text[after_key..].find('"')? + 1;
    let mut from = 0;
    for step in steps {
        let to = from + step.token.len();
        if first_letter < to {
            return Some((step, step.token.get(..first_letter - from)?));
        }
        from = to;
    }
    None
}
