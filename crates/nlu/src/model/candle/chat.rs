use domain::Phi;
use tokenizers::Tokenizer;

use crate::NluError;
use crate::model::Message;

/// Turns prompts into tokens in the ChatML layout, which Qwen 2 and SmolLM2 were trained on:
/// `<|im_start|>role`, newline, text, `<|im_end|>`, newline. An answer is a line `question: word` for each question.
pub(super) struct Chat {
    tokenizer: Tokenizer,
    start: u32,
    end: u32,
}

impl Chat {
    /// None if the tokenizer does not know ChatML's marks.
    pub(super) fn new(tokenizer: Tokenizer) -> Option<Self> {
        let start = tokenizer.token_to_id("<|im_start|>")?;
        let end = tokenizer.token_to_id("<|im_end|>")?;
        Some(Self { tokenizer, start, end })
    }

    /// A prompt of which the last message may still grow.
    pub(super) fn open(&self, messages: &[Message]) -> Result<Vec<u32>, NluError> {
        let mut tokens = self.closed(messages)?;
        if let Some(Message::Told(_)) = messages.last() {
            let closing = self.encode("\n")?.len() + 1;
            tokens.truncate(tokens.len() - closing);
        }
        Ok(tokens)
    }

    /// A prompt up to where the answer begins.
    pub(super) fn up_to_answer(&self, messages: &[Message]) -> Result<Vec<u32>, NluError> {
        let mut tokens = self.closed(messages)?;
        tokens.push(self.start);
        tokens.extend(self.encode("assistant\n")?);
        Ok(tokens)
    }

    /// What stands before a word in an answer.
    pub(super) fn lead(&self, question: &str) -> Result<Vec<u32>, NluError> {
        self.encode(&format!("{question}:"))
    }

    /// A word as it follows a lead, and the end of the answer: no word is the beginning of another.
    pub(super) fn word(&self, word: &str) -> Result<Vec<u32>, NluError> {
        let mut tokens = self.encode(&format!(" {word}"))?;
        tokens.push(self.end);
        Ok(tokens)
    }

    fn closed(&self, messages: &[Message]) -> Result<Vec<u32>, NluError> {
        let mut tokens = Vec::new();
        for message in messages {
            let text = match message {
                Message::Instruction(text) => Phi::new(format!("system\n{text}")),
                Message::Told(text) => text.clone().map(|text| format!("user\n{text}")),
                Message::Answered(answers) => Phi::new(format!("assistant\n{}", answer_lines(answers))),
            };
            tokens.push(self.start);
            tokens.extend(self.encode(text.expose())?);
            tokens.push(self.end);
            tokens.extend(self.encode("\n")?);
        }
        Ok(tokens)
    }

    /// Nobody can speak a control token: what looks like one in a text is broken up.
    fn encode(&self, text: &str) -> Result<Vec<u32>, NluError> {
        let encoding = self.tokenizer.encode_fast(text.replace("<|", "< |"), false).map_err(NluError::Inference)?;
        Ok(encoding.get_ids().to_vec())
    }
}

fn answer_lines(answers: &[(String, String)]) -> String {
    let lines: Vec<String> = answers.iter().map(|(question, word)| format!("{question}: {word}")).collect();
    lines.join("\n")
}
