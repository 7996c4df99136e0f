//! The loop of one call: whatever happens becomes an [`Input`], whatever is decided becomes an act.

use std::sync::Arc;
use std::time::Duration;

use dialogue::{CallContext, Input, Output, Prompt, Receptionist, TransferNews};
use domain::{Asked, CallId, CallNews, CallTime, LineId, OfficeReply, OfficeRequest, Phi, RequestId, Utterance};
use jiff::Zoned;
use nlu::{ReadContext, Said};
use speech::hearing::{Expecting, Hearing};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use transport::{Leg, LegNews};

use crate::conversation::Conversation;
use crate::ears::{self, HearingNews};
use crate::front_desk::{FrontDesk, OfficeEnvelope};
use crate::journal::{Happening, Journal, Party};
use crate::mouth::{self, MouthNews, Spoken};
use crate::pace::Hold;
use crate::reader::{self, Evidence, Read, ToRead};

/// Happenings of one kind that wait for the loop. Full: their source waits.
const NEWS_MAX: usize = 16;
/// After the caller has gone, what is still owed to them (a message to be kept, a page to be updated) may take so long.
/// The receptionist's own limit is 30 s; this one is only for a receptionist that never ends.
const AFTERWARDS_MAX: Duration = Duration::from_secs(45);
/// Words that were spoken just before the line was gone are waited for so long.
const LAST_WORDS_MAX: Duration = Duration::from_secs(12);
/// One call while it lasts.
pub(crate) struct Running {
    desk: FrontDesk,
    call: CallId,
    started: Zoned,
    receptionist: Receptionist,
    leg: Leg,
    lines: mpsc::Sender<Spoken>,
    to_read: mpsc::Sender<ToRead>,
    expecting: watch::Sender<Expecting>,
    inbox: Inbox,
    pub(crate) journal: Journal,
    news: mpsc::Sender<CallNews>,
    conversation: Conversation,
    last_voiced: Option<CallTime>,
    awaiting_answer: bool,
    ears_over: bool,
    /// The newest line's words, for its first sound.
    saying: Option<(LineId, Phi<String>)>,
    line: Line,
    /// Answers of the reader that are still to come.
    unread: usize,
    ended_by: Option<Party>,
}

/// Whether there is still somebody at the other end.
enum Line {
    Open,
    /// The line is gone; its last words are still being heard and read before the receptionist is told.
    Closing {
        how: Input,
        until: Instant,
    },
    Gone {
        give_up: Instant,
    },
}

/// What the call's own tasks report.
struct Inbox {
    hearing: mpsc::Receiver<HearingNews>,
    readings: mpsc::Receiver<Option<Read>>,
    mouth: mpsc::Receiver<MouthNews>,
    office: mpsc::Receiver<(RequestId, OfficeReply)>,
    office_sender: mpsc::Sender<(RequestId, OfficeReply)>,
}

/// What the loop woke for.
enum Wake {
    Hearing(HearingNews),
    Read(Option<Box<Read>>),
    Mouth(MouthNews),
    Office(RequestId, OfficeReply),
    Leg(LegNews),
    LegGone,
    NothingMoreHeard,
    Timeout,
}

impl Running {
    pub(crate) fn start(
        desk: &FrontDesk,
        call: CallId,
        mut leg: Leg,
        started: Zoned,
        journal: Journal,
        news: mpsc::Sender<CallNews>,
    ) -> Self {
        let (expecting, expected) = watch::channel(Expecting::Anything);
        let (hearing_news, hearing) = mpsc::channel(NEWS_MAX);
        let (mouth_news, mouth) = mpsc::channel(NEWS_MAX);
        let (office_sender, office) = mpsc::channel(NEWS_MAX);
        let (_, closed) = mpsc::channel(1);
        let frames = std::mem::replace(&mut leg.hears, closed);
        ears::start(desk.hearing.clone(), frames, expected, hearing_news);
        let lines = mouth::start(desk.voice.clone(), leg.speaker.clone(), mouth_news);
        let (to_read, readings) = reader::start(desk.reader.clone());
        let context = CallContext {
            caller_id: leg.caller_id.clone(),
            open: desk.practice.is_open(&started),
            practice: Arc::clone(&desk.practice),
        };
        Self {
            desk: desk.clone(),
            call,
            started,
            receptionist: Receptionist::new(context),
            leg,
            lines,
            to_read,
            expecting,
            inbox: Inbox { hearing, readings, mouth, office, office_sender },
            journal,
            news,
            conversation: Conversation::default(),
            last_voiced: None,
            awaiting_answer: false,
            ears_over: false,
            saying: None,
            line: Line::Open,
            unread: 0,
            ended_by: None,
        }
    }

    pub(crate) fn now(&self) -> CallTime {
        self.leg.picked_up.elapsed().into()
    }

    /// Until the receptionist is done, or the line is gone and the office does not answer any more.
    pub(crate) async fn run(&mut self) -> Party {
        while !self.receptionist.is_over() {
            match self.wake().await {
                Wake::Hearing(news) => self.heard(news).await,
                Wake::Read(read) => self.read(read.map(|read| *read)).await,
                Wake::Mouth(news) => self.mouth(news).await,
                Wake::Office(id, reply) => self.input(Input::Office { id, reply }).await,
                Wake::Leg(news) => self.leg(news).await,
                Wake::LegGone => self.closing(Input::LineLost),
                Wake::NothingMoreHeard => self.nothing_more_heard().await,
                Wake::Timeout => self.timeout().await,
            }
            if !self.close_if_due().await {
                tracing::warn!(call = %self.call, "gave up waiting for the office after the line had gone");
                break;
            }
        }
        self.leg.over.cancel();
        self.ended_by.unwrap_or(Party::FirstRing)
    }

    async fn wake(&mut self) -> Wake {
        let timeout = self.receptionist.poll_timeout().map(|(at, _)| self.leg.picked_up + Duration::from(at));
        let (open, deadline) = match &self.line {
            Line::Open => (true, None),
            Line::Closing { until, .. } => (false, Some(*until)),
            Line::Gone { give_up } => (false, Some(*give_up)),
        };
        let wake_at = [timeout, deadline].into_iter().flatten().min();
        tokio::select! {
            biased;
            Some((id, reply)) = self.inbox.office.recv() => Wake::Office(id, reply),
            news = self.leg.news.recv(), if open => news.map_or(Wake::LegGone, Wake::Leg),
            Some(read) = self.inbox.readings.recv() => Wake::Read(read.map(Box::new)),
            news = self.inbox.hearing.recv(), if !self.ears_over => news.map_or(Wake::NothingMoreHeard, Wake::Hearing),
            Some(news) = self.inbox.mouth.recv() => Wake::Mouth(news),
            () = until(wake_at) => Wake::Timeout,
        }
    }

    /// The ears have ended. While the line is open that is a fault, and the caller must not be taken for silent.
    async fn nothing_more_heard(&mut self) {
        self.ears_over = true;
        if matches!(self.line, Line::Open) {
            self.input(Input::HearingLost).await;
        }
    }

    async fn timeout(&mut self) {
        let now = self.now();
        if self.receptionist.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.journal.write(now, Happening::Timeout);
            self.receptionist.handle_timeout(now);
            self.act().await;
        }
    }

    /// The line is gone: what was said until then still counts.
    fn closing(&mut self, how: Input) {
        self.ended_by.get_or_insert(Party::Caller);
        self.line = Line::Closing { how, until: Instant::now() + LAST_WORDS_MAX };
    }

    /// Tells the receptionist that the line is gone once the last words are read; false when it is time to give up.
    async fn close_if_due(&mut self) -> bool {
        match &self.line {
            Line::Open => true,
            Line::Gone { give_up } => Instant::now() < *give_up,
            Line::Closing { how, until } => {
                if (self.ears_over && self.unread == 0) || Instant::now() >= *until {
                    let how = how.clone();
                    self.line = Line::Gone { give_up: Instant::now() + AFTERWARDS_MAX };
                    self.input(how).await;
                }
                true
            }
        }
    }

    pub(crate) async fn input(&mut self, input: Input) {
        self.tell_receptionist(input);
        self.act().await;
    }

    fn tell_receptionist(&mut self, input: Input) {
        let now = self.now();
        self.journal.write(now, Happening::Input(input.clone()));
        self.receptionist.handle_input(input, now);
    }

    /// Does everything that was decided, then tells the others what to expect next.
    async fn act(&mut self) {
        while let Some(output) = self.receptionist.poll_output() {
            self.journal.write(self.now(), Happening::Output(output.clone()));
            match output {
                Output::Say { line, prompt, interruptible: _ } => self.say(line, &prompt),
                Output::PauseSpeaking => self.leg.speaker.pause(),
                Output::ResumeSpeaking => self.leg.speaker.resume(),
                Output::StopSpeaking => self.leg.speaker.stop(),
                Output::Ask { id, request } => self.ask(id, request).await,
                // Until telephones exist nobody can be connected; the receptionist says so truthfully.
                Output::Transfer { to: _ } => self.tell_receptionist(Input::Transfer(TransferNews::Unavailable)),
                Output::HangUp => {
                    self.ended_by.get_or_insert(Party::FirstRing);
                    self.leg.over.cancel();
                }
                Output::Note(_) => {}
            }
        }
        self.expecting.send_replace(expecting(self.receptionist.asked()));
    }

    fn say(&mut self, line: LineId, prompt: &Prompt) {
        let rendered = self.desk.wording.render(prompt, &self.desk.practice);
        self.journal.write(self.now(), Happening::Line { line, text: rendered.text.clone() });
        self.conversation.said(Said::FirstRing(rendered.text.clone()));
        self.saying = Some((line, rendered.text.clone()));
        let generation = self.leg.speaker.generation();
        let spoken = Spoken { line, text: rendered.text, fixed: rendered.fixed, generation };
        if self.lines.try_send(spoken).is_err() {
            tracing::error!(call = %self.call, "the voice takes no more lines");
            self.tell_receptionist(Input::VoiceLost);
        }
        // The model reads the call so far while FirstRing speaks, so that only the answer is left to read.
        self.desk.reader.prefill(Phi::default(), self.context());
    }

    /// Hands a request over, in order, and has its replies brought back for as long as the call lasts.
    async fn ask(&mut self, id: RequestId, request: OfficeRequest) {
        let (replies, answers) = mpsc::channel(NEWS_MAX);
        let hold = self.desk.pace.hold();
        if self.desk.office.send(OfficeEnvelope { call: self.call, id, request, replies }).await.is_err() {
            tracing::error!(call = %self.call, "the office is gone");
        }
        tokio::spawn(bring_back(id, answers, self.inbox.office_sender.clone(), hold));
    }

    async fn heard(&mut self, news: HearingNews) {
        let hearing = match news {
            HearingNews::Heard(hearing) => hearing,
            HearingNews::Stage { stage, ms } => return self.stage(stage, ms),
            HearingNews::Lost => return self.input(Input::HearingLost).await,
        };
        match hearing {
            Hearing::SpeechStarted { .. } => self.input(Input::SpeechStarted).await,
            Hearing::SpeechEnded { .. } => self.input(Input::SpeechEnded).await,
            Hearing::Partial(partial) => {
                let flags = self.desk.reader.red_flags().find(partial.text.expose());
                // What the caller has said so far is read while they go on, so that little is left to read at the end.
                self.desk.reader.prefill(partial.text.clone(), self.context());
                self.tell(CallNews::Hearing(partial));
                self.input(Input::PartialFlags(flags)).await;
            }
            Hearing::Utterance(utterance) => {
                self.last_voiced = Some(utterance.to);
                self.awaiting_answer = true;
                let now = self.now();
                self.journal.write(now, Happening::Heard(utterance.clone()));
                self.tell(CallNews::Heard(utterance.clone()));
                let context = self.context();
                self.conversation.heard(&utterance, &context);
                self.hand_to_reader(utterance, context, Evidence::First).await;
            }
            Hearing::Corrected(utterance) => {
                if let Some((was, context)) = self.conversation.first_heard(&utterance) {
                    self.hand_to_reader(utterance, context, Evidence::Later { was }).await;
                }
            }
            Hearing::Unintelligible { .. } => self.input(Input::Unintelligible).await,
            Hearing::Dismissed { .. } | Hearing::Decode(_) | Hearing::JudgeTurn { .. } | Hearing::Cancel(_) => {}
        }
    }

    async fn hand_to_reader(&mut self, utterance: Utterance, context: ReadContext, evidence: Evidence) {
        // Two answers come of each: the reading, and what the model says afterwards.
        self.unread += 2;
        if let Err(lost) = self.to_read.send(ToRead { utterance, context, evidence }).await {
            tracing::error!(call = %self.call, "the reader is gone; the written rules read here");
            let ToRead { utterance, context, evidence } = lost.0;
            let reading = self.desk.reader.by_rules(&utterance.text, &context);
            self.unread -= 1;
            self.read(Some(Read { text: utterance.text, reading, evidence, ms: 0 })).await;
        }
    }

    async fn read(&mut self, read: Option<Read>) {
        self.unread -= 1;
        let Some(Read { text, reading, evidence, ms }) = read else { return };
        let reading = Box::new(reading);
        let urgency = self.receptionist.urgency().raise(reading.urgency);
        let (intent, read_ms) = (reading.intent(), ms);
        self.tell(CallNews::Understood { reading: reading.clone(), intent, urgency, read_ms });
        match evidence {
            Evidence::First => {
                self.stage("reading", ms);
                self.input(Input::Heard { text, reading }).await;
            }
            Evidence::Later { was } => {
                self.conversation.correct(&was, &text);
                self.input(Input::Corrected { was, text, reading }).await;
            }
        }
    }

    async fn mouth(&mut self, news: MouthNews) {
        match news {
            MouthNews::FirstClause { ms } => self.stage("first_clause", ms),
            MouthNews::Lost => self.input(Input::VoiceLost).await,
        }
    }

    async fn leg(&mut self, news: LegNews) {
        match news {
            LegNews::Dtmf(key) => self.input(Input::Digit(key)).await,
            LegNews::Started { line, at } => {
                self.journal.write(at, Happening::FirstSound { line });
                self.first_sound(line, at);
                self.input(Input::LineStarted(line)).await;
            }
            LegNews::Finished { line, .. } => self.input(Input::LineFinished(line)).await,
            LegNews::HearingOverrun => self.input(Input::HearingLost).await,
            LegNews::HungUp => self.closing(Input::HungUp),
            LegNews::Lost => self.closing(Input::LineLost),
        }
    }

    fn first_sound(&mut self, line: LineId, at: CallTime) {
        let text = match &self.saying {
            Some((newest, text)) if *newest == line => text.clone(),
            _ => Phi::default(),
        };
        let answers = std::mem::take(&mut self.awaiting_answer);
        let waited = self.last_voiced.filter(|_| answers).map(|to| at.since(to).as_millis() as u64);
        self.tell(CallNews::Saying { line, text, at, voice_to_voice_ms: waited });
    }

    fn stage(&mut self, stage: &'static str, ms: u64) {
        let now = self.now();
        self.journal.write(now, Happening::Stage { stage: stage.to_owned(), ms });
        self.tell(CallNews::Stage { stage: stage.to_owned(), ms });
    }

    fn context(&self) -> ReadContext {
        let now = self.started.checked_add(self.leg.picked_up.elapsed()).unwrap_or_else(|_| self.started.clone());
        ReadContext { asked: self.receptionist.asked(), so_far: self.conversation.so_far(), now }
    }

    /// Viewers that are slow lose news; the call never waits for them.
    pub(crate) fn tell(&self, news: CallNews) {
        drop(self.news.try_send(news));
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// How patient the ears must be with the answer to what was asked.
fn expecting(asked: Asked) -> Expecting {
    match asked {
        Asked::Callback | Asked::DateOfBirth => Expecting::Digits,
        Asked::Spelling => Expecting::Spelling,
        Asked::Open
        | Asked::Name
        | Asked::Message
        | Asked::YesNo
        | Asked::Safety
        | Asked::CalledEmergencyNumber
        | Asked::WhoIsThere => Expecting::Anything,
    }
}

/// The office's replies to one request, until the call or the office has ended. No reply at all is one, too.
async fn bring_back(
    id: RequestId,
    mut answers: mpsc::Receiver<OfficeReply>,
    inbox: mpsc::Sender<(RequestId, OfficeReply)>,
    mut hold: Option<Hold>,
) {
    let mut answered = false;
    loop {
        let reply = tokio::select! {
            () = inbox.closed() => return,
            reply = answers.recv() => reply,
        };
        let Some(reply) = reply else { break };
        answered = true;
        // A case that is opened is about to be paged; then time may pass until somebody acknowledges.
        if !matches!(reply, OfficeReply::CaseOpened { .. }) {
            hold = None;
        }
        if inbox.send((id, reply)).await.is_err() {
            return;
        }
    }
    drop(hold);
    if !answered && inbox.send((id, OfficeReply::Unavailable)).await.is_err() {
        tracing::debug!("the call ended before the office answered");
    }
}
