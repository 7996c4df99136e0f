//! The loop of one call: whatever happens becomes an [`Input`], whatever is decided becomes an act.

mod audience;
mod errands;
mod hearing;
mod inbox;
mod line;
mod putting_through;
mod recording;
mod understanding;

use std::sync::Arc;
use std::time::Duration;

use dialogue::{About, CallContext, Input, Output, Prompt, Receptionist};
use domain::{CallId, CallNews, CallTime, Decode, LineId, Phi, Tempo};
use jiff::Zoned;
use nlu::ReadContext;
use speech::hearing::Expecting;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use transport::{Bridge, Leg, LegNews};

use self::audience::Audience;
use self::errands::Errands;
use self::inbox::{Inbox, Wake};
use self::line::{Due, Line};
use self::understanding::Understanding;
use crate::cards::Cards;
use crate::earlier;
use crate::ears;
use crate::front_desk::FrontDesk;
use crate::journal::{Happening, Journal, Party};
use crate::mouth::{Mouth, MouthNews};
use crate::reader;
use crate::recorder::Recorded;
use crate::replay::with_decodes;

/// Happenings of one kind that wait for the loop. Full: their source waits.
const NEWS_MAX: usize = 16;

/// One call while it lasts.
pub(crate) struct Running {
    desk: FrontDesk,
    started: Zoned,
    picked_up: Instant,
    receptionist: Receptionist,
    mouth: Mouth,
    understanding: Understanding,
    errands: Errands,
    inbox: Inbox,
    line: Line,
    /// What a search for a person knows of the call, while there is one.
    sought_about: Option<watch::Sender<About>>,
    /// Who has accepted waits for the caller's side.
    accepted: Option<oneshot::Sender<Bridge>>,
    cards: Cards,
    /// While the call is recorded.
    recorded: Option<Recorded>,
    /// What was heard so far, by either recogniser.
    decodes: Vec<Decode>,
    /// Hangs up.
    over: CancellationToken,
    pub(crate) journal: Journal,
    audience: Audience,
}

impl Running {
    pub(crate) fn start(
        desk: &FrontDesk,
        call: CallId,
        leg: Leg,
        started: Zoned,
        journal: Journal,
        news: mpsc::Sender<CallNews>,
    ) -> Self {
        let Leg { caller_id, picked_up, hears, news: line_news, speaker, over, .. } = leg;
        let (expecting, expected) = watch::channel(Expecting::Anything);
        let (hearing_news, hearing) = mpsc::channel(NEWS_MAX);
        let (mouth_news, mouth) = mpsc::channel(NEWS_MAX);
        let (replies, office) = mpsc::channel(NEWS_MAX);
        ears::start(desk.hearing.clone(), hears, expected, hearing_news);
        let (to_read, readings) = reader::start(desk.reader.clone());
        let earlier = earlier::look_for(desk, call, caller_id.as_ref(), &started);
        let open = desk.practice.is_open(&started);
        let context = CallContext { caller_id, open, practice: Arc::clone(&desk.practice), began: started.clone() };
        Self {
            desk: desk.clone(),
            started,
            picked_up,
            receptionist: Receptionist::new(context),
            mouth: Mouth::start(desk.voice.clone(), speaker, mouth_news),
            understanding: Understanding::new(desk.reader.clone(), to_read, expecting),
            errands: Errands { call, office: desk.office.clone(), pace: desk.pace, replies },
            inbox: Inbox { leg: line_news, hearing: Some(hearing), readings, mouth, office, earlier, sought: None },
            line: Line::open(),
            sought_about: None,
            accepted: None,
            cards: Cards::default(),
            recorded: None,
            decodes: Vec::new(),
            over,
            journal,
            audience: Audience::new(news),
        }
    }

    /// In whole milliseconds, as the journal has it: a finer time would replay differently.
    pub(crate) fn now(&self) -> CallTime {
        CallTime::from_ms(CallTime::from(self.picked_up.elapsed()).as_ms())
    }

    /// Until the receptionist is done, or the line is gone and the office does not answer any more.
    pub(crate) async fn run(&mut self) -> Party {
        while !self.receptionist.is_over() {
            match self.wake().await {
                Wake::Hearing(news) => self.heard(news).await,
                Wake::Read(read) => self.read(read.map(|read| *read)).await,
                Wake::Mouth(news) => self.mouth(news).await,
                Wake::Office(id, reply) => self.input(Input::Office { id, reply }).await,
                Wake::Earlier(unfinished) => self.input(Input::BrokeOff(unfinished)).await,
                Wake::Sought(sought) => self.sought(sought).await,
                Wake::Leg(news) => self.leg(news).await,
                Wake::LegGone => self.closes(Input::LineLost),
                Wake::NothingMoreHeard => self.nothing_more_heard().await,
                Wake::Timeout => self.timeout().await,
            }
            let all_read = !self.inbox.hears() && self.understanding.has_read_all();
            match self.line.due(all_read) {
                Due::Nothing => {}
                Due::Tell(how) => self.input(how).await,
                Due::GiveUp => {
                    tracing::warn!(call = %self.errands.call, "gave up waiting for the office after the line had gone");
                    break;
                }
            }
        }
        self.over.cancel();
        self.line.ended_by()
    }

    async fn wake(&mut self) -> Wake {
        let timeout = self.receptionist.poll_timeout().map(|(at, _)| self.picked_up + Duration::from(at));
        let wake_at = [timeout, self.line.deadline()].into_iter().flatten().min();
        self.inbox.next(self.line.is_open(), wake_at).await
    }

    /// The ears have ended. While the line is open that is a fault, and the caller must not be taken for silent.
    async fn nothing_more_heard(&mut self) {
        if self.line.is_open() {
            self.recorded_by_nobody();
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

    pub(crate) async fn input(&mut self, input: Input) {
        self.tell_receptionist(input);
        self.act().await;
    }

    fn tell_receptionist(&mut self, input: Input) {
        let now = self.now();
        if matches!(input, Input::HearingLost | Input::VoiceLost) {
            self.line.breaks();
        }
        self.journal.write(now, Happening::Input(input.clone()));
        self.receptionist.handle_input(input, now);
    }

    /// Does everything that was decided, then tells the ears what to expect next.
    async fn act(&mut self) {
        while let Some(output) = self.receptionist.poll_output() {
            self.journal.write(self.now(), Happening::Output(output.clone()));
            match output {
                Output::Say { line, prompt, interruptible: _, tempo } => self.say(line, &prompt, tempo),
                Output::PauseSpeaking => self.mouth.speaker().pause(),
                Output::ResumeSpeaking => self.mouth.speaker().resume(),
                Output::StopSpeaking => self.mouth.speaker().stop(),
                Output::Ask { id, request } => {
                    let request = with_decodes(request, &self.decodes);
                    self.errands.ask(id, request).await;
                }
                Output::Transfer { to, about } => self.seek(to, about.map(|about| *about)),
                Output::Bridge => self.put_through(),
                Output::StopRinging => self.stop_seeking(),
                Output::Record(record) => self.record(record),
                Output::HangUp => {
                    self.stop_seeking();
                    self.line.hang_up();
                    if self.line.works() {
                        self.mouth.speaker().goodbye();
                    }
                    self.over.cancel();
                }
                Output::Note(_) => {}
            }
        }
        self.tell_seekers();
        self.understanding.expect(self.receptionist.asked());
    }

    fn say(&mut self, line: LineId, prompt: &Prompt, tempo: Tempo) {
        let rendered = self.desk.wording.render(prompt, &self.desk.practice);
        self.journal.write(self.now(), Happening::Line { line, text: rendered.text.clone() });
        self.understanding.answers(rendered.text.clone());
        self.audience.will_hear(line, rendered.text.clone());
        if self.mouth.say(line, rendered, tempo).is_err() {
            tracing::error!(call = %self.errands.call, "the voice takes no more lines");
            self.tell_receptionist(Input::VoiceLost);
        }
        // The model reads the call so far while FirstRing speaks, so that only the answer is left to read.
        self.desk.reader.prefill(Phi::default(), self.context());
    }

    async fn mouth(&mut self, news: MouthNews) {
        match news {
            MouthNews::FirstClause { ms } => self.stage("first_clause", ms),
            // A line that has been given up meanwhile says nothing of the one after it, which is tried for itself.
            MouthNews::Lost { line } if !self.mouth.is_newest(line) => {}
            MouthNews::Lost { .. } => self.input(Input::VoiceLost).await,
        }
    }

    async fn leg(&mut self, news: LegNews) {
        match news {
            LegNews::Dtmf(key) => self.input(Input::Digit(key)).await,
            LegNews::Started { line, at } => {
                self.journal.write(at, Happening::FirstSound { line });
                self.audience.first_sound(line, at);
                self.input(Input::LineStarted(line)).await;
            }
            LegNews::Finished { line, .. } => self.input(Input::LineFinished(line)).await,
            LegNews::HearingOverrun => {
                self.recorded_by_nobody();
                self.input(Input::HearingLost).await;
            }
            LegNews::HungUp => self.closes(Input::HungUp),
            LegNews::Lost => self.closes(Input::LineLost),
        }
    }

    fn stage(&mut self, stage: &'static str, ms: u64) {
        let now = self.now();
        self.journal.write(now, Happening::Stage { stage: stage.to_owned(), ms });
        self.tell(CallNews::Stage { stage: stage.to_owned(), ms });
    }

    fn context(&self) -> ReadContext {
        let now = self.started.checked_add(self.picked_up.elapsed()).unwrap_or_else(|_| self.started.clone());
        ReadContext { asked: self.receptionist.asked(), so_far: self.understanding.so_far(), now }
    }

    pub(crate) fn tell(&self, news: CallNews) {
        self.audience.tell(news);
    }
}
