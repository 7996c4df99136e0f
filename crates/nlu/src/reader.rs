use std::fmt;
use std::sync::Arc;

use domain::{Phi, Practice, Reading};

use crate::NluError;
use crate::context::ReadContext;
use crate::evidence::{Judgement, Learned, Scope};
use crate::grammar;
use crate::model::{Cancel, Head, LanguageModel};
use crate::questions::Questions;
use crate::red_flags::RedFlags;
use crate::rules::Rules;

/// Reads what callers say, for one practice; lives on the thread of its model.
///
/// Reading cannot fail. What the model cannot tell, because there is none, it failed or it was cancelled, the rules tell
/// alone, and if they cannot either, the reading is unsure (the module `witnesses` has the rules of evidence).
pub struct Reader {
    rules: Arc<Rules>,
    questions: Questions,
    model: Option<Box<dyn LanguageModel>>,
    head: Option<Box<dyn Head>>,
    cancel: Cancel,
    failure: Option<NluError>,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("has_model", &self.model.is_some()).finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader; without a model it reads by rules alone. `area_code`: see [`Rules`].
    pub fn new(
        practice: Arc<Practice>,
        area_code: Option<&str>,
        red_flags: RedFlags,
        questions: Questions,
        model: Option<Box<dyn LanguageModel>>,
    ) -> Self {
        let rules = Arc::new(Rules::new(practice, area_code, red_flags));
        Self { rules, questions, model, head: None, cancel: Cancel::default(), failure: None }
    }

    /// The same reader with a third witness.
    pub fn with_head(self, head: Box<dyn Head>) -> Self {
        Self { head: Some(head), ..self }
    }

    /// Whether all that judge were trained to: a reading takes about a tenth of a second, and is worth waiting for.
    pub fn is_trained(&self) -> bool {
        self.head.is_some() && (self.model.is_none() || self.questions.trained())
    }

    /// Lets the model read the instruction and the shots: some seconds, once, before the first call.
    pub fn warm_up(&mut self) -> Result<(), NluError> {
        self.cancel.renew();
        grammar::warm_up();
        match &mut self.model {
            Some(model) => model.prepare(self.questions.beginning(), &self.cancel),
            None => Ok(()),
        }
    }

    /// Everything that is read without the model, for other threads.
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules)
    }

    /// Stops the reading that is in progress: it ends with what the rules tell.
    pub fn canceller(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Lets the model read the call so far while FirstRing speaks, and `text`, the beginning of what the caller is
    /// saying, while they do. Only saves time.
    pub fn prefill(&mut self, text: &Phi<String>, context: &ReadContext) {
        self.cancel.renew();
        if let Some(model) = &mut self.model {
            let prompt = self.questions.prompt(context, text.expose());
            self.failure = model.prepare(&prompt, &self.cancel).err();
        }
    }

    /// What the caller means by `text`.
    pub fn read(&mut self, text: &Phi<String>, context: &ReadContext) -> Reading {
        self.cancel.renew();
        self.failure = None;
        let by_rules = self.rules.hear(text.expose(), context);
        let learned = match by_rules.scope {
            Scope::Answer => Learned::default(),
            Scope::BesideTheAnswer | Scope::Open => Learned {
                head: self.judge_at_once(text.expose(), context),
                model: self.judge(text.expose(), context),
                trained: self.questions.trained(),
            },
        };
        self.rules.conclude(text, context, by_rules, &learned)
    }

    /// Why the model had no part in what was read last, for the log; none if it had, or was not needed.
    pub fn take_failure(&mut self) -> Option<NluError> {
        self.failure.take()
    }

    fn judge_at_once(&mut self, text: &str, context: &ReadContext) -> Option<Judgement> {
        let head = self.head.as_mut()?;
        let line_before = self.questions.line_before(context).map(|line| line.expose().as_str());
        match head.judge(line_before, text) {
            Ok(answers) => self.judgement(&answers),
            Err(failure) => {
                self.failure = Some(failure);
                None
            }
        }
    }

    /// What is no judgement is a failure, too: nobody may take it for "routine".
    fn judgement(&mut self, answers: &[Vec<f32>]) -> Option<Judgement> {
        let judgement = Judgement::new(answers);
        if judgement.is_none() {
            self.failure = Some(NluError::Inference("the answers are no probabilities of our labels".into()));
        }
        judgement
    }

    fn judge(&mut self, text: &str, context: &ReadContext) -> Option<Judgement> {
        let model = self.model.as_mut()?;
        let prompt = self.questions.prompt(context, text);
        match model.choose(&prompt, &self.questions.asked(), &self.cancel) {
            Ok(answers) => self.judgement(&answers),
            Err(failure) => {
                self.failure = Some(failure);
                None
            }
        }
    }
}
