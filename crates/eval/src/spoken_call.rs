//! A scenario held in sound: the caller's lines are recordings that go over a G.711 line, with the noise of a room, to the
//! shell that answers telephones, with its recogniser, its language model and its voice, before the scenario's own office.
//!
//! The caller does what a fair caller does: speaks when FirstRing has finished, answers what the scenario did not foresee
//! ([`fair_caller`]) up to three times for each line, and hangs up when there is nothing left to say. A call went as written
//! if every expectation held where it stands. It reached its goal if all but `**FirstRing:**` held there or, as what was paged,
//! kept or booked may come a question later, at the end of the call.

use std::sync::Arc;
use std::time::Duration;

use audio::telephone::Telephone;
use call::{Entry, FrontDesk, Happening, Journal, OFFICE_REQUESTS_MAX, OfficeEnvelope, Party};
use dialogue::{Note, Output};
use jiff::Zoned;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout};
use transport::loopback::{self, Line, LoopbackCaller, LoopbackOptions, Recording, Reply};

use crate::fair_caller::{self, Answer, BEEN_HERE, NOT_RIGHT, Topic, topic};
use crate::scenario::{Expectation, Scenario, Step};
use crate::seen::{Seen, matches};
use crate::{Book, Misheard, OfficeManner, Room};

/// A caller who hears nothing for so long does the next thing all the same.
const PATIENCE: Duration = Duration::from_secs(15);
/// Where something more is to be said by FirstRing, the caller waits so long for it to go on.
const MORE: Duration = Duration::from_secs(3);
/// Between two keys.
const KEY_PAUSE: Duration = Duration::from_millis(300);
/// At the end FirstRing may hang up first.
const GOODBYE: Duration = Duration::from_secs(10);
/// News of the call that nobody here reads. Full: they are lost, as for any slow viewer.
const NEWS_MAX: usize = 1;

/// So often after one line the caller says something that the scenario did not foresee.
const UNFORESEEN_MAX: usize = 3;

/// A call to be held. Must be held within a tokio runtime, and `book` must be dropped outside of it.
#[derive(Debug)]
pub struct SpokenCall<'a> {
    /// Answers; its office is not asked.
    pub desk: &'a FrontDesk,
    /// What is said and expected.
    pub scenario: &'a Scenario,
    /// The caller's lines in sound, 16 kHz, in the order of the scenario.
    pub lines: Vec<Vec<f32>>,
    /// [`NOT_RIGHT`] in sound.
    pub not_right: Vec<f32>,
    /// [`BEEN_HERE`] in sound.
    pub been_here: Vec<f32>,
    /// The first line that can be [`spelled`](crate::spelled), so spelled, and in sound.
    pub spelled: Option<(String, Vec<f32>)>,
    /// The noise around the caller.
    pub room: Room,
    /// The line.
    pub telephone: Telephone,
    /// The scenario's office.
    pub book: Arc<Book>,
}

/// What came of it.
#[derive(Debug)]
pub struct Verdict {
    /// What does not hold where it stands.
    pub unlike: Vec<Unlike>,
    /// Everything that the caller said.
    pub exchanges: Vec<Exchange>,
    /// What the call wrote down.
    pub journal: Vec<Entry>,
    /// What both sides heard.
    pub recording: Recording,
}

/// An expectation that does not hold where it stands.
#[derive(Debug)]
pub struct Unlike {
    /// The line in the scenario.
    pub line: usize,
    /// What happened instead.
    pub why: String,
    /// The call failed in it: it is no matter of words, and it does not hold at the end either.
    pub failed: bool,
}

/// One thing that the caller said.
#[derive(Debug)]
pub struct Exchange {
    /// As it is written.
    pub said: String,
    /// As it was heard.
    pub heard: String,
}

impl Verdict {
    /// Whether the call did what it was for.
    pub fn reached(&self) -> bool {
        self.unlike.iter().all(|unlike| !unlike.failed)
    }

    /// How well the caller was heard.
    pub fn misheard(&self) -> Misheard {
        let mut all = Misheard::default();
        for exchange in &self.exchanges {
            all += Misheard::of(&exchange.said, &exchange.heard);
        }
        all
    }
}

impl SpokenCall<'_> {
    /// Holds the call to its end.
    pub async fn hold(self) -> Verdict {
        let steps = &self.scenario.steps;
        let mut lines = self.lines.iter();
        let mut talk = Conversation::begin(&self);
        let mut unlike = Vec::new();
        talk.caller.finished_speaking(PATIENCE).await;
        for (at, (line, step)) in steps.iter().enumerate() {
            let ahead = &steps[at + 1..];
            match step {
                Step::Caller(text) => {
                    let sound = lines.next().map_or(&[][..], Vec::as_slice);
                    talk.say(&self, Recorded { text: text.expose(), sound }, &said(ahead)).await;
                }
                Step::Silence(long) => talk.stay_silent(*long).await,
                Step::Digit(key) => talk.press(*key, ahead).await,
                Step::HangUp => talk.hang_up().await,
                // One call is held in sound; who calls again is heard in text.
                Step::CallAgain(_) => break,
                Step::Expect(expectation) => {
                    if let Err(why) = talk.check(expectation).await {
                        unlike.push((*line, expectation, why));
                    }
                }
            }
        }
        talk.say_goodbye().await;
        let mut verdicts = Vec::new();
        for (line, expectation, why) in unlike {
            verdicts.push(Unlike { line, why, failed: talk.fails_in(expectation).await });
        }
        let Conversation { caller, journal, exchanges, office, .. } = talk;
        let recording = caller.recording().await;
        if let Err(why) = office.await {
            tracing::error!(panicked = why.is_panic(), "the scenario's office failed");
        }
        Verdict { unlike: verdicts, exchanges, journal, recording }
    }
}

/// What FirstRing is to say before the caller does the next thing.
fn said(ahead: &[(usize, Step)]) -> Vec<&str> {
    let mut patterns = Vec::new();
    for (_, step) in ahead {
        match step {
            Step::Expect(Expectation::Says(pattern)) => patterns.push(pattern.as_str()),
            Step::Expect(_) => {}
            Step::Caller(_) | Step::Silence(_) | Step::Digit(_) | Step::HangUp | Step::CallAgain(_) => break,
        }
    }
    patterns
}

/// Something to say, and its sound.
#[derive(Clone, Copy)]
struct Recorded<'a> {
    text: &'a str,
    /// 16 kHz.
    sound: &'a [f32],
}

/// The caller's side of a call, and what is seen of it.
struct Conversation<'a> {
    caller: LoopbackCaller,
    call: Option<JoinHandle<Party>>,
    office: JoinHandle<()>,
    entries: mpsc::Receiver<Entry>,
    book: Arc<Book>,
    journal: Vec<Entry>,
    seen: Seen,
    exchanges: Vec<Exchange>,
    /// What was asked, and the line that answered it.
    answers: Vec<(Topic, Recorded<'a>)>,
}

impl<'a> Conversation<'a> {
    /// Picks up.
    fn begin(held: &SpokenCall<'_>) -> Self {
        let SpokenCall { desk, scenario, room, telephone, book, .. } = held;
        let caller_id = scenario.caller_id.clone();
        let (mut leg, caller) = loopback::call(LoopbackOptions { line: Line::G711(*telephone), caller_id });
        room.clone().surrounds(&mut leg);
        let (requests, queue) = mpsc::channel(OFFICE_REQUESTS_MAX);
        let office = tokio::spawn(answer(queue, scenario.office, Arc::clone(book), scenario.now.clone()));
        let (journal, entries) = Journal::new();
        let (desk, started) = (FrontDesk { office: requests, ..(*desk).clone() }, scenario.now.clone());
        let call = tokio::spawn(async move {
            let (news, _unread) = mpsc::channel(NEWS_MAX);
            desk.answer(leg, started, journal, news).await
        });
        let (journal, seen, exchanges, answers) = (Vec::new(), Seen::default(), Vec::new(), Vec::new());
        Self { caller, call: Some(call), office, entries, book: Arc::clone(book), journal, seen, exchanges, answers }
    }

    /// Says a line, and what else a fair caller says to what comes of it.
    async fn say(&mut self, held: &'a SpokenCall<'_>, line: Recorded<'a>, expected: &[&str]) {
        self.look();
        let mut before = self.seen.since();
        self.answers.extend(topic(&before).map(|topic| (topic, line)));
        self.seen.turns += 1;
        let mut next = line;
        for _ in 0..=UNFORESEEN_MAX {
            let heard = self.seen.spoken.len();
            let reply = self.say_once(next, expected).await;
            if reply == Reply::HungUp || self.as_expected(expected) {
                return;
            }
            let now = self.seen.spoken_from(heard);
            next = match fair_caller::answer(&before, &now, !expected.is_empty()) {
                Some(Answer::Again) => next,
                Some(Answer::NotRight) => Recorded { text: NOT_RIGHT, sound: &held.not_right },
                Some(Answer::BeenHere) => Recorded { text: BEEN_HERE, sound: &held.been_here },
                Some(Answer::AsBefore(topic)) => match self.answer_to(topic) {
                    Some(line) => line,
                    None => return,
                },
                Some(Answer::Spelled) => match &held.spelled {
                    Some((text, sound)) => Recorded { text, sound },
                    None => next,
                },
                None => return,
            };
            before = now;
        }
    }

    /// What the caller has answered to that.
    fn answer_to(&self, asked: Topic) -> Option<Recorded<'a>> {
        let mut about = self.answers.iter().filter(|(topic, _)| *topic == asked).map(|(_, line)| *line);
        match asked {
            Topic::Errand => about.next(),
            // perhaps with the errand: "a physical on Tuesday"
            Topic::When => about.next_back().or_else(|| self.answer_to(Topic::Errand)),
            Topic::Who | Topic::BeenHere | Topic::Number | Topic::Choice => about.next_back(),
        }
    }

    fn as_expected(&self, expected: &[&str]) -> bool {
        let now = self.seen.since();
        !expected.is_empty() && expected.iter().all(|pattern| matches(pattern, &now))
    }

    /// Says a line and hears the answer out.
    async fn say_once(&mut self, line: Recorded<'_>, expected: &[&str]) -> Reply {
        self.exchanges.push(Exchange { said: line.text.to_owned(), heard: String::new() });
        if self.caller.say(line.sound.to_vec()).await.is_err() {
            self.look();
            return Reply::HungUp;
        }
        let mut reply = self.caller.finished_speaking(PATIENCE).await;
        let first = reply;
        self.look();
        while reply == Reply::Spoken && !expected.is_empty() && !self.as_expected(expected) {
            reply = self.caller.finished_speaking(MORE).await;
            self.look();
        }
        if reply == Reply::HungUp { reply } else { first }
    }

    async fn stay_silent(&mut self, long: Duration) {
        if self.caller.silence(long).await.is_ok() {
            self.caller.finished_speaking(MORE).await;
        }
    }

    /// Presses a key; behind the last one the answer is heard out.
    async fn press(&mut self, key: char, ahead: &[(usize, Step)]) {
        if self.caller.press(key).await.is_err() || self.caller.silence(KEY_PAUSE).await.is_err() {
            return;
        }
        let next = ahead.iter().find(|(_, step)| !matches!(step, Step::Expect(_)));
        if !matches!(next, Some((_, Step::Digit(_)))) {
            self.caller.finished_speaking(PATIENCE).await;
        }
    }

    async fn hang_up(&mut self) {
        self.caller.hang_up();
        if let Some(call) = self.call.take()
            && let Err(why) = call.await
        {
            tracing::error!(panicked = why.is_panic(), "the call's task failed");
        }
        self.look();
        self.seen.over = true;
    }

    /// FirstRing may hang up first; then the caller does.
    async fn say_goodbye(&mut self) {
        if !self.seen.over {
            // Either of the two ends the call.
            timeout(GOODBYE, self.caller.hung_up()).await.ok();
        }
        self.hang_up().await;
    }

    async fn check(&mut self, expectation: &Expectation) -> Result<(), String> {
        if matches!(expectation, Expectation::Over(true)) {
            // It may still be saying its goodbye.
            timeout(GOODBYE, self.caller.hung_up()).await.ok();
        }
        self.look();
        let book = if matches!(expectation, Expectation::InBook(_) | Expectation::NotInBook(_)) {
            let book = Arc::clone(&self.book);
            spawn_blocking(move || book.lines()).await.unwrap_or_else(|why| Err(why.to_string()))
        } else {
            Ok(Vec::new())
        };
        self.seen.check(expectation, || book)
    }

    /// Whether the call failed in what did not hold in its place.
    async fn fails_in(&mut self, expectation: &Expectation) -> bool {
        match expectation {
            Expectation::Says(_) => false,
            Expectation::Over(_) => true,
            Expectation::Never(_)
            | Expectation::Paged(_)
            | Expectation::NotPaged
            | Expectation::Message(_)
            | Expectation::InBook(_)
            | Expectation::NotInBook(_)
            | Expectation::Outcome(_) => self.check(expectation).await.is_err(),
        }
    }

    /// Takes in what the call has written down meanwhile.
    fn look(&mut self) {
        while let Ok(entry) = self.entries.try_recv() {
            match &entry.what {
                Happening::Line { text, .. } => self.seen.line(text.expose().clone()),
                Happening::Heard(utterance) => {
                    if let Some(exchange) = self.exchanges.last_mut() {
                        exchange.heard.push_str(if exchange.heard.is_empty() { "" } else { " " });
                        exchange.heard.push_str(utterance.text.expose());
                    }
                }
                Happening::Output(Output::Ask { request, .. }) => self.seen.request(request),
                Happening::Output(Output::Note(Note::Outcome(outcome))) => self.seen.outcome(outcome),
                Happening::Output(Output::HangUp) | Happening::Over { .. } => self.seen.over = true,
                Happening::Answered { .. }
                | Happening::Hearing(_)
                | Happening::Dismissed
                | Happening::Input(_)
                | Happening::Timeout
                | Happening::Output(
                    Output::Say { .. }
                    | Output::PauseSpeaking
                    | Output::ResumeSpeaking
                    | Output::StopSpeaking
                    | Output::Transfer { .. }
                    | Output::Bridge
                    | Output::StopRinging
                    | Output::Record(_)
                    | Output::Note(Note::Escalated { .. }),
                )
                | Happening::FirstSound { .. }
                | Happening::Stage { .. } => {}
            }
            self.journal.push(entry);
        }
    }
}

/// The scenario's office: replies as the scenario says, or from the book, at the wall time of the call.
async fn answer(mut queue: mpsc::Receiver<OfficeEnvelope>, manner: OfficeManner, book: Arc<Book>, started: Zoned) {
    let (started, began) = (started.timestamp(), Instant::now());
    while let Some(OfficeEnvelope { call, id, request, replies }) = queue.recv().await {
        let now = started.checked_add(began.elapsed()).unwrap_or(started);
        let answers = match manner.replies(&request) {
            Some(answers) => answers,
            None => {
                let book = Arc::clone(&book);
                spawn_blocking(move || book.ask(call, id, request, now)).await.unwrap_or_default()
            }
        };
        for reply in answers {
            // A call that is over wants no replies.
            replies.send(reply).await.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_next_ends_with_the_callers_next_act() {
        let text = "**Caller:** a\n**FirstRing:** b\n**Book:** c\n**FirstRing:** d\n(presses 1)\n**FirstRing:** e\n";
        let scenario = Scenario::parse(text).unwrap();
        assert_eq!(said(&scenario.steps[1..]), ["b", "d"]);
    }
}
