//! Calls that are cut off after every single line of their journal: whatever was heard or decided until then reaches a
//! person, under the ids under which it was asked before.
#![allow(clippy::unwrap_used, unreachable_pub)] // a test fails by panicking

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use call::{Entry, Finished, Happening, OfficeEnvelope, Pace, Party, ReaderEngine, Recovery, check_replay, is_settled};
use dialogue::{CallContext, Input, Output, Receptionist, TransferNews};
use domain::{
    CallId, CallTime, CaseId, CaseUpdate, Certainty, Meanwhile, MessageId, OfficeReply, OfficeRequest, Partial, Phi,
    Practice, RequestId, Urgency, Utterance,
};
use jiff::Zoned;
use nlu::red_flags::RedFlags;
use nlu::{Questions, ReadContext, Reader};
use tokio::sync::mpsc;

const WISH: &str = "I would like to leave a message for Doctor Patel";
const BODY: &str = "please tell her that the letter for my insurance never arrived";
const MORE: &str = "and that I still need it before the end of the month";
const CHEST: &str = "my husband has crushing chest pain and he is sweating";
const AFTERWARDS: &str = "he is sitting on the kitchen floor";

fn practice() -> Arc<Practice> {
    Arc::new(Practice {
        id: "riverside".into(),
        name: "Riverside Family Medicine".to_owned(),
        zone: jiff::tz::TimeZone::UTC,
        emergency_number: "911".to_owned(),
        crisis_number: "988".to_owned(),
        hours: Vec::new(),
        facts: Vec::new(),
        words: Vec::new(),
        meanwhile: vec![Meanwhile { connect: true, ..Meanwhile::default() }],
        front_desk: domain::FrontDesk::default(),
    })
}

fn reader() -> Reader {
    Reader::new(practice(), None, RedFlags::built_in(), Questions::built_in(), None)
}

fn started() -> Zoned {
    "2026-03-02T09:00:00[UTC]".parse().unwrap()
}

/// What a shell does, in text: holds a call and writes its journal.
struct Telephone {
    receptionist: Receptionist,
    reader: Reader,
    at_ms: u64,
    journal: Vec<Entry>,
    office: OfficeManner,
}

#[derive(Clone, Copy)]
enum OfficeManner {
    Keeps,
    /// Died with the process before it had answered anything.
    Silent,
}

impl Telephone {
    fn pick_up(call: CallId, office: OfficeManner) -> Self {
        let context = CallContext { caller_id: None, open: false, practice: practice(), began: started() };
        let answered = Happening::Answered {
            call,
            practice: practice().id.clone(),
            started: started(),
            caller_id: None,
            channel: None,
        };
        let mut telephone =
            Self { receptionist: Receptionist::new(context), reader: reader(), at_ms: 0, journal: Vec::new(), office };
        telephone.write(answered);
        telephone.input(Input::Answered);
        telephone
    }

    fn at(&self) -> CallTime {
        CallTime::from_ms(self.at_ms)
    }

    fn write(&mut self, what: Happening) {
        self.journal.push(Entry { at: self.at(), what });
    }

    fn input(&mut self, input: Input) {
        let mut inputs = vec![input];
        while !inputs.is_empty() {
            for input in std::mem::take(&mut inputs) {
                self.write(Happening::Input(input.clone()));
                self.receptionist.handle_input(input, self.at());
            }
            while let Some(output) = self.receptionist.poll_output() {
                self.write(Happening::Output(output.clone()));
                inputs.extend(self.outcome(output));
            }
        }
    }

    fn outcome(&self, output: Output) -> Vec<Input> {
        match output {
            Output::Say { line, .. } => vec![Input::LineStarted(line), Input::LineFinished(line)],
            Output::Transfer { .. } => vec![Input::Transfer(TransferNews::Unavailable)],
            Output::Ask { id, request } => match self.office {
                OfficeManner::Silent => Vec::new(),
                OfficeManner::Keeps => vec![Input::Office { id, reply: reply(&request) }],
            },
            Output::PauseSpeaking
            | Output::ResumeSpeaking
            | Output::StopSpeaking
            | Output::Bridge
            | Output::StopRinging
            | Output::Record(_)
            | Output::HangUp
            | Output::Note(_) => Vec::new(),
        }
    }

    fn says(&mut self, text: &str) {
        self.at_ms += 1_000;
        let from = self.at();
        self.input(Input::SpeechStarted);
        let words: Vec<&str> = text.split(' ').collect();
        for share in [words.len() / 3, words.len() * 2 / 3, words.len()] {
            self.at_ms += 400;
            let text = words[..share].join(" ");
            let flags = self.reader.rules().red_flags().find_in_partial(&text);
            self.write(Happening::Hearing(Partial { text: text.into(), from, to: self.at() }));
            self.input(Input::PartialFlags(flags));
        }
        self.input(Input::SpeechEnded);
        let utterance = Utterance { text: text.into(), from, to: self.at(), confidence: 0.9 };
        self.at_ms += 500;
        self.write(Happening::Heard(utterance));
        let context = ReadContext { asked: self.receptionist.asked(), so_far: Vec::new(), now: started() };
        let mut reading = self.reader.read(&Phi::from(text), &context);
        if reading.red_flags.is_empty() {
            // What a model would find in these words.
            (reading.certainty, reading.urgency) = (Certainty::Sure, Urgency::Routine);
        }
        self.at_ms += 300;
        self.input(Input::Heard { text: text.into(), reading: Box::new(reading) });
    }
}

fn reply(request: &OfficeRequest) -> OfficeReply {
    match request {
        OfficeRequest::SaveMessage(_) => OfficeReply::MessageSaved { message: MessageId::new() },
        OfficeRequest::OpenCase(_) => OfficeReply::CaseOpened { case: CaseId::new() },
        OfficeRequest::UpdateCase(_) => OfficeReply::CaseUpdated,
        OfficeRequest::FindPatient(_)
        | OfficeRequest::RegisterPatient(_)
        | OfficeRequest::FindSlots(_)
        | OfficeRequest::FindAppointments(_)
        | OfficeRequest::Book(_)
        | OfficeRequest::Move { .. }
        | OfficeRequest::Cancel(_)
        | OfficeRequest::JoinWaitingList(_) => panic!("nobody wanted an appointment"),
    }
}

/// What an office was asked.
type Asked = Arc<Mutex<Vec<(RequestId, OfficeRequest)>>>;

/// A recovery before an office that keeps everything, or that refuses everything.
fn recovery(refuses: bool) -> (Recovery, Asked) {
    let (office, mut requests) = mpsc::channel::<OfficeEnvelope>(8);
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Some(OfficeEnvelope { id, request, replies, .. }) = requests.recv().await {
            let reply = if refuses { OfficeReply::Unavailable } else { reply(&request) };
            kept.lock().unwrap().push((id, request));
            replies.send(reply).await.ok();
        }
    });
    let reader = ReaderEngine::start(reader(), Pace::RealTime).unwrap();
    (Recovery { practice: practice(), reader, office }, asked)
}

async fn finish(journal: &[Entry]) -> (Vec<Entry>, Vec<(RequestId, OfficeRequest)>) {
    let (recovery, asked) = recovery(false);
    let Finished::Done(rest) = recovery.finish(journal).await else { panic!("not finished") };
    // With the end that it was given it replays like any other.
    check_replay(&[journal, &rest].concat(), &practice()).unwrap();
    let asked = asked.lock().unwrap().clone();
    (rest, asked)
}

fn asked_in(journal: &[Entry]) -> Vec<(RequestId, OfficeRequest)> {
    let mut asked = Vec::new();
    for entry in journal {
        if let Happening::Output(Output::Ask { id, request }) = &entry.what {
            asked.push((*id, request.clone()));
        }
    }
    asked
}

/// Everything that people are given to read.
fn words(asked: &[(RequestId, OfficeRequest)]) -> String {
    let mut words = String::new();
    for (_, request) in asked {
        if let OfficeRequest::SaveMessage(draft) = request {
            words.push_str(draft.text.expose());
        }
        if let OfficeRequest::OpenCase(draft) = request {
            words.push_str(draft.heard.expose());
        }
        if let OfficeRequest::UpdateCase(CaseUpdate::Heard(text) | CaseUpdate::WhoIsThere(text)) = request {
            words.push_str(text.expose());
        }
        words.push('\n');
    }
    words
}

/// The cases that were opened, each once, by the urgency with which they were.
fn opened(asked: &[(RequestId, OfficeRequest)]) -> BTreeMap<RequestId, Urgency> {
    let mut opened = BTreeMap::new();
    for (id, request) in asked {
        if let OfficeRequest::OpenCase(draft) = request {
            opened.insert(*id, draft.urgency);
        }
    }
    opened
}

/// Cuts the call off after every line of its journal.
/// As the receptionist made it: what was decoded is added on its way to the office.
fn without_decodes(request: &OfficeRequest) -> OfficeRequest {
    let mut request = request.clone();
    if let OfficeRequest::SaveMessage(draft) = &mut request {
        draft.decodes.clear();
    }
    request
}

async fn cut_everywhere(office: OfficeManner, says: &[&str], check: impl Fn(&[Entry], &[(RequestId, OfficeRequest)])) {
    let mut telephone = Telephone::pick_up(CallId::new(), office);
    for text in says {
        telephone.says(text);
    }
    for length in 1..=telephone.journal.len() {
        let journal = &telephone.journal[..length];
        let (rest, asked) = finish(journal).await;
        let known = asked_in(journal);
        for (id, request) in &asked {
            let same = |before: &OfficeRequest| *before == without_decodes(request);
            assert!(known.iter().all(|(known, before)| known != id || same(before)), "{id:?} is another request");
        }
        let reached: Vec<_> = known.into_iter().chain(asked).collect();
        check(journal, &reached);

        let whole: Vec<_> = journal.iter().cloned().chain(rest).collect();
        assert!(is_settled(&whole));
        assert!(matches!(whole.last().unwrap().what, Happening::Over { by: Party::Outage, line: None }));
        assert_eq!(finish(&whole).await.1, [], "a second start does nothing twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_reaches_the_practice_wherever_its_call_is_cut_off() {
    for office in [OfficeManner::Keeps, OfficeManner::Silent] {
        cut_everywhere(office, &[WISH, BODY, MORE], |journal, reached| {
            let words = words(reached);
            for entry in journal {
                let Happening::Heard(utterance) = &entry.what else { continue };
                assert!(words.contains(utterance.text.expose()), "{:?} is lost: {words:?}", utterance.text.expose());
            }
            if let Some(Happening::Hearing(partial)) = journal.last().map(|entry| &entry.what)
                && journal.iter().any(|entry| matches!(entry.what, Happening::Heard(_)))
            {
                assert!(words.contains(partial.text.expose()), "{:?} is lost: {words:?}", partial.text.expose());
            }
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_cut_off_is_marked_incomplete() {
    let mut telephone = Telephone::pick_up(CallId::new(), OfficeManner::Keeps);
    telephone.says(WISH);
    telephone.says(BODY);
    let (_, asked) = finish(&telephone.journal).await;
    let [(_, OfficeRequest::SaveMessage(draft))] = asked.as_slice() else { panic!("{asked:?}") };
    assert!(!draft.complete);
    assert_eq!(draft.urgency, Urgency::Routine);
    assert_eq!(draft.text.expose(), &format!("{WISH}\n{BODY}"));
    let decoded: Vec<_> = draft.decodes.iter().map(|decode| (decode.model.as_str(), decode.text.expose())).collect();
    assert_eq!(decoded, [("journal", &WISH.to_owned()), ("journal", &BODY.to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn an_emergency_is_opened_wherever_its_call_is_cut_off() {
    for office in [OfficeManner::Keeps, OfficeManner::Silent] {
        cut_everywhere(office, &[CHEST, AFTERWARDS], |journal, reached| {
            let heard = journal.iter().any(|entry| matches!(&entry.what, Happening::Heard(_)));
            let opened = opened(reached);
            // A fragment of it is a doubt, which reaches a person, too.
            let emergency = opened.values().all(|urgency| *urgency == Urgency::Emergency);
            assert!(!heard || (opened.len() == 1 && emergency), "{opened:?}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_office_refuses_stays_owed() {
    let mut telephone = Telephone::pick_up(CallId::new(), OfficeManner::Silent);
    telephone.says(CHEST);
    let (recovery, asked) = recovery(true);
    assert!(matches!(recovery.finish(&telephone.journal).await, Finished::StillOwed));
    assert!(asked.lock().unwrap().len() > 1, "it is tried more than once");
}

#[tokio::test(start_paused = true)]
async fn a_journal_of_another_version_is_reported_with_its_words_and_its_requests() {
    let call = CallId::new();
    let mut telephone = Telephone::pick_up(call, OfficeManner::Silent);
    telephone.says(CHEST);
    // Another version said nothing here.
    let said = telephone.journal.iter().position(|entry| matches!(entry.what, Happening::Output(Output::Say { .. })));
    telephone.journal.remove(said.unwrap());
    let (recovery, asked) = recovery(false);
    assert!(matches!(recovery.finish(&telephone.journal).await, Finished::DoesNotReplay { .. }));
    assert_eq!(asked.lock().unwrap().as_slice(), []);

    let Finished::Done(rest) = recovery.report(call, None, &telephone.journal).await else { panic!("not reported") };
    telephone.journal.extend(rest);
    assert!(is_settled(&telephone.journal));
    let asked = asked.lock().unwrap().clone();
    assert_eq!(opened(&asked).into_values().collect::<Vec<_>>(), [Urgency::Emergency]);
    let notice: Vec<_> = asked.into_iter().filter(|(id, _)| *id == RequestId(0)).collect();
    let notice = words(&notice);
    assert!(notice.contains(&call.to_string()) && notice.contains(CHEST), "{notice}");
}
