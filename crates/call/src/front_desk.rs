//! What all calls of a practice share, and the way from a call to the office.

use std::sync::Arc;
use std::time::Duration;

use dialogue::{Input, Prompt, Wording};
use domain::{CallId, CallNews, CallTime, EmergencyKind, LineQuality, OfficeReply, OfficeRequest, Practice, RequestId};
use jiff::Zoned;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use transport::Leg;

use crate::earlier::LastCalls;
use crate::ears::HearingEngines;
use crate::journal::{Happening, Journal, Party};
use crate::mouth::Voice;
use crate::pace::Pace;
use crate::reader::ReaderEngine;
use crate::recorder::Recorder;
use crate::shell::Running;
use crate::switchboard::Switchboard;

/// Requests of all calls that wait for the office. Full: the call waits; what its caller
/// says meanwhile waits in the leg's ten seconds.
pub const OFFICE_REQUESTS_MAX: usize = 64;

/// A line on which we hung up tells what it was like within this; one that never tells keeps nothing but the record waiting.
const QUALITY_WITHIN: Duration = Duration::from_secs(1);

/// A request on its way to the office, with the way back.
#[derive(Debug)]
pub struct OfficeEnvelope {
    /// Which call asks.
    pub call: CallId,
    /// Which of its requests; the same pair again is the same request.
    pub id: RequestId,
    /// What is asked.
    pub request: OfficeRequest,
    /// Where the replies go; one request may have several.
    pub replies: mpsc::Sender<OfficeReply>,
}

/// The way to the office. The program connects its other end.
pub type OfficeRequests = mpsc::Sender<OfficeEnvelope>;

/// What all calls of one practice share.
#[derive(Clone, Debug)]
pub struct FrontDesk {
    /// The practice that was rung.
    pub practice: Arc<Practice>,
    /// The words of every line.
    pub wording: Arc<Wording>,
    /// Voice activity, end of turn, recognisers.
    pub hearing: HearingEngines,
    /// Who reads what was heard.
    pub reader: ReaderEngine,
    /// The practice's voice.
    pub voice: Voice,
    /// Where requests go.
    pub office: OfficeRequests,
    /// Where the last call of a caller is looked up; `None`: every call begins afresh.
    pub last_calls: Option<LastCalls>,
    /// How callers are put through to people; `None`: nobody can be rung.
    pub switchboard: Option<Switchboard>,
    /// Where calls are recorded, if the practice decides so; `None`: no sound is kept.
    pub recorder: Option<Recorder>,
    /// How time passes.
    pub pace: Pace,
}

impl FrontDesk {
    /// Renders what must be heard at once, so that it lies ready: the greeting, questions of safety and every emergency's first
    /// line.
    pub async fn warm_up(&self) {
        let emergencies = EmergencyKind::ALL.iter().map(|kind| Prompt::EmergencyLine(*kind));
        let safety = [Prompt::SafetyQuestion, Prompt::SafetyQuestionInDoubt, Prompt::DoubtPassedOn];
        let first = [Prompt::Greeting, Prompt::EmergencyFirst, Prompt::VoiceLost].into_iter().chain(safety);
        let opening = [Prompt::Welcome, Prompt::RecordingNotice, Prompt::TranscriptNotice, Prompt::AskRecording];
        let opening = opening.into_iter().filter(|_| self.practice.front_desk.recording != domain::Recording::Off);
        for prompt in first.chain(opening).chain(emergencies) {
            let rendered = self.wording.render(&prompt, &self.practice);
            self.voice.prepare(rendered.text.expose()).await;
        }
    }

    /// Holds one call from pick-up to its end; returns who ended it.
    ///
    /// `started` is the wall time of pick-up in the practice's zone. News that nobody takes in time are lost.
    pub async fn answer(&self, leg: Leg, started: Zoned, mut journal: Journal, news: mpsc::Sender<CallNews>) -> Party {
        let call = CallId::new();
        let answered = Happening::Answered {
            call,
            practice: self.practice.id.clone(),
            started: started.clone(),
            caller_id: leg.caller_id.clone(),
            channel: journal.channel().map(str::to_owned),
        };
        journal.write(CallTime::ZERO, answered);
        let (lines, quality) = (leg.lines, leg.quality.clone());
        let mut running = Running::start(self, call, leg, started, journal, news);
        running.tell(CallNews::Answered { call });
        if !lines.are_plenty() {
            running.input(Input::LinesAreFew).await;
        }
        running.input(Input::Answered).await;
        let by = running.run().await;
        let at = running.now();
        running.tell(CallNews::Ended { at });
        let line = known_soon(quality).await;
        running.journal.write(at, Happening::Over { by, line });
        by
    }
}

/// `None` if nobody counts.
async fn known_soon(mut quality: watch::Receiver<Option<LineQuality>>) -> Option<LineQuality> {
    let known = timeout(QUALITY_WITHIN, quality.wait_for(Option::is_some)).await;
    known.ok()?.ok().and_then(|known| *known)
}
