//! A practice in one process: models without weights, an office that takes everything, and a caller on a loopback line.
//! Time is virtual; a model that hangs stands outside of it, so that the limits on it pass.
#![allow(dead_code)] // each test binary uses a part of it

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use call::{Engine, Entry, FrontDesk, Happening, HearingEngines, Journal, OFFICE_REQUESTS_MAX, OfficeEnvelope};
use call::{Pace, ReaderEngine, Summary, VadPool, Voice};
use dialogue::{Input, Output, Prompt, Wording};
use domain::{CaseId, MessageDraft, MessageId, OfficeReply, OfficeRequest, Phi, Practice, PracticeId, Tempo};
use jiff::Zoned;
use nlu::red_flags::RedFlags;
use nlu::{Questions, Reader};
use speech::SpeechError;
use speech::hearing::fake::{FakeEndOfTurn, FakeRecognizer, FakeVad};
use speech::hearing::{Cancel, Decoding, EndOfTurn, Recognized, Recognizer, Vad};
use speech::voice::Synthesizer;
use speech::voice::cache::LineCache;
use speech::voice::fake::FakeVoice;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use transport::Leg;
use transport::loopback::{self, Line, LoopbackCaller, LoopbackOptions, Recording};

/// The written rules alone are sure of these, and of the beginnings that the tests cut them at.
pub(crate) const REFILL: &str = "please renew my prescription";
pub(crate) const MORE: &str = "please renew my prescription for the same pharmacy as before";
pub(crate) const CHEST: &str = "I have crushing chest pain and I am sweating all over";
const CALLER_ID: &str = "+12125550123";
const NEWS_MAX: usize = 1;
pub(crate) const CARD: &str = "my card number is 4111 1111 1111 1111";
pub(crate) const YES: &str = "yes";
pub(crate) const SAYS: [&str; 5] = [REFILL, MORE, CHEST, CARD, YES];
/// A caller in these tests waits for an answer as long as the slowest limit on a model, and then some.
const PATIENCE: Duration = Duration::from_secs(40);

/// When a model fails, counted in the jobs that it was given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    None,
    /// These jobs fail, the first being 0.
    Fails(usize, usize),
    /// This job and all after it never return.
    Hangs(usize),
}

/// A model with a fault, and how many jobs it was given.
#[derive(Debug)]
struct Faulty<M> {
    inner: M,
    fault: Fault,
    jobs: usize,
}

impl<M> Faulty<M> {
    fn new(inner: M, fault: Fault) -> Self {
        Self { inner, fault, jobs: 0 }
    }

    /// Goes on with a sound model, fails, or never returns.
    fn meet(&mut self) -> Result<&mut M, SpeechError> {
        let job = self.jobs;
        self.jobs += 1;
        match self.fault {
            Fault::Fails(from, to) if (from..to).contains(&job) => {
                Err(SpeechError::Failed { model: "fake", source: "it was told to fail".into() })
            }
            Fault::Hangs(from) if job >= from => loop {
                std::thread::park();
            },
            Fault::None | Fault::Fails(..) | Fault::Hangs(_) => Ok(&mut self.inner),
        }
    }
}

impl Fault {
    /// Virtual time waits for every model but one that hangs.
    fn pace(self) -> Pace {
        match self {
            Fault::None | Fault::Fails(..) => Pace::Virtual,
            Fault::Hangs(_) => Pace::RealTime,
        }
    }
}

impl Recognizer for Faulty<FakeRecognizer> {
    fn recognize(&mut self, speech: &[f32], how: &Decoding, cancel: &Cancel) -> Result<Recognized, SpeechError> {
        self.meet()?.recognize(speech, how, cancel)
    }
}

impl Synthesizer for Faulty<FakeVoice> {
    fn name(&self) -> &'static str {
        "fake/tone"
    }
    fn hz(&self) -> u32 {
        FakeVoice::HZ
    }
    fn synthesize(&mut self, clause: &str, tempo: Tempo) -> Result<Vec<f32>, SpeechError> {
        self.meet()?.synthesize(clause, tempo)
    }
}

/// What is broken in a practice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Faults {
    pub(crate) recognizer: Fault,
    /// What was rendered before the call was made by a voice that was sound.
    pub(crate) voice: Fault,
    pub(crate) lines: Lines,
}

/// Whether fixed lines lie on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    OnDisk,
    MadeAnew,
}

/// A call in progress.
pub(crate) struct Call {
    pub(crate) caller: LoopbackCaller,
    /// Cancelled, it cuts the line.
    pub(crate) line: CancellationToken,
    says: FakeRecognizer,
    held: JoinHandle<()>,
    entries: JoinHandle<Vec<Entry>>,
    asked: Arc<Mutex<Vec<OfficeRequest>>>,
    _lines: tempfile::TempDir,
}

/// A call that is over.
pub(crate) struct Held {
    pub(crate) journal: Vec<Entry>,
    pub(crate) asked: Vec<OfficeRequest>,
}

impl Call {
    /// Somebody rings, and is greeted.
    pub(crate) async fn begin(faults: Faults) -> Self {
        Self::begin_at("2026-03-03T10:00:00-05:00[America/New_York]", faults, |_| {}).await
    }

    /// The same, at this time, at a front desk that differs in something.
    pub(crate) async fn begin_at(started: &str, faults: Faults, differs: impl FnOnce(&mut FrontDesk)) -> Self {
        Self::begin_on(|leg| leg, started, faults, differs).await
    }

    /// The same on a line that differs, too.
    pub(crate) async fn begin_on(
        passes: impl FnOnce(Leg) -> Leg,
        started: &str,
        faults: Faults,
        differs: impl FnOnce(&mut FrontDesk),
    ) -> Self {
        let lines = tempfile::tempdir().unwrap();
        let (desk, says, asked) = front_desk(faults, lines.path(), differs).await;
        let caller_id = Some(Phi::new(CALLER_ID.parse().unwrap()));
        let (leg, caller) = loopback::call(LoopbackOptions { line: Line::Wide, caller_id });
        let leg = passes(leg);
        let line = leg.over.clone();
        let (journal, mut kept) = Journal::new();
        let entries = tokio::spawn(async move {
            let mut all = Vec::new();
            while let Some(entry) = kept.recv().await {
                all.push(entry);
            }
            all
        });
        let (news, _unread) = mpsc::channel(NEWS_MAX);
        let started: Zoned = started.parse().unwrap();
        let held = tokio::spawn(async move {
            desk.answer(leg, started, journal, news).await;
        });
        let mut call = Self { caller, line, says, held, entries, asked, _lines: lines };
        call.listen().await;
        call
    }

    /// The caller says something, and is answered, or is not.
    pub(crate) async fn say(&mut self, text: &str) {
        if self.caller.say(self.says.speech(text)).await.is_ok() {
            self.listen().await;
        }
    }

    /// The caller begins to say something.
    pub(crate) async fn begin_to_say(&mut self, text: &str, long: Duration) {
        let sound = self.says.speech(text);
        // Cut off by the time-out: the sound goes on in the line's own task.
        drop(tokio::time::timeout(long, self.caller.say(sound)).await);
    }

    async fn listen(&mut self) {
        self.caller.finished_speaking(PATIENCE).await;
    }

    /// Waits until FirstRing hangs up, or else the caller does.
    pub(crate) async fn end(self) -> Held {
        self.end_with_recording().await.0
    }

    /// The same, with what was to be heard.
    pub(crate) async fn end_with_recording(mut self) -> (Held, Recording) {
        drop(tokio::time::timeout(PATIENCE, self.caller.hung_up()).await);
        self.caller.hang_up();
        self.held.await.unwrap();
        let asked = self.asked.lock().unwrap().clone();
        let journal = self.entries.await.unwrap();
        (Held { journal, asked }, self.caller.recording().await)
    }
}

impl Held {
    /// The lines that were heard to their end, in order.
    pub(crate) fn heard(&self) -> Vec<Prompt> {
        let finished = |line| {
            self.journal
                .iter()
                .any(|entry| matches!(entry.what, Happening::Input(Input::LineFinished(finished)) if finished == line))
        };
        self.said().into_iter().filter(|(line, _)| finished(*line)).map(|(_, prompt)| prompt).collect()
    }

    /// How often a line was begun.
    pub(crate) fn times_said(&self, wanted: fn(&Prompt) -> bool) -> usize {
        self.said().iter().filter(|(_, prompt)| wanted(prompt)).count()
    }

    fn said(&self) -> Vec<(domain::LineId, Prompt)> {
        let say = |entry: &Entry| match &entry.what {
            Happening::Output(Output::Say { line, prompt, .. }) => Some((*line, prompt.clone())),
            _ => None,
        };
        self.journal.iter().filter_map(say).collect()
    }

    /// Everything that the receptionist was told, in order.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.journal.iter().filter_map(|entry| match &entry.what {
            Happening::Input(input) => Some(input),
            _ => None,
        })
    }

    pub(crate) fn was_told(&self, input: &Input) -> bool {
        self.journal.iter().any(|entry| matches!(&entry.what, Happening::Input(told) if told == input))
    }

    pub(crate) fn hung_up_by_us(&self) -> bool {
        self.journal.iter().any(|entry| matches!(entry.what, Happening::Output(Output::HangUp)))
    }

    pub(crate) fn sought_a_person(&self) -> bool {
        self.journal.iter().any(|entry| matches!(entry.what, Happening::Output(Output::Transfer { .. })))
    }

    pub(crate) fn messages(&self) -> Vec<&MessageDraft> {
        let mut messages = Vec::new();
        for request in &self.asked {
            if let OfficeRequest::SaveMessage(draft) = request {
                messages.push(&**draft);
            }
        }
        messages
    }

    pub(crate) fn opened_a_case(&self) -> bool {
        self.asked.iter().any(|request| matches!(request, OfficeRequest::OpenCase(_)))
    }

    pub(crate) fn summary(&self) -> Summary {
        Summary::of(&self.journal)
    }
}

/// What answers calls, who knows what is said to it, and what it asks of the office.
pub(crate) async fn front_desk(
    faults: Faults,
    lines: &Path,
    differs: impl FnOnce(&mut FrontDesk),
) -> (FrontDesk, FakeRecognizer, Arc<Mutex<Vec<OfficeRequest>>>) {
    let says = FakeRecognizer::new(&SAYS);
    let (office, asked) = office();
    let cache = || match faults.lines {
        Lines::OnDisk => Some(LineCache::open(lines, "fake/tone", FakeVoice::HZ, "none").unwrap()),
        Lines::MadeAnew => None,
    };
    let mut desk = desk(faults.recognizer, &says, voice(Fault::None, cache()), office);
    desk.warm_up().await;
    // The paused clock stands still until the disk has what it is to keep.
    tokio::time::sleep(Duration::from_millis(1)).await;
    desk.voice = voice(faults.voice, cache());
    differs(&mut desk);
    (desk, says, asked)
}

fn voice(fault: Fault, cache: Option<LineCache>) -> Voice {
    let voice: Box<dyn Synthesizer> = Box::new(Faulty::new(FakeVoice::default(), fault));
    Voice::start(vec![voice], cache, fault.pace()).unwrap()
}

fn desk(fault: Fault, says: &FakeRecognizer, voice: Voice, office: mpsc::Sender<OfficeEnvelope>) -> FrontDesk {
    let practice = practice();
    let pace = Pace::Virtual;
    let recognizer: Box<dyn Recognizer> = Box::new(Faulty::new(says.clone(), fault));
    let hearing = HearingEngines {
        vads: VadPool::new(Box::new(|| Ok(Box::new(FakeVad) as Box<dyn Vad>))).unwrap(),
        end_of_turn: Engine::start("turn", vec![Box::new(FakeEndOfTurn(0.9)) as Box<dyn EndOfTurn>], pace).unwrap(),
        recognizer: Engine::start("recognizer", vec![recognizer], fault.pace()).unwrap(),
        second: None,
        recognizer_ids: ["first".to_owned(), "second".to_owned()],
        words: Arc::default(),
        pace,
    };
    let reader = Reader::new(Arc::clone(&practice), None, RedFlags::built_in(), Questions::built_in(), None);
    FrontDesk {
        practice,
        wording: Arc::new(Wording::built_in()),
        hearing,
        reader: ReaderEngine::start(reader, pace).unwrap(),
        voice,
        office,
        last_calls: None,
        switchboard: None,
        recorder: None,
        pace,
    }
}

pub(crate) fn practice() -> Arc<Practice> {
    Arc::new(Practice {
        id: PracticeId::from("riverside"),
        name: "Riverside Family Medicine".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        emergency_number: "911".to_owned(),
        crisis_number: "988".to_owned(),
        hours: Vec::new(),
        facts: Vec::new(),
        words: Vec::new(),
        meanwhile: Vec::new(),
        front_desk: domain::FrontDesk { resume_within: Duration::from_mins(15), ..domain::FrontDesk::default() },
    })
}

/// An office that keeps everything at once and pages nobody but says so.
fn office() -> (mpsc::Sender<OfficeEnvelope>, Arc<Mutex<Vec<OfficeRequest>>>) {
    let (requests, mut queue) = mpsc::channel::<OfficeEnvelope>(OFFICE_REQUESTS_MAX);
    let asked: Arc<Mutex<Vec<OfficeRequest>>> = Arc::default();
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Some(OfficeEnvelope { request, replies, .. }) = queue.recv().await {
            let answers = match &request {
                OfficeRequest::OpenCase(_) => {
                    vec![OfficeReply::CaseOpened { case: CaseId::new() }, OfficeReply::Paged]
                }
                OfficeRequest::SaveMessage(_) => vec![OfficeReply::MessageSaved { message: MessageId::new() }],
                _ => vec![OfficeReply::CaseUpdated],
            };
            kept.lock().unwrap().push(request);
            for answer in answers {
                // A call that is over takes no answer.
                drop(replies.send(answer).await);
            }
        }
    });
    (requests, asked)
}
